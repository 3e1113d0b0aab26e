// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func fieldsOf(t *testing.T, raw []byte) fields {
	t.Helper()
	var object fields
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// numbered are manifests of one file.
func numbered(raws ...string) []manifest {
	var manifests []manifest
	for i, raw := range raws {
		manifests = append(manifests, manifest{raw: []byte(raw), at: source{file: "a.yaml", document: i + 1}})
	}
	return manifests
}

func TestTemplateObjects(t *testing.T) {
	cases := map[string]struct {
		manifests   []manifest
		want        []string
		wantWarning string
		wantError   string
	}{
		"are manifests as they are written": {
			manifests: numbered(`{"kind":"A", "metadata":{"name":"a"}, "n":12345678901234567890, "s":"${x}"}`),
			want:      []string{`{"kind":"A", "metadata":{"name":"a"}, "n":12345678901234567890, "s":"${x}"}`},
		},
		"have no namespace": {
			manifests:   numbered(`{"kind":"A","metadata":{"namespace":"shop","name":"a"},"n":12345678901234567890}`, `{"metadata":{"namespace":"shop"}}`, `{"kind":"B"}`),
			want:        []string{`{"kind":"A","metadata":{"name":"a"},"n":12345678901234567890}`, `{"metadata":{}}`, `{"kind":"B"}`},
			wantWarning: "Warning: the namespace \"shop\" was left out of 2 of 3 manifests: they are for the namespace of the Space.\n",
		},
		"have no namespace that is none": {
			manifests: numbered(`{"metadata":{"namespace":""}}`, `{"metadata":{"namespace":null}}`),
			want:      []string{`{"metadata":{}}`, `{"metadata":{}}`},
		},
		"may have what is no metadata, for the server to refuse": {
			manifests: numbered(`{"metadata":1}`, `{"metadata":null}`),
			want:      []string{`{"metadata":1}`, `{"metadata":null}`},
		},
		"are not of several namespaces": {
			manifests: numbered(`{"metadata":{"namespace":"shop"}}`, `{}`, `{"metadata":{"namespace":"kube-system"}}`),
			wantError: `a.yaml, document 3: it is for the namespace "kube-system", and others are for "shop": a template is for one Space`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var errOut bytes.Buffer
			objects, err := templateObjects(tc.manifests, &errOut)
			if errorText(err) != tc.wantError || errOut.String() != tc.wantWarning {
				t.Errorf("got error %v and warning %q, want %q and %q", err, errOut.String(), tc.wantError, tc.wantWarning)
			}
			var got []string
			for _, object := range objects {
				got = append(got, sortedKeys(t, object.Raw))
			}
			var want []string
			for _, raw := range tc.want {
				want = append(want, sortedKeys(t, []byte(raw)))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("unexpected objects (-want +got):\n%s", diff)
			}
		})
	}
}

// sortedKeys returns the JSON with sorted keys, and with numbers as they are written.
func sortedKeys(t *testing.T, raw []byte) string {
	t.Helper()
	sorted, err := json.Marshal(fieldsOf(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

func TestLocated(t *testing.T) {
	objects := field.NewPath("spec", "objects")
	kind := v1alpha1.Kind("SpaceTemplate")
	cases := map[string]struct {
		err  error
		want string
	}{
		"what is wrong with an object": {
			err:  apierrors.NewInvalid(kind, "small", field.ErrorList{field.Forbidden(objects.Index(1).Child("kind"), "no")}),
			want: `The SpaceTemplate "small" is invalid: spec.objects[1].kind: Forbidden: no (a.yaml, document 2)`,
		},
		"what is wrong with several objects, and other things": {
			err: apierrors.NewInvalid(kind, "small", field.ErrorList{
				field.Forbidden(field.NewPath("spec", "parameters").Index(0), "no"), field.Forbidden(objects.Index(0), "no"), field.Forbidden(objects, "no"),
			}),
			want: `The SpaceTemplate "small" is invalid: ` + `
* spec.parameters[0]: Forbidden: no
* spec.objects[0]: Forbidden: no (a.yaml, document 1)
* spec.objects: Forbidden: no`,
		},
		"what is wrong with an object that was not sent": {
			err:  apierrors.NewInvalid(kind, "small", field.ErrorList{field.Forbidden(objects.Index(2), "no")}),
			want: `The SpaceTemplate "small" is invalid: spec.objects[2]: Forbidden: no`,
		},
		"another answer of the server": {
			err:  apierrors.NewAlreadyExists(v1alpha1.Resource("spacetemplates"), "small"),
			want: `Error from server (AlreadyExists): spacetemplates.spaces.tenancy.example.io "small" already exists`,
		},
		"an answer without details": {
			err:  &apierrors.StatusError{ErrStatus: metav1.Status{Reason: "Odd", Message: "odd"}},
			want: "Error from server (Odd): odd",
		},
		"another error": {
			err:  errors.New("odd"),
			want: "error: odd",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := tc.err.Error()
			if got := message(located(tc.err, numbered("{}", "{}"))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.err.Error() != before {
				t.Error("the error of the server has changed")
			}
		})
	}
}
