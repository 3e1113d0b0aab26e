// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
)

// noneText stands where there is nothing, as in kubectl's tables.
const noneText = "<none>"

// tabulate writes the summary as tables whose rows stand for themselves.
func tabulate(w io.Writer, summary *topSummary) error {
	var budgets, spaces [][]string
	for _, budget := range summary.Budgets {
		for _, figure := range budget.Resources {
			row := []string{strings.ToLower(budget.Kind) + "/" + budget.Name}
			budgets = append(budgets, append(row, figure.columns()...))
		}
	}
	for _, space := range summary.Spaces {
		row := []string{space.Name, orNone(space.Account)}
		row = append(row, space.columns()...)
		spaces = append(spaces, append(row, orNone(strings.ToLower(space.Budget))))
	}
	if err := writeTable(w, "BUDGET\tRESOURCE\tUSED\tHARD\tPERCENT", budgets); err != nil {
		return err
	}
	if len(budgets) > 0 && len(spaces) > 0 {
		fmt.Fprintln(w)
	}
	return writeTable(w, "SPACE\tACCOUNT\tRESOURCE\tUSED\tHARD\tPERCENT\tBUDGET", spaces)
}

func (f topFigure) columns() []string {
	hard := noneText
	if f.Hard != nil {
		hard = f.Hard.String()
	}
	return []string{string(f.Resource), f.Used.String(), hard, f.percentText()}
}

// writeTable writes rows below their header, and nothing if there are none.
func writeTable(w io.Writer, header string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	table := printers.GetNewTabWriter(w)
	fmt.Fprintln(table, header)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

func orNone(text string) string {
	if text == "" {
		return noneText
	}
	return text
}
