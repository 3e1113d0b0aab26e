// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example() Report {
	table := Table{
		Name: "race", Title: "A race", Notes: []string{"The tortoise | the hare."},
		Columns: []string{"who", "ms", "× hare"},
	}
	table.Add(Text("hare"), Number(12.3456), Ratio(1, 1))
	table.Add(Textf("%s|slow", "tortoise"), Number(1234.4), Ratio(3, 2))
	table.Add(Text("nobody"))
	return Report{Environment: []Fact{{Name: "Machine", Value: "a field"}}, Tables: []Table{table}}
}

func TestMarkdown(t *testing.T) {
	want := `- Machine: a field

### A race

| who | ms | × hare |
| --- | ---: | ---: |
| hare | 12.3 | 1.00 |
| tortoise\|slow | 1234 | 1.50 |
| nobody |  |  |

The tortoise | the hare.
`
	if diff := cmp.Diff(want, example().Markdown()); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
}

func TestJSONHasTheNumbersAsTheyAre(t *testing.T) {
	var written bytes.Buffer
	if err := example().WriteJSON(&written); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Environment []Fact
		Tables      []struct {
			Name string
			Rows []map[string]any
		}
	}
	if err := json.Unmarshal(written.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"who": "hare", "ms": 12.3456, "× hare": 1.0},
		{"who": "tortoise|slow", "ms": 1234.4, "× hare": 1.5},
		{"who": "nobody", "ms": nil, "× hare": nil},
	}
	if diff := cmp.Diff(want, got.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got.Tables[0].Name != "race" || got.Environment[0].Value != "a field" {
		t.Errorf("the table is %q, in %v", got.Tables[0].Name, got.Environment)
	}
}

func TestCellsForPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		cell Cell
		want string
	}{
		"nothing":                           {Cell{}, ""},
		"a whole number":                    {Number(10000), "10000"},
		"zero":                              {Number(0), "0"},
		"three digits, below ten":           {Number(1.2345), "1.23"},
		"three digits, below a hundred":     {Number(12.345), "12.3"},
		"three digits, above":               {Number(123.45), "123"},
		"less than nothing":                 {Number(-12.345), "-12.3"},
		"a ratio":                           {Ratio(1, 3), "0.33"},
		"a ratio to nothing is none at all": {Ratio(1, 0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.cell.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
