// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// anything stands for a part of a line, or alone on a line for any number of lines.
const anything = "..."

// Diff returns how the lines that were seen differ from those of the document, and nothing if they do not. Lines of the
// document alone have a minus in front, and lines that only were seen a plus.
func Diff(document, seen []string) string {
	document, seen = withoutBlankEnd(document), withoutBlankEnd(seen)
	if same(document, seen) {
		return ""
	}
	var text strings.Builder
	for _, line := range compare(document, seen) {
		text.WriteString(line + "\n")
	}
	return text.String()
}

func same(document, seen []string) bool {
	switch {
	case len(document) == 0:
		return len(seen) == 0
	case document[0] == anything:
		return same(document[1:], seen) || (len(seen) > 0 && same(document, seen[1:]))
	default:
		return len(seen) > 0 && sameLine(document[0], seen[0]) && same(document[1:], seen[1:])
	}
}

// compare returns all lines, with a mark in front. As many as possible are in both.
func compare(document, seen []string) []string {
	common := commonLines(document, seen)
	var marked []string
	for i, j := 0, 0; i < len(document) || j < len(seen); {
		switch {
		case i < len(document) && document[i] == anything:
			marked = append(marked, "  "+document[i])
			i++
		case i < len(document) && j < len(seen) && sameLine(document[i], seen[j]):
			marked = append(marked, "  "+seen[j])
			i, j = i+1, j+1
		case i < len(document) && (j == len(seen) || common[i+1][j] >= common[i][j+1]):
			marked = append(marked, "- "+document[i])
			i++
		default:
			marked = append(marked, "+ "+seen[j])
			j++
		}
	}
	return marked
}

// commonLines returns how many lines those from the i-th of the document, and those from the j-th that was seen, have in
// common, at most and in this order.
func commonLines(document, seen []string) [][]int {
	common := make([][]int, len(document)+1)
	common[len(document)] = make([]int, len(seen)+1)
	for i := len(document) - 1; i >= 0; i-- {
		common[i] = make([]int, len(seen)+1)
		for j := len(seen) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if sameLine(document[i], seen[j]) {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	return common
}

var (
	indentation = regexp.MustCompile(`^ *`)
	columnGap   = regexp.MustCompile(` {3,}`)
	uid         = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	timestamp   = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
)

func sameLine(document, seen string) bool {
	return indentation.FindString(document) == indentation.FindString(seen) &&
		slices.EqualFunc(cellsOf(document), cellsOf(seen), sameCell)
}

// cellsOf returns what stands in the columns of a line; any other text is in one column.
func cellsOf(line string) []string {
	line = uid.ReplaceAllString(line, "UID")
	line = timestamp.ReplaceAllString(line, "TIME")
	return columnGap.Split(strings.Trim(line, " "), -1)
}

func sameCell(document, seen string) bool {
	if strings.Contains(document, anything) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(document), regexp.QuoteMeta(anything), ".*")
		return regexp.MustCompile("^" + pattern + "$").MatchString(seen)
	}
	return document == seen || sameDuration(document, seen)
}

// tolerance is by how much durations may differ from those in a document.
const tolerance = 2 * time.Minute

func sameDuration(document, seen string) bool {
	a, ok := durationOf(document)
	b, okToo := durationOf(seen)
	return ok && okToo && (a-b).Abs() <= tolerance
}

var (
	duration = regexp.MustCompile(`^(\d+[smhdy])+$`)
	part     = regexp.MustCompile(`(\d+)([smhdy])`)
	units    = map[string]time.Duration{
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "y": 365 * 24 * time.Hour,
	}
)

// durationOf reads a duration in the form of kubectl's tables.
func durationOf(text string) (time.Duration, bool) {
	if !duration.MatchString(text) {
		return 0, false
	}
	var sum time.Duration
	for _, match := range part.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			return 0, false
		}
		sum += time.Duration(n) * units[match[2]]
	}
	return sum, true
}
