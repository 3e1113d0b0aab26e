// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var columns = []metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]},
	{Name: "Parameters", Type: "string", Description: "What Spaces can fill in."},
	{Name: "Objects", Type: "integer", Description: "How many objects a Space is filled with."},
	{Name: "Reapply", Type: "boolean", Description: "Whether Spaces follow the changes of the template."},
	{Name: "Age", Type: "string", Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"]},
}

func newTable() rest.TableConvertor { return backing.Table{Columns: columns, Cells: cells} }

func cells(object runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
	template, ok := object.(*spaces.SpaceTemplate)
	if !ok {
		return nil, errNotATemplate(object)
	}
	return []any{name, parameters(template.Spec.Parameters), int64(len(template.Spec.Objects)), template.Spec.Reapply, age}, nil
}

func parameters(all []spaces.TemplateParameter) string {
	if len(all) == 0 {
		return "<none>"
	}
	names := make([]string, 0, len(all))
	for _, parameter := range all {
		names = append(names, parameter.Name)
	}
	return strings.Join(names, ",")
}
