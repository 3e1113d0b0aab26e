// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSteps(t *testing.T) {
	for name, tc := range map[string]struct {
		lines     []string
		want      []Step
		wantError bool
	}{
		"a command with output": {
			lines: []string{"alice$ kubectl get spaces", "NAME", "dev"},
			want:  []Step{{Line: 10, Person: "alice", Command: "kubectl get spaces", Output: []string{"NAME", "dev"}}},
		},
		"commands of two people": {
			lines: []string{"alice$ true", "bob$ false", "no"},
			want: []Step{
				{Line: 10, Person: "alice", Command: "true"},
				{Line: 11, Person: "bob", Command: "false", Output: []string{"no"}},
			},
		},
		"a look at what has been said since": {
			lines: []string{"bob$ watch &", "one", "bob$", "two"},
			want: []Step{
				{Line: 10, Person: "bob", Command: "watch &", Output: []string{"one"}},
				{Line: 12, Person: "bob", Output: []string{"two"}},
			},
		},
		"blank lines between commands": {
			lines: []string{"alice$ one", "", "a", "", "alice$ two", "", ""},
			want: []Step{
				{Line: 10, Person: "alice", Command: "one", Output: []string{"", "a"}},
				{Line: 14, Person: "alice", Command: "two"},
			},
		},
		"output that looks nearly like a prompt": {
			lines: []string{"alice$ cat", "alice $ x", "Alice$ x", "alice$x"},
			want:  []Step{{Line: 10, Person: "alice", Command: "cat", Output: []string{"alice $ x", "Alice$ x", "alice$x"}}},
		},
		"no prompt at first":   {lines: []string{"x", "alice$ true"}, wantError: true},
		"nothing":              {wantError: true},
		"a prompt and no more": {lines: []string{"alice$ true", "bob$", "", "alice$ true"}, wantError: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Steps(Block{Line: 10, Lines: tc.lines})
			if (err != nil) != tc.wantError {
				t.Fatalf("Steps() = %v, want an error: %v", err, tc.wantError)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStepBackground(t *testing.T) {
	for command, want := range map[string]bool{"watch &": true, "watch&": true, "true": false, "a && b": false, "a &&": false, "": false} {
		if got := (Step{Command: command}).Background(); got != want {
			t.Errorf("%q goes on in the background: %v, want %v", command, got, want)
		}
	}
}
