// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	const table = `NAME   PHASE    EXPIRES   AGE   TTL
dev    Active   120m      0s    2h`
	for name, tc := range map[string]struct {
		document, seen string
		wantDiff       bool
	}{
		"nothing":                            {},
		"the same":                           {document: "a\nb", seen: "a\nb"},
		"another line":                       {document: "a\nb", seen: "a\nc", wantDiff: true},
		"a line more":                        {document: "a", seen: "a\nb", wantDiff: true},
		"a line less":                        {document: "a\nb", seen: "a", wantDiff: true},
		"other lines in between":             {document: "a\nb", seen: "a\n\nb", wantDiff: true},
		"blank lines at the end":             {document: "a", seen: "a\n    \n\n"},
		"blanks at the end":                  {document: "a\nb", seen: "a  \nb"},
		"another indentation":                {document: "a:\n  b", seen: "a:\n    b", wantDiff: true},
		"one blank more in a sentence":       {document: "a b", seen: "a  b", wantDiff: true},
		"a table a little later":             {document: table, seen: "NAME   PHASE    EXPIRES   AGE     TTL\ndev    Active   119m      2m0s    2h"},
		"a table much later":                 {document: table, seen: "NAME   PHASE    EXPIRES   AGE     TTL\ndev    Active   116m      4m0s    2h", wantDiff: true},
		"a table with another ttl":           {document: table, seen: strings.Replace(table, "2h", "3h", 1), wantDiff: true},
		"a table with another phase":         {document: table, seen: strings.Replace(table, "Active", "Terminating", 1), wantDiff: true},
		"a table that never expires":         {document: table, seen: strings.Replace(table, "120m", "<never>", 1), wantDiff: true},
		"a duration that is not in a table":  {document: "ttl: 2h", seen: "ttl: 2h0m0s", wantDiff: true},
		"another time":                       {document: `at: "2026-11-20T10:00:00Z"`, seen: `at: "2027-01-02T03:04:05Z"`},
		"no time":                            {document: `at: "2026-11-20T10:00:00Z"`, seen: `at: null`, wantDiff: true},
		"another UID":                        {document: "uid: 8439ad4d-2162-487a-8713-514baafd77b8", seen: "uid: d1849271-a426-5529-ba71-9cfde0f9d806"},
		"no UID":                             {document: "uid: 8439ad4d-2162-487a-8713-514baafd77b8", seen: "uid: x", wantDiff: true},
		"anything in a line":                 {document: `created "ci-..."`, seen: `created "ci-x7k2p"`},
		"anything in a line, of another":     {document: `created "ci-..."`, seen: `created "cd-x7k2p"`, wantDiff: true},
		"anything in a column":               {document: "a   b...   c", seen: "a    bcd    c"},
		"anything in a column, and one more": {document: "a   b...", seen: "a   b   c", wantDiff: true},
		"what is special in patterns":        {document: "a.b[...]", seen: "axb[c]", wantDiff: true},
		"any lines in between":               {document: "a\n...\nd", seen: "a\nb\nc\nd"},
		"no lines in between":                {document: "a\n...\nd", seen: "a\nd"},
		"any lines at the end":               {document: "a\n...", seen: "a\nb\nc"},
		"any lines, and then the wrong one":  {document: "a\n...\nd", seen: "a\nb\nc", wantDiff: true},
		"any lines on two sides":             {document: "...\nb\n...", seen: "a\nb\nc"},
		"any lines on two sides of nothing":  {document: "...\nb\n...", seen: "a\nc", wantDiff: true},
	} {
		t.Run(name, func(t *testing.T) {
			diff := Diff(lines(tc.document), lines(tc.seen))
			if (diff != "") != tc.wantDiff {
				t.Errorf("Diff() = %q, want one: %v", diff, tc.wantDiff)
			}
		})
	}
}

// What is as good as the same is not in the way of what differs.
func TestDiffShowsWhatDiffers(t *testing.T) {
	for name, tc := range map[string]struct{ document, seen, want string }{
		"another line":      {document: "a\nb\nc", seen: "a\nx\nc", want: "  a\n- b\n+ x\n  c\n"},
		"a line more":       {document: "a\nc", seen: "a\nb\nc", want: "  a\n+ b\n  c\n"},
		"a line less":       {document: "a\nb\nc", seen: "a\nc", want: "  a\n- b\n  c\n"},
		"nothing was seen":  {document: "a", want: "- a\n"},
		"nothing was meant": {seen: "a", want: "+ a\n"},
		"another order":     {document: "a\nb\nc", seen: "b\nc\na", want: "- a\n  b\n  c\n+ a\n"},
		"a table, later": {
			document: "...\ndev    Active   2s\nprod   Active   2s",
			seen:     "dev    Active   5s\nprod   Gone     5s",
			want:     "  ...\n  dev    Active   5s\n- prod   Active   2s\n+ prod   Gone     5s\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Diff(lines(tc.document), lines(tc.seen))); diff != "" {
				t.Errorf("the diff (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDurationOf(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "5s": 5 * time.Second, "2m3s": 123 * time.Second, "119m": 119 * time.Minute, "3h5m": 185 * time.Minute,
		"2d3h": 51 * time.Hour, "5y": 5 * 365 * 24 * time.Hour,
	} {
		if got, ok := durationOf(text); !ok || got != want {
			t.Errorf("durationOf(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "5", "s", "5s ago", "<never>", "-5s", "1.5h", "99999999999999999999s"} {
		if got, ok := durationOf(text); ok {
			t.Errorf("durationOf(%q) = %v, want none", text, got)
		}
	}
}

// lines returns the lines of a text; of none if there is none.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
