// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var columns = slices.Concat([]metav1.TableColumnDefinition{
	{Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]},
	{Name: "Default TTL", Type: "string", Description: "The ttl of a Space that asks for none."},
	{Name: "Max TTL", Type: "string", Description: "The longest ttl that a Space may have."},
}, backing.UsageColumns, []metav1.TableColumnDefinition{
	{Name: "Age", Type: "string", Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"]},
})

func newTable() rest.TableConvertor { return backing.Table{Columns: columns, Cells: cells} }

func cells(object runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
	quota, ok := object.(*spaces.ClusterQuota)
	if !ok {
		return nil, errNotAClusterQuota(object)
	}
	policy := quota.Spec.Space
	usage := backing.Usage(quota.Status.Spaces, quota.Status.Quota)
	return slices.Concat([]any{name, text(policy.DefaultTTL), text(policy.MaxTTL)}, usage, []any{age}), nil
}

func text(d *spaces.Duration) string {
	if d == nil {
		return "<none>"
	}
	return string(*d)
}
