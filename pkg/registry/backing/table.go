// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metatable "k8s.io/apimachinery/pkg/api/meta/table"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Table shows objects of a kind as kubectl prints them.
type Table struct {
	Columns []metav1.TableColumnDefinition
	// Cells returns those of one object; name and age are as other kinds have them.
	Cells func(object runtime.Object, meta metav1.Object, name, age string) ([]any, error)
}

// ConvertToTable implements rest.TableConvertor.
func (t Table) ConvertToTable(_ context.Context, object, tableOptions runtime.Object) (*metav1.Table, error) {
	rows, err := metatable.MetaToTableRow(object, t.Cells)
	if err != nil {
		return nil, err
	}
	shown := &metav1.Table{Rows: rows}
	if options, ok := tableOptions.(*metav1.TableOptions); !ok || !options.NoHeaders {
		shown.ColumnDefinitions = t.Columns
	}
	copyListMeta(object, shown)
	return shown, nil
}

func copyListMeta(from runtime.Object, to *metav1.Table) {
	if list, err := meta.ListAccessor(from); err == nil {
		to.ResourceVersion = list.GetResourceVersion()
		to.Continue = list.GetContinue()
		to.RemainingItemCount = list.GetRemainingItemCount()
		return
	}
	if one, err := meta.CommonAccessor(from); err == nil {
		to.ResourceVersion = one.GetResourceVersion()
	}
}
