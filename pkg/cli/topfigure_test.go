// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"math"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// figureOf returns a figure of CPUs, without a limit if hard is "".
func figureOf(used, hard string) topFigure {
	var limit *resource.Quantity
	if hard != "" {
		limit = new(resource.MustParse(hard))
	}
	return newTopFigure("requests.cpu", resource.MustParse(used), limit)
}

func TestPercent(t *testing.T) {
	cases := map[string]struct {
		used, hard string
		want       string
		wantShare  float64
	}{
		"nothing of something":     {used: "0", hard: "6", want: "0%"},
		"a part":                   {used: "4", hard: "6", want: "66%", wantShare: 4. / 6},
		"an exact part":            {used: "290m", hard: "1", want: "29%", wantShare: .29},
		"next to nothing":          {used: "1", hard: "500", want: "0%", wantShare: .002},
		"all but next to nothing":  {used: "999999", hard: "1M", want: "99%", wantShare: .999999},
		"all":                      {used: "12288Mi", hard: "12Gi", want: "100%", wantShare: 1},
		"next to nothing too much": {used: "1000001", hard: "1M", want: "101%", wantShare: 1.000001},
		"too much":                 {used: "3", hard: "2", want: "150%", wantShare: 1.5},
		"far too much":             {used: "8E", hard: "1m", want: "999999%", wantShare: 8e21},
		"nothing of nothing":       {used: "0", hard: "0", want: "<none>"},
		"something of nothing":     {used: "1", hard: "0", want: "<none>", wantShare: math.Inf(1)},
		"what has no limit":        {used: "1", want: "<none>", wantShare: unlimited},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			figure := figureOf(tc.used, tc.hard)
			if got := figure.percentText(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if got := figure.share(); got != tc.wantShare && math.Abs(got/tc.wantShare-1) > 1e-12 {
				t.Errorf("got %v, want %v", got, tc.wantShare)
			}
		})
	}
}

func TestLargest(t *testing.T) {
	limits := town().limits()
	cases := map[string]struct {
		account string
		hard    []string
		sortBy  string
		want    string
	}{
		"the largest part":                  {account: "brewery", hard: []string{"requests.cpu: 1", "requests.memory: 6Gi"}, want: "Account requests.memory 6Gi/12Gi"},
		"of equal parts the CPUs":           {account: "brewery", hard: []string{"spaces: 1", "requests.memory: 4Gi", "requests.cpu: 2"}, want: "Account requests.cpu 2/6"},
		"what the account does not limit":   {account: "brewery", hard: []string{"pods: 10"}, want: "ClusterQuota pods 10/1k"},
		"what nobody limits":                {account: "quarry", hard: []string{"limits.cpu: 4", "requests.memory: 1Gi"}, want: " requests.memory 1Gi"},
		"what is limited rather than not":   {hard: []string{"pods: 1", "requests.cpu: 100"}, want: "ClusterQuota pods 1/1k"},
		"what is asked for":                 {account: "brewery", hard: []string{"requests.cpu: 1", "requests.memory: 6Gi"}, sortBy: "requests.cpu", want: "Account requests.cpu 1/6"},
		"nothing of what is asked for":      {account: "brewery", hard: []string{"requests.cpu: 1"}, sortBy: "pods"},
		"nothing of all":                    {account: "brewery"},
		"what there is to be nothing of":    {account: "brewery", hard: []string{"requests.cpu: 6", "requests.example.com/gpu: 1"}, want: "Account requests.example.com/gpu 1/0"},
		"an account that one does not see":  {account: "mine", hard: []string{"pods: 10"}, want: "ClusterQuota pods 10/1k"},
		"what the account limits, too much": {account: "bakery", hard: []string{"requests.cpu: 8", "pods: 1k"}, want: "Account requests.cpu 8/4"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			one := charged("one", tc.account, tc.hard...)
			largest, ok := limits.largest(&one, tc.sortBy)
			got := ""
			if ok {
				got = largest.Budget + " " + string(largest.Resource) + " " + largest.amounts()
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
