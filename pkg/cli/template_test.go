// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// newTemplates starts a server that stores every template it is sent.
func newTemplates(t *testing.T) *server {
	t.Helper()
	var s *server
	s = newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		template := s.requests[len(s.requests)-1].Template
		stored := map[string]any{"uid": "b4f0", "managedFields": []any{map[string]any{"manager": "kubectl"}}}
		maps.Copy(stored, template["metadata"].(map[string]any))
		answer(w, http.StatusCreated, map[string]any{
			"apiVersion": template["apiVersion"], "kind": template["kind"], "metadata": stored, "spec": template["spec"],
		})
	})
	return s
}

// templateSpec is that of a template of a folder with one manifest.
func templateSpec(more ...any) map[string]any {
	spec := map[string]any{"objects": []any{map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"},
	}}}
	for i := 0; i < len(more); i += 2 {
		spec[more[i].(string)] = more[i+1]
	}
	return spec
}

func TestTemplateSends(t *testing.T) {
	cases := map[string]struct {
		args      []string
		in        string
		wantQuery url.Values
		wantSpec  map[string]any
	}{
		"what it is made of": {
			args:     []string{"-f", "small"},
			wantSpec: templateSpec(),
		},
		"what stands on its standard input": {
			args:     []string{"-f", "-"},
			in:       configMap("a"),
			wantSpec: templateSpec(),
		},
		"its parameters": {
			args: []string{"-f", "small", "--parameter", "image", "--parameter=replicas:integer=2"},
			wantSpec: templateSpec("parameters", []any{
				map[string]any{"name": "image"}, map[string]any{"name": "replicas", "type": "integer", "default": "2"},
			}),
		},
		"that Spaces follow it": {
			args:     []string{"-f", "small", "--reapply"},
			wantSpec: templateSpec("reapply", true),
		},
		"the wish for a dry run": {
			args:      []string{"-f", "small", "--dry-run=server"},
			wantQuery: url.Values{"dryRun": {"All"}},
			wantSpec:  templateSpec(),
		},
		"another field manager, which takes over": {
			args:      []string{"-f", "small", "--field-manager=ci", "--force-conflicts"},
			wantQuery: url.Values{"fieldManager": {"ci"}, "force": {"true"}},
			wantSpec:  templateSpec(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, map[string]string{"a.yaml": configMap("a")})
			templates := newTemplates(t)
			got := invokeWith(t, tc.in, "kubectl-space", append([]string{"template", "small"}, tc.args...)...)
			if got.code != 0 || got.errOut != "" {
				t.Fatalf("got %+v, want success", got)
			}
			query := url.Values{"fieldManager": {"kubectl"}, "force": {"false"}}
			maps.Copy(query, tc.wantQuery)
			want := []request{{Method: http.MethodPatch, Path: templatesPath + "/small", Query: query, Template: map[string]any{
				"apiVersion": "spaces.tenancy.example.io/v1alpha1", "kind": "SpaceTemplate",
				"metadata": map[string]any{"name": "small"}, "spec": tc.wantSpec,
			}}}
			if diff := cmp.Diff(want, templates.requests); diff != "" {
				t.Errorf("unexpected requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateTemplateSends(t *testing.T) {
	folderOf(t, map[string]string{"a.yaml": configMap("a")})
	templates := newTemplates(t)
	got := invoke(t, "kubectl-create-spacetemplate", "small", "-f", "small", "--reapply", "--dry-run=server")
	if want := success("spacetemplate.spaces.tenancy.example.io/small created (server dry run)\n"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want := []request{{
		Method: http.MethodPost,
		Path:   templatesPath,
		Query:  url.Values{"dryRun": {"All"}, "fieldManager": {"kubectl-create"}, "fieldValidation": {"Strict"}},
		Template: map[string]any{
			"apiVersion": "spaces.tenancy.example.io/v1alpha1", "kind": "SpaceTemplate",
			"metadata": map[string]any{"name": "small"}, "spec": templateSpec("reapply", true), "status": map[string]any{},
		},
	}}
	if diff := cmp.Diff(want, templates.requests); diff != "" {
		t.Errorf("unexpected requests (-want +got):\n%s", diff)
	}
}

func TestTemplatePrints(t *testing.T) {
	const yaml = `apiVersion: spaces.tenancy.example.io/v1alpha1
kind: SpaceTemplate
metadata:
  name: small%s
spec:
  objects:
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
status: {}
`
	cases := map[string]struct {
		args []string
		want result
	}{
		"what happened": {
			want: success("spacetemplate.spaces.tenancy.example.io/small serverside-applied\n"),
		},
		"that nothing happened in a dry run on the server": {
			args: []string{"--dry-run=server"},
			want: success("spacetemplate.spaces.tenancy.example.io/small serverside-applied (server dry run)\n"),
		},
		"that nothing happened in a dry run on the client": {
			args: []string{"--dry-run=client", "--kubeconfig=missing"},
			want: success("spacetemplate.spaces.tenancy.example.io/small serverside-applied (dry run)\n"),
		},
		"nothing but the name with -o name": {
			args: []string{"-o", "name"},
			want: success("spacetemplate.spaces.tenancy.example.io/small\n"),
		},
		"what is stored with -o yaml": {
			args: []string{"-o", "yaml"},
			want: success(strings.Replace(yaml, "%s", "\n  uid: b4f0", 1)),
		},
		"what would be sent with -o yaml in a dry run on the client": {
			args: []string{"-o", "yaml", "--dry-run=client"},
			want: success(strings.Replace(yaml, "%s", "", 1)),
		},
		"what a template asks for": {
			args: []string{"--template={{.metadata.uid}}"},
			want: success("b4f0"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, map[string]string{"a.yaml": configMap("a")})
			newTemplates(t)
			got := invoke(t, "kubectl-space", append([]string{"template", "small", "-f", "small"}, tc.args...)...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTemplateWarnsOfNamespaces(t *testing.T) {
	templates := newTemplates(t)
	in := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"
	want := result{
		out:    "spacetemplate.spaces.tenancy.example.io/small serverside-applied\n",
		errOut: "Warning: the namespace \"shop\" was left out of 1 of 1 manifests: they are for the namespace of the Space.\n",
	}
	if got := invokeWith(t, in, "kubectl-space", "template", "small", "-f", "-"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if diff := cmp.Diff(templateSpec(), templates.requests[0].Template["spec"]); diff != "" {
		t.Errorf("unexpected template (-want +got):\n%s", diff)
	}
}

func TestTemplateAsksNoServerWhen(t *testing.T) {
	const hint = "\nSee 'kubectl space template -h' for help and examples\n"
	cases := map[string]struct {
		args []string
		want string
	}{
		"there is no name":           {args: []string{"-f", "small"}, want: "error: exactly one NAME is required, got 0" + hint},
		"there are two names":        {args: []string{"a", "b", "-f", "small"}, want: "error: exactly one NAME is required, got 2" + hint},
		"the name is empty":          {args: []string{"", "-f", "small"}, want: "error: name must be specified\n"},
		"there are no files":         {args: []string{"a"}, want: "error: must specify -f" + hint},
		"the folder does not exist":  {args: []string{"a", "-f", "large"}, want: `error: the path "large" does not exist` + "\n"},
		"a parameter is wrong":       {args: []string{"a", "-f", "small", "--parameter=:x"}, want: `error: invalid parameter ":x": say NAME[:TYPE][=DEFAULT]` + "\n"},
		"--dry-run is wrong":         {args: []string{"a", "-f", "small", "--dry-run=maybe"}, want: `error: invalid dry-run value (maybe), must be "none", "server", or "client"` + "\n"},
		"the manifests are for many": {args: []string{"a", "-f", "-"}, want: `error: standard input, document 2: it is for the namespace "b", and others are for "a": a template is for one Space` + "\n"},
		"the output format is unknown": {
			args: []string{"a", "-f", "small", "-o", "xml"},
			want: `error: unable to match a printer suitable for the output format "xml", allowed formats are: go-template,` +
				"go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml\n",
		},
	}
	const in = `{"apiVersion":"v1","kind":"A","metadata":{"namespace":"a"}}{"apiVersion":"v1","kind":"A","metadata":{"namespace":"b"}}`
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, map[string]string{"a.yaml": configMap("a")})
			templates := newTemplates(t)
			if got := invokeWith(t, in, "kubectl-space", append([]string{"template"}, tc.args...)...); got != failure(tc.want) {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
			if len(templates.requests) > 0 {
				t.Errorf("the server was asked: %v", templates.requests)
			}
		})
	}
}

func TestTemplateFails(t *testing.T) {
	resource := v1alpha1.Resource("spacetemplates")
	secret := field.Forbidden(field.NewPath("spec", "objects").Index(0).Child("kind"), "no Secrets")
	conflict := apierrors.NewApplyConflict([]metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict, Field: ".spec.objects"}}, "Apply failed with 1 conflict")
	cases := map[string]struct {
		program string
		answer  http.HandlerFunc
		want    string
	}{
		"because a manifest is refused": {
			answer: refusal(apierrors.NewInvalid(v1alpha1.Kind("SpaceTemplate"), "small", field.ErrorList{secret})),
			want:   `The SpaceTemplate "small" is invalid: spec.objects[0].kind: Forbidden: no Secrets (small/a.yaml, document 1)`,
		},
		"because others have set it": {
			answer: refusal(conflict),
			want: "Error from server (Conflict): Apply failed with 1 conflict\n" +
				"Others have set these fields. Take them over by --force-conflicts, or leave them to the others.",
		},
		"because it is there already": {
			program: "kubectl-create-spacetemplate",
			answer:  refusal(apierrors.NewAlreadyExists(resource, "small")),
			want:    `Error from server (AlreadyExists): spacetemplates.spaces.tenancy.example.io "small" already exists`,
		},
		"because the server knows no templates": {
			answer: http.NotFound,
			want:   `error: the server doesn't have a resource type "spacetemplates"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, map[string]string{"a.yaml": configMap("a")})
			newServer(t, tc.answer)
			program, args := "kubectl-space", []string{"template", "small", "-f", "small"}
			if tc.program != "" {
				program, args = tc.program, args[1:]
			}
			if got := invoke(t, program, args...); got != failure(tc.want+"\n") {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
		})
	}
}
