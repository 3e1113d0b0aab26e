// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestUse(t *testing.T) {
	cases := map[string]struct {
		args           []string
		want           result
		wantNamespaces map[string]string
	}{
		"changes the current context": {
			args:           []string{"dev"},
			want:           success(`Context "alice" modified: namespace is now "dev".` + "\n"),
			wantNamespaces: map[string]string{"alice": "dev", "bob": ""},
		},
		"changes the context that was named": {
			args:           []string{"dev", "--context=bob"},
			want:           success(`Context "bob" modified: namespace is now "dev".` + "\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": "dev"},
		},
		"takes what -o name prints": {
			args:           []string{"space.spaces.tenancy.example.io/dev"},
			want:           success(`Context "alice" modified: namespace is now "dev".` + "\n"),
			wantNamespaces: map[string]string{"alice": "dev", "bob": ""},
		},
		"leaves everything when there is no such Space": {
			args: []string{"prod"},
			want: failure(
				`Error from server (NotFound): spaces.spaces.tenancy.example.io "prod" not found` + "\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
		"leaves everything when the Space is being deleted": {
			args:           []string{"old"},
			want:           failure(`error: the Space "old" is being deleted, it cannot be used any more` + "\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
		"leaves everything when there is no such context": {
			args:           []string{"dev", "--context=eve"},
			want:           failure(`error: context "eve" does not exist` + "\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
		"needs a name": {
			want: failure("error: exactly one NAME is required, got 0\n" +
				"See 'kubectl space use -h' for help and examples\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
		"needs a name that is not empty": {
			args:           []string{""},
			want:           failure("error: resource name may not be empty\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
		"needs a Space": {
			args:           []string{"pod/dev"},
			want:           failure(`error: "pod/dev" is not a Space: say NAME or space/NAME` + "\n"),
			wantNamespaces: map[string]string{"alice": "before", "bob": ""},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newStore(t, space("dev"), terminating("old"))
			got := invoke(t, "kubectl-space", append([]string{"use"}, tc.args...)...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantNamespaces, namespaces(t, os.Getenv("KUBECONFIG"))); diff != "" {
				t.Errorf("unexpected namespaces (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUseChecksTheSpaceAsTheUserOfTheContext(t *testing.T) {
	var credentials []string
	newServer(t, func(w http.ResponseWriter, r *http.Request) {
		credentials = append(credentials, r.Header.Get("Authorization"))
		answer(w, http.StatusOK, space("dev"))
	})
	invoke(t, "kubectl-space", "use", "dev")
	invoke(t, "kubectl-space", "use", "dev", "--context=bob")
	if diff := cmp.Diff([]string{"Bearer a", "Bearer b"}, credentials); diff != "" {
		t.Errorf("unexpected credentials (-want +got):\n%s", diff)
	}
}

func TestUseWithSeveralKubeconfigs(t *testing.T) {
	store := newStore(t, space("dev"))
	first := writeKubeconfig(t, &api.Config{CurrentContext: "alice"})
	second := writeKubeconfig(t, store.kubeconfig())
	third := writeKubeconfig(t, store.kubeconfig())
	t.Setenv("KUBECONFIG", first+string(filepath.ListSeparator)+second)

	invoke(t, "kubectl-space", "use", "dev")
	if got := namespaces(t, first); len(got) != 0 {
		t.Errorf("the first file got contexts: %v", got)
	}
	if got := namespaces(t, second); got["alice"] != "dev" {
		t.Errorf("the file of the context has namespaces %v, want dev for alice", got)
	}

	invoke(t, "kubectl-space", "use", "dev", "--kubeconfig", third)
	if got := namespaces(t, third); got["alice"] != "dev" {
		t.Errorf("the file of --kubeconfig has namespaces %v, want dev for alice", got)
	}
}

func TestUseMindsWhatOthersWriteMeanwhile(t *testing.T) {
	cases := map[string]struct {
		meanwhile      func(*api.Config)
		want           result
		wantNamespaces map[string]string
	}{
		"keeping another context": {
			meanwhile:      func(config *api.Config) { config.Contexts["bob"].Namespace = "meanwhile" },
			want:           success(`Context "alice" modified: namespace is now "dev".` + "\n"),
			wantNamespaces: map[string]string{"alice": "dev", "bob": "meanwhile"},
		},
		"not bringing back the context": {
			meanwhile:      func(config *api.Config) { delete(config.Contexts, "alice") },
			want:           failure(`error: context "alice" does not exist` + "\n"),
			wantNamespaces: map[string]string{"bob": ""},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				if err := edit(os.Getenv("KUBECONFIG"), tc.meanwhile); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				answer(w, http.StatusOK, space("dev"))
			})
			if got := invoke(t, "kubectl-space", "use", "dev"); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if diff := cmp.Diff(tc.wantNamespaces, namespaces(t, os.Getenv("KUBECONFIG"))); diff != "" {
				t.Errorf("unexpected namespaces (-want +got):\n%s", diff)
			}
		})
	}
}

// edit changes a kubeconfig file, without a look at who else does.
func edit(path string, change func(*api.Config)) error {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	change(config)
	return clientcmd.WriteToFile(*config, path)
}

func TestUseNeedsAKubeconfigThatCanBeRead(t *testing.T) {
	breakKubeconfig(t)
	got := invoke(t, "kubectl-space", "use", "dev")
	want := fmt.Sprintf("error: error loading config file %q: ", os.Getenv("KUBECONFIG"))
	if got.code != 1 || got.out != "" || !strings.HasPrefix(got.errOut, want) {
		t.Errorf("got %+v, want failure with %q", got, want)
	}
}

func TestUseNeedsAContext(t *testing.T) {
	cases := map[string]struct {
		lose func(*api.Config)
		want string
	}{
		"no current context": {
			lose: func(config *api.Config) { config.CurrentContext = "" },
			want: "error: no current context is set\n",
		},
		"a current context that is missing": {
			lose: func(config *api.Config) { delete(config.Contexts, "alice") },
			want: `error: context "alice" does not exist` + "\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := newStore(t, space("dev"))
			config := store.kubeconfig()
			tc.lose(config)
			t.Setenv("KUBECONFIG", writeKubeconfig(t, config))
			if got := invoke(t, "kubectl-space", "use", "dev"); got != failure(tc.want) {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
			if len(store.requests) > 0 {
				t.Errorf("the server was asked: %v", store.requests)
			}
		})
	}
}

func TestSpaceName(t *testing.T) {
	cases := map[string]struct {
		arg, want, wantError string
	}{
		"a name":                    {arg: "dev", want: "dev"},
		"the kind and a name":       {arg: "space/dev", want: "dev"},
		"the resource and a name":   {arg: "spaces/dev", want: "dev"},
		"the short name and a name": {arg: "sp/dev", want: "dev"},
		"what -o name prints":       {arg: "space.spaces.tenancy.example.io/dev", want: "dev"},
		"what get -o name prints":   {arg: "spaces.spaces.tenancy.example.io/dev", want: "dev"},
		"the kind of another group": {
			arg: "space.example.com/dev", wantError: `"space.example.com/dev" is not a Space: say NAME or space/NAME`,
		},
		"another kind": {arg: "pod/dev", wantError: `"pod/dev" is not a Space: say NAME or space/NAME`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := spaceName(tc.arg)
			if got != tc.want || errorText(err) != tc.wantError {
				t.Errorf("got %q and error %v, want %q and error %q", got, err, tc.want, tc.wantError)
			}
		})
	}
}

func TestIsTerminating(t *testing.T) {
	cases := map[string]struct {
		space v1alpha1.Space
		want  bool
	}{
		"not while it is active":          {space: space("a")},
		"when its phase says so":          {space: terminating("a"), want: true},
		"when it has a deletionTimestamp": {space: deleted("a"), want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := isTerminating(&tc.space); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}

func deleted(name string) v1alpha1.Space {
	s := space(name)
	s.DeletionTimestamp = &metav1.Time{}
	return s
}
