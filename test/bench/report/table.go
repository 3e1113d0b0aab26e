// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Table is one finding: a line for each subject, beside those that it is to be compared with.
type Table struct {
	// Name is short and stays the same: it is how a program finds the table.
	Name string
	// Title says what was measured, in a few words.
	Title string
	// Notes are paragraphs on how to read it. They stand under the table.
	Notes []string
	// Columns are the headings, with units where there are any: "p50 ms".
	Columns []string
	// Rows have a Cell for each of the columns.
	Rows [][]Cell
}

// Add appends a row. Cells that are missing at its end are empty.
func (t *Table) Add(cells ...Cell) {
	t.Rows = append(t.Rows, cells)
}

// MarshalJSON makes an object of each row, with the columns as keys.
func (t Table) MarshalJSON() ([]byte, error) {
	rows := make([]map[string]Cell, 0, len(t.Rows))
	for _, row := range t.Rows {
		object := map[string]Cell{}
		for i, column := range t.Columns {
			object[column] = at(row, i)
		}
		rows = append(rows, object)
	}
	return json.Marshal(map[string]any{
		"name": t.Name, "title": t.Title, "notes": t.Notes, "columns": t.Columns, "rows": rows,
	})
}

// Cell is a text, a number, or nothing, which is the zero value.
type Cell struct {
	text   string
	number *float64
}

// Text is for what is not a number: the name of a subject, or a verdict.
func Text(text string) Cell {
	return Cell{text: text}
}

// Textf is Text of a format.
func Textf(format string, args ...any) Cell {
	return Text(fmt.Sprintf(format, args...))
}

// Number keeps the value as it is for JSON, and is rounded to three significant digits for people.
func Number[T ~int | ~int64 | ~float64](value T) Cell {
	number := float64(value)
	return Cell{text: round(number), number: &number}
}

// Ratio is Number(a/b), and nothing if there is no b.
func Ratio(a, b float64) Cell {
	if b == 0 {
		return Cell{}
	}
	ratio := a / b
	return Cell{text: strconv.FormatFloat(ratio, 'f', 2, 64), number: &ratio}
}

// String is what people read.
func (c Cell) String() string {
	return c.text
}

// MarshalJSON writes a number as such.
func (c Cell) MarshalJSON() ([]byte, error) {
	switch {
	case c.number != nil:
		return json.Marshal(*c.number)
	case c.text == "":
		return []byte("null"), nil
	}
	return json.Marshal(c.text)
}

// round leaves whole numbers from 100 on, and three digits below.
func round(value float64) string {
	magnitude := value
	if magnitude < 0 {
		magnitude = -magnitude
	}
	switch {
	case value == float64(int64(value)) || magnitude >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case magnitude >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}

func at(row []Cell, i int) Cell {
	if i < len(row) {
		return row[i]
	}
	return Cell{}
}
