// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTerminalExecutes(t *testing.T) {
	t.Parallel()
	term := open(t, t.TempDir(), "PATH=/usr/bin:/bin", "WHO=alice")
	for _, tc := range []struct {
		command, wantCode string
		want              []string
	}{
		{command: "true", wantCode: "0"},
		{command: "echo one; echo two >&2; false", wantCode: "1", want: []string{"one", "two"}},
		{command: "echo $WHO; export WHO=bob", wantCode: "0", want: []string{"alice"}},
		{command: "echo $WHO", wantCode: "0", want: []string{"bob"}},
		{command: "printf 'no end'", wantCode: "0", want: []string{"no end"}},
		{command: "echo a # comment", wantCode: "0", want: []string{"a"}},
		{command: "cat", wantCode: "0"},
		{command: "(exit 3)", wantCode: "3"},
	} {
		shown, code, err := term.execute(tc.command)
		if err != nil {
			t.Fatalf("%s: %v", tc.command, err)
		}
		if diff := cmp.Diff(tc.want, shown, cmpopts.EquateEmpty()); diff != "" || code != tc.wantCode {
			t.Errorf("%s: exit code %s, want %s; output (-want +got):\n%s", tc.command, code, tc.wantCode, diff)
		}
	}
}

func TestTerminalAwaits(t *testing.T) {
	t.Parallel()
	term := open(t, t.TempDir(), "PATH=/usr/bin:/bin")
	shown, _, err := term.execute("(echo one; until test -e go-on; do sleep 0.01; done; echo two) &")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one"}, term.await([]string{"one"}, shown)); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	if shown, _, err := term.execute("touch go-on"); err != nil || len(shown) > 1 {
		t.Fatalf("it shows %q, %v", shown, err)
	} else if diff := cmp.Diff([]string{"two"}, term.await([]string{"two"}, shown)); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
}

func TestTerminalTakesNoHalfCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"exit", "echo )"} {
		if _, _, err := open(t, t.TempDir(), "PATH=/usr/bin:/bin").execute(command); !errors.Is(err, errClosed) {
			t.Errorf("%s: %v, want %v", command, err, errClosed)
		}
	}
}
