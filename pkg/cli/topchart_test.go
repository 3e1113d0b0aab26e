// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	wideChart = `ClusterQuota cluster
  pods                      ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    6%  60/1k
  requests.cpu                                                              12500m
  requests.memory                                                           20Gi
  spaces                    █░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    0%  4/500

Account bakery
  requests.cpu              ████████████████████████████████████████  200%  8/4
  requests.memory                                                           12Gi
  spaces                                                                    1

Account brewery
  requests.cpu              ███████████████████████████░░░░░░░░░░░░░   66%  4/6
  requests.example.com/gpu  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░        0/0
  requests.memory           ███████████████████████████░░░░░░░░░░░░░   66%  8Gi/12Gi
  spaces                    ███████████████████████████░░░░░░░░░░░░░   66%  2/3

Account quarry
  spaces                                                                    1

Largest Spaces
  bread (bakery)   ████████████████████████████████████████  200%  requests.cpu 8/4
  lager (brewery)  ████████████████████░░░░░░░░░░░░░░░░░░░░   50%  requests.cpu 3/6
  stout (brewery)  █████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░   33%  requests.memory 4Gi/12Gi
  gravel (quarry)  ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    6%  pods 60/1k (cluster)
  pebble                                                           requests.memory 2Gi
  pit                                                              requests.memory 1Gi
`
	narrowChart = `ClusterQuota cluster
  pods                     █░░░░    6%  60/1k
  requests.cpu                          12500m
  requests.memory                       20Gi
  spaces                   █░░░░    0%  4/500

Account bakery
  requests.cpu             █████  200%  8/4
  requests.memory                       12Gi
  spaces                                1

Account brewery
  requests.cpu             ███░░   66%  4/6
  requests.example.com/g…  ░░░░░        0/0
  requests.memory          ███░░   66%  8Gi/12Gi
  spaces                   ███░░   66%  2/3

Account quarry
  spaces                                1

Largest Spaces
  bread   ██████  200%  requests.cpu 8/4
  lager   ███░░░   50%  requests.cpu 3/6
  stout   ██░░░░   33%  requests.memory 4Gi/12Gi
  gravel  █░░░░░    6%  pods 60/1k (cluster)
  pebble                requests.memory 2Gi
  pit                   requests.memory 1Gi
`
	colouredChart = "ClusterQuota cluster\n" +
		"  pods             \x1b[33m██████████████████████\x1b[0m░░░░░   80%  4/5\n" +
		"  requests.cpu     \x1b[31m███████████████████████████\x1b[0m  100%  2/2\n" +
		"  requests.memory  \x1b[32m██████████████\x1b[0m░░░░░░░░░░░░░   50%  1Gi/2Gi\n" +
		"  spaces           ░░░░░░░░░░░░░░░░░░░░░░░░░░░    0%  0/5\n"
)

func TestCharts(t *testing.T) {
	coloured := &topSummary{Budgets: []topBudget{newTopBudget(kindClusterQuota, "cluster", 0,
		&v1alpha1.QuotaStatus{Hard: amounts("pods: 5", "requests.cpu: 2", "requests.memory: 2Gi", "spaces: 5"),
			Used: amounts("pods: 4", "requests.cpu: 2", "requests.memory: 1Gi", "spaces: 0")})}}
	cases := map[string]struct {
		canvas  canvas
		summary *topSummary
		want    string
	}{
		"on a wide terminal":       {canvas: canvas{width: 120}, summary: town().summary(""), want: wideChart},
		"on a narrow terminal":     {canvas: canvas{width: 48}, summary: town().summary(""), want: narrowChart},
		"on a terminal in colours": {canvas: canvas{width: 61, colours: true}, summary: coloured, want: colouredChart},
		"which has no room for the account of a Space": {
			canvas:  canvas{width: 70},
			summary: &topSummary{Spaces: []topSpace{{Name: "lager", Account: "the-brewery-behind-the-old-bridge", topFigure: figureOf("1", "2")}}},
			want:    "Largest Spaces\n  lager  " + strings.Repeat(barFull, 19) + strings.Repeat(barEmpty, 19) + "  50%  requests.cpu 1/2\n",
		},
		"on hardly any terminal":    {canvas: canvas{width: 2}, summary: coloured, want: "ClusterQuota cluster\n  …   80%  4/5\n  …  100%  2/2\n  …   50%  1Gi/2Gi\n  …    0%  0/5\n"},
		"on a terminal of no width": {canvas: canvas{width: 1}, summary: &topSummary{Spaces: []topSpace{{Name: "a", topFigure: figureOf("1", "")}}}, want: "Largest Spaces\n  …  requests.cpu 1\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := tc.canvas.draw(&out, tc.summary); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("unexpected chart (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChartsFitIntoTheTerminal(t *testing.T) {
	for width := 40; width < 200; width++ {
		var out bytes.Buffer
		if err := (canvas{width: width}).draw(&out, town().summary("")); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if got := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("%q has %d characters, want %d at most", line, got, width)
			}
		}
	}
}

func TestBarIsHonest(t *testing.T) {
	cases := map[string]struct{ used, hard, want string }{
		"nothing":                 {"0", "1", "░░░░░░░░░░"},
		"next to nothing":         {"1", "1k", "█░░░░░░░░░"},
		"half":                    {"1", "2", "█████░░░░░"},
		"all but next to nothing": {"999", "1k", "█████████░"},
		"all":                     {"1", "1", "██████████"},
		"more than all":           {"7", "1", "██████████"},
		"something of nothing":    {"1", "0", "██████████"},
		"what has no limit":       {"7", "", "          "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (canvas{}).bar(figureOf(tc.used, tc.hard), 10); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCanvasOf(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no pseudoterminals: %v", err)
	}
	defer terminal.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	// A new pseudoterminal has no size.
	if got, ok := canvasOf(terminal); !ok || got != (canvas{width: 80}) {
		t.Errorf("got %+v and %t, want one of 80 characters without colours", got, ok)
	}
	if err := os.Unsetenv("NO_COLOR"); err != nil {
		t.Fatal(err)
	}
	if got, ok := canvasOf(terminal); !ok || got != (canvas{width: 80, colours: true}) {
		t.Errorf("got %+v and %t, want one of 80 characters in colours", got, ok)
	}
	if got, ok := canvasOf(&bytes.Buffer{}); ok {
		t.Errorf("got %+v of what is no terminal", got)
	}
}
