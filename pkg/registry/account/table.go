// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var columns = slices.Concat([]metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]},
	{Name: "Subjects", Type: "string", Description: "Who may charge Spaces to the account."},
}, backing.UsageColumns, []metav1.TableColumnDefinition{
	{Name: "Age", Type: "string", Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"]},
})

func newTable() rest.TableConvertor { return backing.Table{Columns: columns, Cells: cells} }

func cells(object runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
	account, ok := object.(*spaces.Account)
	if !ok {
		return nil, errNotAnAccount(object)
	}
	usage := backing.Usage(account.Status.Spaces, account.Status.Quota)
	return slices.Concat([]any{name, subjects(account.Spec.Subjects)}, usage, []any{age}), nil
}

// subjectsShown is how many subjects have a place in a table.
const subjectsShown = 3

func subjects(all []rbacv1.Subject) string {
	if len(all) == 0 {
		return "<none>"
	}
	var shown []string
	for _, subject := range all[:min(len(all), subjectsShown)] {
		shown = append(shown, subject.Kind+"/"+subject.Name)
	}
	text := strings.Join(shown, ",")
	if more := len(all) - subjectsShown; more > 0 {
		text += fmt.Sprintf(" + %d more...", more)
	}
	return text
}
