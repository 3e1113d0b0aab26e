// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// nameTable is a table of names, and of nothing that is called "bad".
func nameTable() Table {
	return Table{
		Columns: []metav1.TableColumnDefinition{{Name: "Name"}},
		Cells: func(_ runtime.Object, _ metav1.Object, name, _ string) ([]any, error) {
			if name == "bad" {
				return nil, errors.New("it is bad")
			}
			return []any{name}, nil
		},
	}
}

func accountNamed(name string) *spaces.Account {
	return &spaces.Account{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "5"}}
}

func TestTable(t *testing.T) {
	meta := metav1.ListMeta{ResourceVersion: "7", Continue: "token", RemainingItemCount: new(int64(3))}
	for name, tc := range map[string]struct {
		object, options runtime.Object
		wantMeta        metav1.ListMeta
		wantCells       [][]any
		wantColumns     int
	}{
		"of one object":          {object: accountNamed("a"), wantMeta: metav1.ListMeta{ResourceVersion: "5"}, wantCells: [][]any{{"a"}}, wantColumns: 1},
		"of a list":              {object: &spaces.AccountList{ListMeta: meta, Items: []spaces.Account{*accountNamed("a"), *accountNamed("b")}}, wantMeta: meta, wantCells: [][]any{{"a"}, {"b"}}, wantColumns: 1},
		"of an empty list":       {object: &spaces.AccountList{ListMeta: meta}, wantMeta: meta, wantColumns: 1},
		"with its headers":       {object: accountNamed("a"), options: &metav1.TableOptions{}, wantMeta: metav1.ListMeta{ResourceVersion: "5"}, wantCells: [][]any{{"a"}}, wantColumns: 1},
		"without headers":        {object: accountNamed("a"), options: &metav1.TableOptions{NoHeaders: true}, wantMeta: metav1.ListMeta{ResourceVersion: "5"}, wantCells: [][]any{{"a"}}},
		"with options of others": {object: accountNamed("a"), options: &metav1.GetOptions{}, wantMeta: metav1.ListMeta{ResourceVersion: "5"}, wantCells: [][]any{{"a"}}, wantColumns: 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := nameTable().ConvertToTable(t.Context(), tc.object, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			var cells [][]any
			for _, row := range got.Rows {
				cells = append(cells, row.Cells)
			}
			if diff := cmp.Diff(tc.wantCells, cells); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantMeta, got.ListMeta); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
			if len(got.ColumnDefinitions) != tc.wantColumns {
				t.Errorf("%d columns, want %d", len(got.ColumnDefinitions), tc.wantColumns)
			}
		})
	}
}

func TestTableOfWhatHasNoCells(t *testing.T) {
	if got, err := nameTable().ConvertToTable(t.Context(), accountNamed("bad"), nil); err == nil {
		t.Errorf("it is %v", got)
	}
}
