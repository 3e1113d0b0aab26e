// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	o, err := parse(strings.Fields("-n 200,100,200 -k 7,5 -samples 3 -time 2s -only serve -seed 9"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.ns, []int{100, 200}) || !slices.Equal(o.ks, []int{5, 7}) {
		t.Errorf("n is %v and k %v, want each number once, in order", o.ns, o.ks)
	}
	if o.limits.Samples != 3 || o.limits.Time != 2*time.Second || o.seed != 9 || o.write {
		t.Errorf("the limits are %v, the seed is %d, write is %t", o.limits, o.seed, o.write)
	}
	if chosen := o.scenarios(); len(chosen) != 1 || chosen[0].name != "serve" {
		t.Errorf("%d scenarios were chosen, want serve alone", len(chosen))
	}
}

func TestParseDefaults(t *testing.T) {
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.most() != 10000 || len(o.scenarios()) != len(scenarios) {
		t.Errorf("there are up to %d Spaces and %d scenarios, want 10000 and all", o.most(), len(o.scenarios()))
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ args, want string }{
		"more to see than there is": {"-n 100 -k 101", "nobody can see 101 of 100 Spaces"},
		"a number that is none":     {"-n 1000,many", `"many" is not a positive number`},
		"none at all":               {"-k 0", `"0" is not a positive number`},
		"an unknown scenario":       {"-only lost", `"lost" is none of list`},
		"no samples":                {"-samples 0", "at least one sample"},
		"no time":                   {"-time 0s", "measuring takes time"},
		"half a document":           {"-write -only list", "all, or nothing"},
		"an argument":               {"list", `"list" is no flag`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Fields(tc.args), io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("parse(%s) = %v, want %q", tc.args, err, tc.want)
			}
		})
	}
}
