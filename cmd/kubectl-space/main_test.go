// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// names are those that kubectl looks for. The first is that of the program, the others are links to it.
var names = []string{
	"kubectl-space", "kubectl-create-space", "kubectl-create-spacetemplate",
	"kubectl_complete-space", "kubectl_complete-create-space",
}

// TestMain lets the test program be the program itself, under any of its names.
func TestMain(m *testing.M) {
	if slices.Contains(names, filepath.Base(os.Args[0])) {
		main()
	}
	os.Exit(m.Run())
}

// install links the program to its names, as an installer does, and returns their directory.
func install(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Under the race detector, a program would otherwise end a second late.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		program = names[0]
	}
	return dir
}

// serveSpaces starts a server that stands in for an API server with two Spaces, and returns a kubeconfig for it.
func serveSpaces(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"apiVersion":"spaces.tenancy.example.io/v1alpha1","kind":"SpaceList",` +
			`"items":[{"metadata":{"name":"dev"}},{"metadata":{"name":"prod"}}]}`))
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "config")
	config := api.Config{
		CurrentContext: "alice",
		Clusters:       map[string]*api.Cluster{"local": {Server: server.URL}},
		Contexts:       map[string]*api.Context{"alice": {Cluster: "local"}},
	}
	if err := clientcmd.WriteToFile(config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProgram(t *testing.T) {
	dir := install(t)
	t.Setenv("KUBECONFIG", serveSpaces(t))
	cases := map[string]struct {
		name     string
		args     []string
		want     string
		wantCode int
	}{
		"kubectl space create": {
			name: "kubectl-space",
			args: []string{"create", "dev", "--dry-run=client"},
			want: "space.spaces.tenancy.example.io/dev created (dry run)\n",
		},
		"kubectl create space": {
			name: "kubectl-create-space",
			args: []string{"dev", "--dry-run=client"},
			want: "space.spaces.tenancy.example.io/dev created (dry run)\n",
		},
		"kubectl create space in vain": {
			name:     "kubectl-create-space",
			wantCode: 1,
		},
		"kubectl create spacetemplate": {
			name: "kubectl-create-spacetemplate",
			args: []string{"small", "--dry-run=client", "-f", "testdata/settings.yaml"},
			want: "spacetemplate.spaces.tenancy.example.io/small created (dry run)\n",
		},
		"completion of kubectl space": {
			name: "kubectl_complete-space",
			args: []string{"use", ""},
			want: "dev\nprod\n:4\n",
		},
		"completion of kubectl create space": {
			name: "kubectl_complete-create-space",
			args: []string{"--validate="},
			want: "strict\nwarn\nignore\n:4\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), filepath.Join(dir, tc.name), tc.args...).Output()
			if got := exitCode(err); got != tc.wantCode || string(out) != tc.want {
				t.Errorf("got %q and exit code %d (%v), want %q and %d", out, got, err, tc.want, tc.wantCode)
			}
		})
	}
}

// exitCode returns the exit code of a program that ran, and -1 for one that did not.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return -1
}

// bashComplete loads the script that is its first argument, and presses the tab key behind the words that follow. What
// bash itself and the package bash-completion would provide, it provides.
const bashComplete = `
_get_comp_words_by_ref() {
  words=("${COMP_WORDS[@]}")
  cword=$COMP_CWORD
  cur=${words[cword]}
  prev=${words[cword-1]}
}
compopt() { :; }
source "$1"
shift
COMP_WORDS=(kubectl-space "$@")
COMP_CWORD=$#
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
__start_kubectl-space
printf '%s\n' "${COMPREPLY[@]}"
`

func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	dir := install(t)
	script := writeScript(t, dir, "bash")
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("KUBECONFIG", serveSpaces(t))
	cases := map[string]struct {
		words []string
		want  string
	}{
		"of a command":         {words: []string{"us"}, want: "use\n"},
		"of a Space":           {words: []string{"use", "d"}, want: "dev\n"},
		"of all Spaces":        {words: []string{"use", ""}, want: "dev\nprod\n"},
		"of an output format":  {words: []string{"create", "x", "-o", "ky"}, want: "kyaml\n"},
		"of an option":         {words: []string{"create", "x", "--gen"}, want: "--generate-name\n"},
		"of a context":         {words: []string{"use", "--context", "a"}, want: "alice\n"},
		"of nothing for a new": {words: []string{"create", ""}, want: "\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--norc", "-c", bashComplete, "bash", script}, tc.words...)
			out, err := exec.CommandContext(t.Context(), bash, args...).CombinedOutput()
			if err != nil || undescribed(string(out)) != tc.want {
				t.Errorf("got %q (%v), want %q", out, err, tc.want)
			}
		})
	}
}

// undescribed removes what bash shows behind a choice: its description, and the blanks before it.
func undescribed(choices string) string {
	var text strings.Builder
	for line := range strings.Lines(choices) {
		choice, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		text.WriteString(choice + "\n")
	}
	return text.String()
}

func TestScriptsAreWellFormed(t *testing.T) {
	dir := install(t)
	cases := map[string]string{"bash": "-n", "zsh": "-n", "fish": "--no-execute"}
	for shell, check := range cases {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("there is no %s", shell)
			}
			out, err := exec.CommandContext(t.Context(), shell, check, writeScript(t, dir, shell)).CombinedOutput()
			if err != nil {
				t.Errorf("it is malformed: %v\n%s", err, out)
			}
		})
	}
}

// writeScript writes the completion script for a shell into a file, and returns its path.
func writeScript(t *testing.T, dir, shell string) string {
	t.Helper()
	script, err := exec.CommandContext(t.Context(), filepath.Join(dir, names[0]), "completion", shell).Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, script, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
