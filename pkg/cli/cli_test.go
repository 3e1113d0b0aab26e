// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	spacesPath    = "/apis/spaces.tenancy.example.io/v1alpha1/spaces"
	accountsPath  = "/apis/spaces.tenancy.example.io/v1alpha1/accounts"
	templatesPath = "/apis/spaces.tenancy.example.io/v1alpha1/spacetemplates"
)

// result is what somebody at the terminal sees.
type result struct {
	code        int
	out, errOut string
}

// invoke runs a program with arguments.
func invoke(t *testing.T, program string, args ...string) result {
	t.Helper()
	return invokeWith(t, "", program, args...)
}

// invokeWith runs a program with arguments and this on its standard input.
func invokeWith(t *testing.T, in, program string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(in), Out: &out, ErrOut: &errOut}
	code := Run(t.Context(), append([]string{filepath.Join("usr", "bin", program)}, args...), streams)
	return result{code: code, out: out.String(), errOut: errOut.String()}
}

// success is the result of a command that works and prints something.
func success(out string) result { return result{out: out} }

// failure is the result of a command that does not work.
func failure(errOut string) result { return result{code: 1, errOut: errOut} }

// request is what a server was asked.
type request struct {
	Method, Path string
	Query        url.Values
	Space        v1alpha1.Space
	Kubeconfig   v1alpha1.KubeconfigRequest
	Renewal      v1alpha1.SpaceRenewal
	Template     map[string]any
}

// body is what is sent to the path.
func (r *request) body() any {
	switch {
	case strings.HasSuffix(r.Path, "/kubeconfig"):
		return &r.Kubeconfig
	case strings.HasSuffix(r.Path, "/renew"):
		return &r.Renewal
	case strings.HasPrefix(r.Path, templatesPath):
		return &r.Template
	default:
		return &r.Space
	}
}

// server stands in for an API server. Its answers are those of the real one, as far as a client can tell.
type server struct {
	*httptest.Server
	requests []request
}

// newServer starts a server, and makes it the one of the kubeconfig's current context, alice.
func newServer(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query()}
		if r.Method == http.MethodPost || r.Method == http.MethodPatch {
			if err := json.NewDecoder(r.Body).Decode(asked.body()); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		s.requests = append(s.requests, asked)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	t.Setenv("KUBECONFIG", writeKubeconfig(t, s.kubeconfig()))
	return s
}

// newStore starts a server that has Spaces, and creates any other. It has the accounts team-a and team-b, the templates
// large and small, and one of each that is being deleted.
func newStore(t *testing.T, spaces ...v1alpha1.Space) *server {
	t.Helper()
	var s *server
	s = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			answer(w, http.StatusCreated, stored(s.requests[len(s.requests)-1].Space))
		case r.URL.Path == spacesPath:
			answer(w, http.StatusOK, v1alpha1.SpaceList{Items: spaces})
		case r.URL.Path == accountsPath:
			answer(w, http.StatusOK, v1alpha1.AccountList{Items: accounts()})
		case r.URL.Path == templatesPath:
			answer(w, http.StatusOK, v1alpha1.SpaceTemplateList{Items: templates()})
		default:
			answerOne(w, strings.TrimPrefix(r.URL.Path, spacesPath+"/"), spaces)
		}
	})
	return s
}

func answerOne(w http.ResponseWriter, name string, spaces []v1alpha1.Space) {
	for _, space := range spaces {
		if space.Name == name {
			answer(w, http.StatusOK, space)
			return
		}
	}
	refuse(w, notFound(name))
}

// stored returns what becomes of a Space when it is created.
func stored(space v1alpha1.Space) v1alpha1.Space {
	if space.Name == "" {
		space.Name = space.GenerateName + "x7k2p"
	}
	space.UID = "b4f0"
	space.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl-create", Operation: "Update"}}
	space.Status.Phase = v1alpha1.SpaceActive
	return space
}

func answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(object); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// refuse answers with a failure.
func refuse(w http.ResponseWriter, status metav1.Status) {
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	answer(w, int(status.Code), status)
}

// kubeconfig returns a kubeconfig with the contexts alice, the current one, and bob, both of this server.
func (s *server) kubeconfig() *api.Config {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return &api.Config{
		CurrentContext: "alice",
		Clusters:       map[string]*api.Cluster{"local": {Server: s.URL, CertificateAuthorityData: authority}},
		AuthInfos:      map[string]*api.AuthInfo{"alice": {Token: "a"}, "bob": {Token: "b"}},
		Contexts: map[string]*api.Context{
			"alice": {Cluster: "local", AuthInfo: "alice", Namespace: "before"},
			"bob":   {Cluster: "local", AuthInfo: "bob"},
		},
	}
}

func writeKubeconfig(t *testing.T, config *api.Config) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// breakKubeconfig gives the programs a kubeconfig that is none.
func breakKubeconfig(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("clusters: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", path)
}

// namespaces returns the namespaces of the contexts in a kubeconfig file.
func namespaces(t *testing.T, path string) map[string]string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	namespaces := map[string]string{}
	for name, context := range config.Contexts {
		namespaces[name] = context.Namespace
	}
	return namespaces
}

// space returns a Space that can be used.
func space(name string) v1alpha1.Space {
	return v1alpha1.Space{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Status:     v1alpha1.SpaceStatus{Phase: v1alpha1.SpaceActive},
	}
}

func accounts() []v1alpha1.Account {
	deleted := metav1.ObjectMeta{Name: "team-c", DeletionTimestamp: new(metav1.Now())}
	return []v1alpha1.Account{
		{ObjectMeta: metav1.ObjectMeta{Name: "team-a"}}, {ObjectMeta: metav1.ObjectMeta{Name: "team-b"}}, {ObjectMeta: deleted},
	}
}

func templates() []v1alpha1.SpaceTemplate {
	deleted := metav1.ObjectMeta{Name: "old", DeletionTimestamp: new(metav1.Now())}
	return []v1alpha1.SpaceTemplate{
		{ObjectMeta: metav1.ObjectMeta{Name: "large"}}, {ObjectMeta: deleted}, {ObjectMeta: metav1.ObjectMeta{Name: "small"}},
	}
}

// terminating returns a Space that is being deleted.
func terminating(name string) v1alpha1.Space {
	s := space(name)
	s.Status.Phase = v1alpha1.SpaceTerminating
	return s
}
