// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestCompletion(t *testing.T) {
	cases := map[string]struct {
		program string
		args    []string
		want    []string
	}{
		"of Spaces for use": {
			program: "kubectl_complete-space",
			args:    []string{"use", ""},
			want:    []string{"dev", "dev-2", "prod"},
		},
		"of all Spaces for describe": {
			program: "kubectl_complete-space",
			args:    []string{"describe", "dev"},
			want:    []string{"dev", "dev-2", "dev-3"},
		},
		"of Spaces for renew": {
			program: "kubectl_complete-space",
			args:    []string{"renew", "de"},
			want:    []string{"dev", "dev-2"},
		},
		"of no file for the ttl of a renewal": {
			program: "kubectl_complete-space",
			args:    []string{"renew", "dev", "--ttl", ""},
		},
		"of Spaces that start as typed": {
			program: "kubectl_complete-space",
			args:    []string{"use", "de"},
			want:    []string{"dev", "dev-2"},
		},
		"of nothing behind the Space": {
			program: "kubectl_complete-space",
			args:    []string{"use", "dev", ""},
		},
		"of nothing for the name of a new Space": {
			program: "kubectl_complete-space",
			args:    []string{"create", ""},
		},
		"of dry runs": {
			program: "kubectl_complete-space",
			args:    []string{"create", "x", "--dry-run="},
			want:    []string{"none", "server", "client"},
		},
		"of dry runs for the create plugin": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "--dry-run="},
			want:    []string{"none", "server", "client"},
		},
		"of output formats": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "-o", ""},
			want: []string{
				"json", "yaml", "kyaml", "name", "go-template", "go-template-file", "template", "templatefile", "jsonpath",
				"jsonpath-as-json", "jsonpath-file", "kubeconfig",
			},
		},
		"of strictness": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "--validate="},
			want:    []string{"strict", "warn", "ignore"},
		},
		"of accounts": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "--account", ""},
			want:    []string{"team-a", "team-b"},
		},
		"of accounts that start as typed": {
			program: "kubectl_complete-space",
			args:    []string{"create", "--account=team-b"},
			want:    []string{"team-b"},
		},
		"of accounts whose budgets are shown": {
			program: "kubectl_complete-space",
			args:    []string{"top", ""},
			want:    []string{"team-a", "team-b"},
		},
		"of accounts that are not named yet": {
			program: "kubectl_complete-space",
			args:    []string{"top", "team-b", "t"},
			want:    []string{"team-a"},
		},
		"of resources to sort by": {
			program: "kubectl_complete-space",
			args:    []string{"top", "--sort-by", ""},
			want: []string{
				"limits.cpu", "limits.memory", "pods", "requests.cpu", "requests.memory", "requests.storage", "spaces",
			},
		},
		"of formats for scripts": {
			program: "kubectl_complete-space",
			args:    []string{"top", "-o", ""},
			want:    []string{"json", "yaml", "kyaml"},
		},
		"of no file for a limit": {
			program: "kubectl_complete-space",
			args:    []string{"top", "--limit", ""},
		},
		"of templates": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "--template", ""},
			want:    []string{"large", "small"},
		},
		"of templates that start as typed": {
			program: "kubectl_complete-space",
			args:    []string{"create", "--template=s"},
			want:    []string{"small"},
		},
		"of no file for a parameter": {
			program: "kubectl_complete-create-space",
			args:    []string{"x", "--parameter", ""},
		},
		"of templates that can be changed": {
			program: "kubectl_complete-space",
			args:    []string{"template", ""},
			want:    []string{"large", "small"},
		},
		"of nothing behind the template": {
			program: "kubectl_complete-space",
			args:    []string{"template", "small", ""},
		},
		"of nothing for the name of a new template": {
			program: "kubectl_complete-create-spacetemplate",
			args:    []string{""},
		},
		"of output formats of templates": {
			program: "kubectl_complete-create-spacetemplate",
			args:    []string{"x", "-o", ""},
			want: []string{
				"json", "yaml", "kyaml", "name", "go-template", "go-template-file", "template", "templatefile", "jsonpath",
				"jsonpath-as-json", "jsonpath-file",
			},
		},
		"of no file for a ttl": {
			program: "kubectl_complete-create-space",
			args:    []string{"--ttl", ""},
		},
		"of contexts": {
			program: "kubectl_complete-space",
			args:    []string{"use", "dev", "--context", ""},
			want:    []string{"alice", "bob"},
		},
		"of contexts that start as typed": {
			program: "kubectl_complete-create-space",
			args:    []string{"--context", "b"},
			want:    []string{"bob"},
		},
		"of clusters": {
			program: "kubectl_complete-create-space",
			args:    []string{"--cluster", ""},
			want:    []string{"local"},
		},
		"of users": {
			program: "kubectl_complete-create-space",
			args:    []string{"--user", ""},
			want:    []string{"alice", "bob"},
		},
		"of options, but not of the meaningless --namespace": {
			program: "kubectl_complete-space",
			args:    []string{"use", "--n"},
		},
		"as a generated script asks for it": {
			program: "kubectl-space",
			args:    []string{"__complete", "use", "p"},
			want:    []string{"prod"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newStore(t, space("dev"), space("dev-2"), terminating("dev-3"), space("prod"))
			got := choices(t, invoke(t, tc.program, tc.args...))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("unexpected choices (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompletionOfCommands(t *testing.T) {
	got := choices(t, invoke(t, "kubectl_complete-space", ""))
	var names []string
	for _, choice := range got {
		name, description, _ := strings.Cut(choice, "\t")
		if description == "" {
			t.Errorf("%s has no description", name)
		}
		names = append(names, name)
	}
	if diff := cmp.Diff([]string{"completion", "create", "describe", "help", "kubeconfig", "renew", "template", "top", "use"}, names); diff != "" {
		t.Errorf("unexpected commands (-want +got):\n%s", diff)
	}
}

func TestCompletionOffersNothingWhen(t *testing.T) {
	cases := map[string]struct {
		prepare func(*testing.T)
		args    []string
	}{
		"the server refuses": {
			prepare: func(t *testing.T) {
				newServer(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, forbidden("alice", "list")) })
			},
			args: []string{"use", ""},
		},
		"the server cannot be reached": {
			prepare: func(t *testing.T) { newStore(t).Close() },
			args:    []string{"use", ""},
		},
		"there is no kubeconfig for Spaces": {
			prepare: func(t *testing.T) { newStore(t) },
			args:    []string{"use", "--kubeconfig=missing", ""},
		},
		"the server refuses to list accounts": {
			prepare: func(t *testing.T) {
				newServer(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, forbidden("alice", "list")) })
			},
			args: []string{"create", "--account", ""},
		},
		"there is no kubeconfig for accounts": {
			prepare: func(t *testing.T) { newStore(t) },
			args:    []string{"create", "--kubeconfig=missing", "--account", ""},
		},
		"the server refuses to list templates": {
			prepare: func(t *testing.T) {
				newServer(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, forbidden("alice", "list")) })
			},
			args: []string{"create", "--template", ""},
		},
		"there is no kubeconfig for templates": {
			prepare: func(t *testing.T) { newStore(t) },
			args:    []string{"create", "--kubeconfig=missing", "--template", ""},
		},
		"there is no kubeconfig for contexts": {
			prepare: func(t *testing.T) { newStore(t) },
			args:    []string{"use", "--kubeconfig=missing", "--context", ""},
		},
		"the kubeconfig is broken": {
			prepare: breakKubeconfig,
			args:    []string{"use", "--context", ""},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.prepare(t)
			if got := choices(t, invoke(t, "kubectl_complete-space", tc.args...)); len(got) > 0 {
				t.Errorf("got %v", got)
			}
		})
	}
}

// choices returns what a completion offers. None of ours falls back to the names of files.
func choices(t *testing.T, r result) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	directive := lines[len(lines)-1]
	if r.code != 0 || directive != ":4" {
		t.Fatalf("got %+v, want choices, and at the end the directive :4, for no files", r)
	}
	return append([]string(nil), lines[:len(lines)-1]...)
}

func TestCompletionOfManifestsIsThatOfFiles(t *testing.T) {
	got := invoke(t, "kubectl_complete-space", "template", "small", "-f", "")
	if want := "json\nyaml\nyml\n:8\n"; got.code != 0 || got.out != want {
		t.Errorf("got %+v, want the endings of files and the directive :8, for such files", got)
	}
}

func TestCompletionAsksForSpacesOnce(t *testing.T) {
	store := newStore(t, space("dev"))
	invoke(t, "kubectl_complete-space", "use", "")
	want := []request{{Method: http.MethodGet, Path: spacesPath, Query: map[string][]string{}, Space: v1alpha1.Space{}}}
	if diff := cmp.Diff(want, store.requests); diff != "" {
		t.Errorf("unexpected requests (-want +got):\n%s", diff)
	}
}
