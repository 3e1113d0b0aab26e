// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// newIssuer starts a server that creates every Space, and is asked for kubeconfigs.
func newIssuer(t *testing.T, kubeconfig http.HandlerFunc) *server {
	t.Helper()
	var s *server
	s = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == spacesPath {
			answer(w, http.StatusCreated, stored(s.requests[len(s.requests)-1].Space))
		} else {
			kubeconfig(w, r)
		}
	})
	return s
}

// issue hands out kubeconfigs.
func issue(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, spacesPath+"/"), "/kubeconfig")
	answer(w, http.StatusCreated, v1alpha1.KubeconfigRequest{
		Status: v1alpha1.KubeconfigRequestStatus{Kubeconfig: kubeconfigFor(name)},
	})
}

func kubeconfigFor(space string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: %s\n", space)
}

// kubeconfigRequest is that for a Space, which says nothing but where the server is.
func (s *server) kubeconfigRequest(space string) request {
	return request{
		Method: http.MethodPost,
		Path:   spacesPath + "/" + space + "/kubeconfig",
		Query:  url.Values{},
		Kubeconfig: v1alpha1.KubeconfigRequest{
			TypeMeta: metav1.TypeMeta{APIVersion: "spaces.tenancy.example.io/v1alpha1", Kind: "KubeconfigRequest"},
			Spec:     v1alpha1.KubeconfigRequestSpec{Server: s.URL},
		},
	}
}

