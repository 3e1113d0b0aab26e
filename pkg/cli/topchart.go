// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/component-base/term"
)

// canvas is a terminal that charts are drawn on.
type canvas struct {
	// width is how many characters fit into a line.
	width   int
	colours bool
}

// chartRow is one line of a chart.
type chartRow struct {
	label string
	// brief is the label where there is little room.
	brief string
	topFigure
	amounts string
}

// chart has a title, and rows below it.
type chart struct {
	title string
	rows  []chartRow
}

const (
	defaultWidth = 80
	// barMin and barMax are how many characters a bar has. Where there is no room for so many, there are no bars.
	barMin, barMax = 5, 40
	barFull        = "█"
	barEmpty       = "░"
	indent, gap    = "  ", "  "
)

// canvasOf returns the terminal behind w, or false if that is none.
func canvasOf(w io.Writer) (canvas, bool) {
	if !printers.IsTerminal(w) {
		return canvas{}, false
	}
	width, _, err := term.TerminalSize(w)
	if err != nil || width <= 0 {
		width = defaultWidth
	}
	return canvas{width: width, colours: printers.AllowsColorOutput(w)}, true
}

// draw draws the budgets, and then the Spaces.
func (c canvas) draw(w io.Writer, summary *topSummary) error {
	budgets, spaces := summary.charts()
	text := c.charts(budgets...)
	if layout := c.layout([]chart{spaces}); layout.cut || layout.bar == 0 {
		spaces = spaces.abbreviated()
	}
	if len(spaces.rows) > 0 {
		text = append(text, c.charts(spaces)...)
	}
	_, err := fmt.Fprintln(w, strings.Join(text, "\n\n"))
	return err
}

// charts returns one chart for each budget, and one for the Spaces.
func (s *topSummary) charts() (budgets []chart, spaces chart) {
	for _, budget := range s.Budgets {
		one := chart{title: budget.Kind + " " + budget.Name}
		for _, figure := range budget.Resources {
			name := string(figure.Resource)
			one.rows = append(one.rows, chartRow{name, name, figure, figure.amounts()})
		}
		budgets = append(budgets, one)
	}
	spaces.title = "Largest Spaces"
	for _, space := range s.Spaces {
		label := space.Name
		if space.Account != "" {
			label += " (" + space.Account + ")"
		}
		amounts := string(space.Resource) + " " + space.amounts()
		if space.Budget == kindClusterQuota {
			amounts += " (cluster)"
		}
		spaces.rows = append(spaces.rows, chartRow{label, space.Name, space.topFigure, amounts})
	}
	return budgets, spaces
}

// abbreviated returns the chart with its brief labels.
func (c chart) abbreviated() chart {
	var rows []chartRow
	for _, row := range c.rows {
		row.label = row.brief
		rows = append(rows, row)
	}
	return chart{c.title, rows}
}

// amounts is what is used, of how much.
func (f topFigure) amounts() string {
	if f.Hard == nil {
		return f.Used.String()
	}
	return f.Used.String() + "/" + f.Hard.String()
}

// charts returns the text of charts whose columns are aligned.
func (c canvas) charts(charts ...chart) []string {
	layout := c.layout(charts)
	var texts []string
	for _, chart := range charts {
		lines := []string{chart.title}
		for _, row := range chart.rows {
			lines = append(lines, c.line(row, layout))
		}
		texts = append(texts, strings.Join(lines, "\n"))
	}
	return texts
}

// chartLayout is how wide the columns are, in characters.
type chartLayout struct {
	label, bar, percent, amounts int
	// cut tells whether there are longer labels.
	cut bool
}

// layout returns columns for the charts: a label takes half of a line at most, or a third if there is no bar otherwise, and
// a bar what is left.
func (c canvas) layout(charts []chart) (layout chartLayout) {
	for _, chart := range charts {
		for _, row := range chart.rows {
			layout.label = max(layout.label, len(row.label))
			layout.percent = max(layout.percent, len(row.percentShown()))
			layout.amounts = max(layout.amounts, len(row.amounts))
		}
	}
	longest := layout.label
	layout.label = min(longest, c.width/2)
	if shorter := layout.label + c.room(layout) - barMin; shorter < layout.label && shorter >= c.width/3 {
		layout.label = shorter
	}
	if room := c.room(layout); room >= barMin {
		layout.bar = min(barMax, room)
	}
	layout.cut = layout.label < longest
	return layout
}

// room is what the other columns leave for a bar.
func (c canvas) room(layout chartLayout) int {
	return c.width - len(indent) - layout.label - layout.percent - layout.amounts - 3*len(gap)
}

// percentShown is the part, or nothing where it says nothing.
func (r chartRow) percentShown() string {
	if r.Percent == nil {
		return ""
	}
	return r.percentText()
}

func (c canvas) line(row chartRow, layout chartLayout) string {
	cells := []string{fmt.Sprintf("%-*s", layout.label, shorten(row.label, layout.label))}
	if layout.bar > 0 {
		cells = append(cells, c.bar(row.topFigure, layout.bar))
	}
	if layout.percent > 0 {
		cells = append(cells, fmt.Sprintf("%*s", layout.percent, row.percentShown()))
	}
	return indent + strings.Join(append(cells, row.amounts), gap)
}

// shorten returns the text with so many characters at most.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return text[:max(0, width-1)] + "…"
}

// bar returns a bar of that width, and blanks for what has no limit. It has something as soon as anything is used, and is
// full when nothing is left.
func (c canvas) bar(figure topFigure, width int) string {
	share := figure.share()
	if share < 0 {
		return strings.Repeat(" ", width)
	}
	full := int(math.Round(min(share, 1) * float64(width)))
	switch {
	case share >= 1:
		full = width
	case share > 0:
		full = min(max(full, 1), width-1)
	}
	return c.paint(strings.Repeat(barFull, full), share) + strings.Repeat(barEmpty, width-full)
}

// ANSI escape sequences, and from which share on there is little left.
const (
	green, yellow, red, plain = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
	littleLeft                = 0.8
)

// paint colours a text by how much is left: green for enough, yellow for little, and red for nothing.
func (c canvas) paint(text string, share float64) string {
	switch {
	case !c.colours || text == "":
		return text
	case share >= 1:
		return red + text + plain
	case share >= littleLeft:
		return yellow + text + plain
	}
	return green + text + plain
}
