// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

var spacesResource = v1alpha1.Resource("spaces")

func TestCreateFails(t *testing.T) {
	ttl := field.Invalid(field.NewPath("spec", "ttl"), "soon", "is no duration")
	name := field.Invalid(field.NewPath("metadata", "name"), "A", "is no name")
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"because the Space is there already": {
			answer: refusal(apierrors.NewAlreadyExists(spacesResource, "x")),
			want:   `Error from server (AlreadyExists): spaces.spaces.tenancy.example.io "x" already exists`,
		},
		"because it is forbidden": {
			answer: func(w http.ResponseWriter, _ *http.Request) { refuse(w, forbidden("eve", "create")) },
			want: `Error from server (Forbidden): spaces.spaces.tenancy.example.io is forbidden: ` +
				`User "eve" cannot create`,
		},
		"because one field is invalid": {
			answer: refusal(apierrors.NewInvalid(v1alpha1.Kind("Space"), "x", field.ErrorList{ttl})),
			want:   `The Space "x" is invalid: spec.ttl: Invalid value: "soon": is no duration`,
		},
		"because several fields are invalid": {
			answer: refusal(apierrors.NewInvalid(v1alpha1.Kind("Space"), "A", field.ErrorList{name, ttl, ttl})),
			want: `The Space "A" is invalid: ` + `
* metadata.name: Invalid value: "A": is no name
* spec.ttl: Invalid value: "soon": is no duration`,
		},
		"because the credentials are": {
			answer: refusal(apierrors.NewUnauthorized("Unauthorized")),
			want:   "error: You must be logged in to the server (Unauthorized)",
		},
		"because the server is starting": {
			answer: refusal(apierrors.NewServiceUnavailable("caches are not synced")),
			want:   "Error from server (ServiceUnavailable): caches are not synced",
		},
		"because something behind the server does not answer": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "error trying to reach service", http.StatusServiceUnavailable)
			},
			want: "Error from server (ServiceUnavailable): the server is currently unable to handle the request " +
				"(post spaces.spaces.tenancy.example.io)",
		},
		"because the server knows no Spaces": {
			answer: http.NotFound,
			want:   `error: the server doesn't have a resource type "spaces"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newServer(t, tc.answer)
			if got := invoke(t, "kubectl-create-space", "x"); got != failure(tc.want+"\n") {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
		})
	}
}

func TestCreateFailsWithoutAServer(t *testing.T) {
	store := newStore(t)
	store.Close()
	host := strings.TrimPrefix(store.URL, "https://")
	cases := map[string]struct {
		args []string
		want string
	}{
		"because nobody listens": {
			want: "The connection to the server " + host + " was refused - did you specify the right host or port?",
		},
		"because there is no such kubeconfig": {
			args: []string{"--kubeconfig=missing"},
			want: "error: stat missing: no such file or directory",
		},
		"because there is no such context": {
			args: []string{"--context=eve"},
			want: `error: context "eve" does not exist`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := invoke(t, "kubectl-create-space", append([]string{"x"}, tc.args...)...)
			if got != failure(tc.want+"\n") {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"any error": {
			err:  errors.New("no luck"),
			want: "error: no luck",
		},
		"an error that says so": {
			err:  errors.New("error: no luck"),
			want: "error: no luck",
		},
		"a server without a reason": {
			err:  &apierrors.StatusError{ErrStatus: metav1.Status{Message: "no luck"}},
			want: "Error from server: no luck",
		},
		"a server's answer with something around it": {
			err:  fmt.Errorf("creating: %w", apierrors.NewConflict(spacesResource, "x", errors.New("changed"))),
			want: `Error from server (Conflict): creating: ` + conflict("x", "changed"),
		},
		"a Space that is not found": {
			err:  &apierrors.StatusError{ErrStatus: notFound("x")},
			want: `Error from server (NotFound): spaces.spaces.tenancy.example.io "x" not found`,
		},
		"an invalid request without details": {
			err:  invalid("no good", nil),
			want: "The request is invalid: no good",
		},
		"an invalid request without anything": {
			err:  invalid("", nil),
			want: "The request is invalid",
		},
		"an invalid object without causes": {
			err:  invalid("no good", &metav1.StatusDetails{Kind: "Space", Name: "x"}),
			want: `The Space "x" is invalid`,
		},
		"an invalid request with details about nothing": {
			err:  invalid("no good", &metav1.StatusDetails{}),
			want: "The request is invalid: no good",
		},
		"a refused connection": {
			err:  &url.Error{Op: "Post", URL: "https://10.0.0.1:6443/apis", Err: syscall.ECONNREFUSED},
			want: "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
		},
		"a refused connection to a server without an address": {
			err:  &url.Error{Op: "Post", URL: "://", Err: syscall.ECONNREFUSED},
			want: "The connection to the server :// was refused - did you specify the right host or port?",
		},
		"a server that is not reached": {
			err:  &url.Error{Op: "Post", URL: "https://host", Err: errors.New("dial tcp: lookup host: no such host")},
			want: "Unable to connect to the server: dial tcp: lookup host: no such host",
		},
		"a broken kubeconfig": {
			err: clientcmd.Validate(api.Config{Contexts: map[string]*api.Context{
				"a": {AuthInfo: "u", Cluster: "c"},
			}}),
			want: "Error in configuration: \n" +
				"* user \"u\" was not found for context \"a\"\n" +
				"* cluster \"c\" was not found for context \"a\"",
		},
		"a kubeconfig without its current context": {
			err:  clientcmd.Validate(api.Config{CurrentContext: "a", AuthInfos: map[string]*api.AuthInfo{"u": {}}}),
			want: "Error in configuration: context was not found for specified context: a",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := message(tc.err); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func refusal(err *apierrors.StatusError) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, err.Status()) }
}

func notFound(name string) metav1.Status {
	return apierrors.NewNotFound(spacesResource, name).Status()
}

func forbidden(user, verb string) metav1.Status {
	return apierrors.NewForbidden(spacesResource, "", fmt.Errorf("User %q cannot %s", user, verb)).Status()
}

func conflict(name, reason string) string {
	return apierrors.NewConflict(spacesResource, name, errors.New(reason)).Error()
}

func invalid(message string, details *metav1.StatusDetails) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Code:    http.StatusUnprocessableEntity,
		Reason:  metav1.StatusReasonInvalid,
		Message: message,
		Details: details,
	}}
}