func TestCreatePrintsAKubeconfig(t *testing.T) {
	cases := map[string]struct {
		args      []string
		wantSpace string
		want      result
	}{
		"for the Space": {
			args:      []string{"dev", "-o", "kubeconfig"},
			wantSpace: "dev",
			want:      success(kubeconfigFor("dev")),
		},
		"for a Space with a generated name": {
			args:      []string{"--generate-name=ci-", "-o", "kubeconfig"},
			wantSpace: "ci-x7k2p",
			want:      success(kubeconfigFor("ci-x7k2p")),
		},
		"with the format in capitals, as other formats may be": {
			args:      []string{"dev", "--output=Kubeconfig"},
			wantSpace: "dev",
			want:      success(kubeconfigFor("dev")),
		},
		"when it is said that it is no dry run": {
			args:      []string{"dev", "-o", "kubeconfig", "--dry-run=none"},
			wantSpace: "dev",
			want:      success(kubeconfigFor("dev")),
		},
		"with warnings elsewhere": {
			args:      []string{"dev", "-o", "kubeconfig", "--dry-run=false"},
			wantSpace: "dev",
			want: result{
				out: kubeconfigFor("dev"),
				errOut: "Warning: --dry-run=false is deprecated (boolean value) and can be replaced with " +
					"--dry-run=none.\n",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t, issue)
			if got := invoke(t, "kubectl-create-space", tc.args...); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if len(issuer.requests) != 2 || issuer.requests[0].Path != spacesPath {
				t.Fatalf("want a creation, and then a request for a kubeconfig, have %v", issuer.requests)
			}
			if diff := cmp.Diff(issuer.kubeconfigRequest(tc.wantSpace), issuer.requests[1]); diff != "" {
				t.Errorf("unexpected request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreatePrintsTheSameKubeconfigAsIsPrintedLater(t *testing.T) {
	issuer := newIssuer(t, issue)
	first := invoke(t, "kubectl-create-space", "dev", "-o", "kubeconfig")
	later := invoke(t, "kubectl-space", "kubeconfig", "dev")
	if first.code != 0 || first != later {
		t.Errorf("at first %+v, later %+v", first, later)
	}
	if diff := cmp.Diff(issuer.requests[1], issuer.requests[2]); diff != "" {
		t.Errorf("the requests differ (-first +later):\n%s", diff)
	}
}

func TestCreateShowsWarningsBesideTheKubeconfig(t *testing.T) {
	newIssuer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Warning", `299 - "the end is near"`)
		issue(w, r)
	})
	got := invoke(t, "kubectl-create-space", "dev", "-o", "kubeconfig")
	if want := (result{out: kubeconfigFor("dev"), errOut: "Warning: the end is near\n"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestCreateRefusesAKubeconfig(t *testing.T) {
	const refused = "error: --dry-run and -o kubeconfig cannot be used together: a Space that is not created has no " +
		"kubeconfig\n"
	cases := map[string]struct {
		arg, want string
	}{
		"in a dry run on the client": {arg: "--dry-run=client", want: refused},
		"in a dry run on the server": {arg: "--dry-run=server", want: refused},
		"in a dry run that is not said where": {
			arg: "--dry-run",
			want: "Warning: --dry-run is deprecated and can be replaced with --dry-run=client.\n" +
				refused,
		},
		"when another option is wrong": {
			arg:  "--validate=maybe",
			want: `error: invalid validate option "maybe", must be one of: strict (or true), warn, ignore (or false)` + "\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t, issue)
			if got := invoke(t, "kubectl-create-space", "dev", "-o", "kubeconfig", tc.arg); got != failure(tc.want) {
				t.Errorf("got %+v, want failure with %q", got, tc.want)
			}
			if len(issuer.requests) > 0 {
				t.Errorf("the server was asked: %v", issuer.requests)
			}
		})
	}
}

// adviceFor is what follows an error when there is a Space without a kubeconfig.
func adviceFor(space string) string {
	return fmt.Sprintf("The Space %[1]q was created and exists. Get its kubeconfig by \"kubectl space kubeconfig %[1]s\", "+
		"or delete it by \"kubectl delete space %[1]s\".\n", space)
}

func TestCreateSaysThatTheSpaceExistsWhen(t *testing.T) {
	server := field.Invalid(field.NewPath("spec", "server"), "x", "is no URL")
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a kubeconfig is forbidden": {
			answer: func(w http.ResponseWriter, _ *http.Request) { refuse(w, forbidden("alice", "create tokens")) },
			want: `Error from server (Forbidden): spaces.spaces.tenancy.example.io is forbidden: ` +
				`User "alice" cannot create tokens`,
		},
		"the request for it is invalid": {
			answer: refusal(apierrors.NewInvalid(v1alpha1.Kind("KubeconfigRequest"), "dev", field.ErrorList{server})),
			want:   `The KubeconfigRequest "dev" is invalid: spec.server: Invalid value: "x": is no URL`,
		},
		"the credentials are not valid any more": {
			answer: refusal(apierrors.NewUnauthorized("Unauthorized")),
			want:   "error: You must be logged in to the server (Unauthorized)",
		},
		"the server is not reached any more": {
			answer: func(http.ResponseWriter, *http.Request) {
				panic(http.ErrAbortHandler) // it breaks the connection
			},
			want: "Unable to connect to the server: EOF",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			newIssuer(t, tc.answer)
			want := failure(tc.want + "\n" + adviceFor("dev"))
			if got := invoke(t, "kubectl-create-space", "dev", "-o", "kubeconfig"); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// A template is one of Spaces. That of an output format stands behind the format.
func TestCreateTakesNoGoTemplateByItsOption(t *testing.T) {
	store := newStore(t)
	got := invoke(t, "kubectl-create-space", "dev", "-o", "go-template", "--template={{.kind}}")
	if want := failure("error: template format specified but no template given\n"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(store.requests) > 0 {
		t.Errorf("the server was asked: %v", store.requests)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestCreateSaysThatTheSpaceExistsWhenTheKubeconfigCannotBePrinted(t *testing.T) {
	newIssuer(t, issue)
	var errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: fullDisk{}, ErrOut: &errOut}
	code := Run(t.Context(), []string{"kubectl-create-space", "--generate-name=ci-", "-o", "kubeconfig"}, streams)
	if want := "error: no space left on device\n" + adviceFor("ci-x7k2p"); code != 1 || errOut.String() != want {
		t.Errorf("got exit code %d and %q, want 1 and %q", code, errOut.String(), want)
	}
}

func TestCreateAsksForNoKubeconfigWhenThereIsNoSpace(t *testing.T) {
	store := newServer(t, refusal(apierrors.NewAlreadyExists(spacesResource, "dev")))
	want := failure(`Error from server (AlreadyExists): spaces.spaces.tenancy.example.io "dev" already exists` + "\n")
	if got := invoke(t, "kubectl-create-space", "dev", "-o", "kubeconfig"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(store.requests) != 1 {
		t.Errorf("want one request, have %v", store.requests)
	}
}

func TestNoKubeconfigErrorIsThatOfItsCause(t *testing.T) {
	err := fmt.Errorf("creating: %w", &noKubeconfigError{space: "dev", err: errFull})
	if want := "creating: no space left on device\n" + strings.TrimSuffix(adviceFor("dev"), "\n"); err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !errors.Is(err, errFull) {
		t.Error("its cause is lost")
	}
}
