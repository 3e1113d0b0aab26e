// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is one run.
type Report struct {
	// Environment is where, when and with what it was measured.
	Environment []Fact  `json:"environment"`
	Tables      []Table `json:"tables"`
}

// Fact is one line about the environment.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// WriteJSON writes all of it, with numbers that are not rounded.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Markdown has a section for each table. Lines of prose are as long as they come.
func (r Report) Markdown() string {
	var b strings.Builder
	for _, fact := range r.Environment {
		fmt.Fprintf(&b, "- %s: %s\n", fact.Name, fact.Value)
	}
	for _, table := range r.Tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s", table.Title, table.Markdown())
	}
	return b.String()
}

// Markdown is the table and its notes, without its title.
func (t Table) Markdown() string {
	var b strings.Builder
	writeRow(&b, t.Columns)
	rule := make([]string, len(t.Columns))
	for i := range rule {
		rule[i] = "---"
		if t.numeric(i) {
			rule[i] = "---:"
		}
	}
	writeRow(&b, rule)
	for _, row := range t.Rows {
		texts := make([]string, len(t.Columns))
		for i := range texts {
			texts[i] = at(row, i).String()
		}
		writeRow(&b, texts)
	}
	for _, note := range t.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	return b.String()
}

// numeric says whether a column has numbers and no text.
func (t Table) numeric(column int) bool {
	some := false
	for _, row := range t.Rows {
		cell := at(row, column)
		if cell.number == nil && cell.text != "" {
			return false
		}
		some = some || cell.number != nil
	}
	return some
}

func writeRow(b *strings.Builder, texts []string) {
	b.WriteString("|")
	for _, text := range texts {
		fmt.Fprintf(b, " %s |", strings.ReplaceAll(text, "|", "\\|"))
	}
	b.WriteString("\n")
}
