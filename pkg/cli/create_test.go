// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestCreatePrints(t *testing.T) {
	cases := map[string]struct {
		args []string
		want result
	}{
		"what happened": {
			args: []string{"dev"},
			want: success("space.spaces.tenancy.example.io/dev created\n"),
		},
		"that nothing happened in a dry run on the server": {
			args: []string{"dev", "--dry-run=server"},
			want: success("space.spaces.tenancy.example.io/dev created (server dry run)\n"),
		},
		"that nothing happened in a dry run on the client": {
			args: []string{"dev", "--dry-run=client"},
			want: success("space.spaces.tenancy.example.io/dev created (dry run)\n"),
		},
		"a warning about --dry-run without a value": {
			args: []string{"dev", "--dry-run"},
			want: result{
				out:    "space.spaces.tenancy.example.io/dev created (dry run)\n",
				errOut: "Warning: --dry-run is deprecated and can be replaced with --dry-run=client.\n",
			},
		},
		"the generated name": {
			args: []string{"--generate-name=test-"},
			want: success("space.spaces.tenancy.example.io/test-x7k2p created\n"),
		},
		"nothing but the name with -o name": {
			args: []string{"--generate-name=test-", "-o", "name"},
			want: success("space.spaces.tenancy.example.io/test-x7k2p\n"),
		},
		"nothing but the name with -o name in a dry run": {
			args: []string{"dev", "--dry-run=server", "-o", "name"},
			want: success("space.spaces.tenancy.example.io/dev\n"),
		},
		"the object with -o yaml, without managedFields": {
			args: []string{"dev", "--ttl=2h", "-o", "yaml"},
			want: success(`apiVersion: spaces.tenancy.example.io/v1alpha1
kind: Space
metadata:
  name: dev
  uid: b4f0
spec:
  ttl: 2h
status:
  phase: Active
`),
		},
		"the object with managedFields when they are asked for": {
			args: []string{"dev", "-o", "yaml", "--show-managed-fields"},
			want: success(`apiVersion: spaces.tenancy.example.io/v1alpha1
kind: Space
metadata:
  managedFields:
  - manager: kubectl-create
    operation: Update
  name: dev
  uid: b4f0
spec: {}
status:
  phase: Active
`),
		},
		"the object with -o json": {
			args: []string{"dev", "-o", "json", "--dry-run=client"},
			want: success(`{
    "kind": "Space",
    "apiVersion": "spaces.tenancy.example.io/v1alpha1",
    "metadata": {
        "name": "dev"
    },
    "spec": {},
    "status": {}
}
`),
		},
		"what a template asks for": {
			args: []string{"dev", "-o", "go-template={{.kind}} {{.metadata.uid}}"},
			want: success("Space b4f0"),
		},
		"what a JSONPath asks for": {
			args: []string{"dev", "-o", "jsonpath={.status.phase}"},
			want: success("Active"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newStore(t)
			got := invoke(t, "kubectl-create-space", tc.args...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateSends(t *testing.T) {
	query := func(more ...string) url.Values {
		values := url.Values{"fieldManager": {"kubectl-create"}, "fieldValidation": {"Strict"}}
		for i := 0; i < len(more); i += 2 {
			values.Set(more[i], more[i+1])
		}
		return values
	}
	cases := map[string]struct {
		args      []string
		wantQuery url.Values
		wantMeta  metav1.ObjectMeta
		wantSpec  v1alpha1.SpaceSpec
	}{
		"the name": {
			args:      []string{"dev"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
		},
		"the name behind two dashes": {
			args:      []string{"--", "dev"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
		},
		"the prefix of a name": {
			args:      []string{"--generate-name=test-"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{GenerateName: "test-"},
		},
		"the ttl as it was written": {
			args:      []string{"dev", "--ttl", "1h90m"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
			wantSpec:  v1alpha1.SpaceSpec{TTL: new(v1alpha1.Duration("1h90m"))},
		},
		"a ttl that is none, for the server to refuse": {
			args:      []string{"dev", "--ttl="},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
			wantSpec:  v1alpha1.SpaceSpec{TTL: new(v1alpha1.Duration(""))},
		},
		"the account": {
			args:      []string{"dev", "--account=team-a"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
			wantSpec:  v1alpha1.SpaceSpec{Account: "team-a"},
		},
		"the template and its parameters as they were written": {
			args:      []string{"dev", "--template=small", "--parameter", "a=3", "--parameter=b=c=d,e"},
			wantQuery: query(),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
			wantSpec:  v1alpha1.SpaceSpec{Template: "small", Parameters: map[string]string{"a": "3", "b": "c=d,e"}},
		},
		"the wish for a dry run": {
			args:      []string{"dev", "--dry-run=server"},
			wantQuery: query("dryRun", "All"),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
		},
		"another field manager": {
			args:      []string{"dev", "--field-manager=ci"},
			wantQuery: query("fieldManager", "ci"),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
		},
		"how strict to be": {
			args:      []string{"dev", "--validate=false"},
			wantQuery: query("fieldValidation", "Ignore"),
			wantMeta:  metav1.ObjectMeta{Name: "dev"},
		},
		"the object in its annotation": {
			args:      []string{"dev", "--ttl=2h", "--save-config"},
			wantQuery: query(),
			wantMeta: metav1.ObjectMeta{Name: "dev", Annotations: map[string]string{
				corev1.LastAppliedConfigAnnotation: `{"kind":"Space",` +
					`"apiVersion":"spaces.tenancy.example.io/v1alpha1","metadata":{"name":"dev"},` +
					`"spec":{"ttl":"2h"},"status":{}}` + "\n",
			}},
			wantSpec: v1alpha1.SpaceSpec{TTL: new(v1alpha1.Duration("2h"))},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			if got := invoke(t, "kubectl-space", append([]string{"create"}, tc.args...)...); got.code != 0 {
				t.Fatalf("it failed: %s", got.errOut)
			}
			want := []request{{
				Method: http.MethodPost,
				Path:   spacesPath,
				Query:  tc.wantQuery,
				Space: v1alpha1.Space{
					TypeMeta:   metav1.TypeMeta{APIVersion: "spaces.tenancy.example.io/v1alpha1", Kind: "Space"},
					ObjectMeta: tc.wantMeta,
					Spec:       tc.wantSpec,
				},
			}}
			if diff := cmp.Diff(want, store.requests); diff != "" {
				t.Errorf("unexpected requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateAsksNoServerWhen(t *testing.T) {
	const hint = "\nSee 'kubectl create space -h' for help and examples\n"
	const wantFormats = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kubeconfig," +
		"kyaml,name,template,templatefile,yaml"
	cases := map[string]struct {
		args []string
		want result
	}{
		"there is no name": {
			want: failure("error: exactly one NAME is required, got 0" + hint),
		},
		"the prefix of the name is empty": {
			args: []string{"--generate-name="},
			want: failure("error: exactly one NAME is required, got 0" + hint),
		},
		"there are two names": {
			args: []string{"a", "b"},
			want: failure("error: exactly one NAME is required, got 2" + hint),
		},
		"the name is empty": {
			args: []string{""},
			want: failure("error: name must be specified\n"),
		},
		"there is a name and a prefix": {
			args: []string{"a", "--generate-name=b-"},
			want: failure("error: NAME and --generate-name cannot be used together" + hint),
		},
		"an option is unknown": {
			args: []string{"a", "--colour"},
			want: failure("error: unknown flag: --colour\nSee 'kubectl create space --help' for usage.\n"),
		},
		"an option lacks its value": {
			args: []string{"a", "-o"},
			want: failure("error: flag needs an argument: 'o' in -o\nSee 'kubectl create space --help' for usage.\n"),
		},
		"a parameter has no value": {
			args: []string{"a", "--parameter=replicas"},
			want: failure(`error: invalid parameter "replicas": say NAME=VALUE` + "\n"),
		},
		"--dry-run is wrong": {
			args: []string{"a", "--dry-run=maybe"},
			want: failure(`error: invalid dry-run value (maybe), must be "none", "server", or "client"` + "\n"),
		},
		"--validate is wrong": {
			args: []string{"a", "--validate=maybe"},
			want: failure(`error: invalid validate option "maybe", must be one of: strict (or true), warn, ` +
				"ignore (or false)\n"),
		},
		"the output format is unknown": {
			args: []string{"a", "-o", "xml"},
			want: failure(`error: unable to match a printer suitable for the output format "xml", allowed formats are: ` +
				wantFormats + "\n"),
		},
		"it is a dry run on the client, whatever the ttl": {
			args: []string{"a", "--dry-run=client", "--ttl=soon", "-o", "jsonpath={.spec.ttl}"},
			want: success("soon"),
		},
		"it is a dry run on the client without a kubeconfig": {
			args: []string{"a", "--dry-run=client", "--kubeconfig=missing"},
			want: success("space.spaces.tenancy.example.io/a created (dry run)\n"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			got := invoke(t, "kubectl-create-space", tc.args...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
			if len(store.requests) > 0 {
				t.Errorf("the server was asked: %v", store.requests)
			}
		})
	}
}

func TestCreateShowsWarningsOfTheServer(t *testing.T) {
	newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Warning", `299 - "the end is near"`)
		w.Header().Add("Warning", `299 - "the end is near"`)
		answer(w, http.StatusCreated, space("dev"))
	})
	got := invoke(t, "kubectl-create-space", "dev")
	want := result{
		out:    "space.spaces.tenancy.example.io/dev created\n",
		errOut: "Warning: the end is near\n",
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
