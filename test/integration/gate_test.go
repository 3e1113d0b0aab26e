// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// gate stands between our server and the kube-apiserver, and ends our server at one of its writes. It is safe for
// concurrent use.
type gate struct {
	next http.Handler

	lock sync.Mutex
	// namespace is whose writes count.
	namespace string
	// left is how many writes pass before the one at which kill is called; a negative number lets all pass.
	left int
	// after lets the kube-apiserver do that write, though nobody hears of it.
	after bool
	kill  func()
	wrote int
}

// newGate starts a gate, and returns it with a kubeconfig by which it is reached as the kube-apiserver of the other one.
func newGate(t *testing.T, kubeconfig string) (g *gate, through string) {
	t.Helper()
	config := must(clientcmd.BuildConfigFromFlags("", kubeconfig))(t)
	target := must(url.Parse(config.Host))(t)
	g = &gate{left: -1, next: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     must(rest.TransportFor(config))(t),
		FlushInterval: -1, // watches
	}}
	server := httptest.NewUnstartedServer(g)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.CloseClientConnections)
	through = filepath.Join(t.TempDir(), "gate.kubeconfig")
	check(t, clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"gate": {
			Server:                   server.URL,
			CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		}},
		Contexts:       map[string]*clientcmdapi.Context{"gate": {Cluster: "gate"}},
		CurrentContext: "gate",
	}, through))
	return g, through
}

// arm has the server killed at its next write but so many in the namespace, or of it. It counts writes anew.
func (g *gate) arm(namespace string, left int, after bool, kill func()) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.namespace, g.left, g.after, g.kill, g.wrote = namespace, left, after, kill, 0
}

// disarm lets everything pass, and returns how many writes there were since it was armed.
func (g *gate) disarm() int {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.left = -1
	return g.wrote
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kill, after := g.count(r)
	if kill == nil {
		g.next.ServeHTTP(w, r)
		return
	}
	if after {
		g.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	kill()
	panic(http.ErrAbortHandler) // nobody is there to be answered
}

// count takes note of a request, and returns what kills the server if it is to be killed at this one.
func (g *gate) count(r *http.Request) (kill func(), after bool) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.left < 0 || !isWrite(r, g.namespace) {
		return nil, false
	}
	g.wrote++
	if g.left--; g.left >= 0 {
		return nil, false
	}
	return g.kill, g.after
}

// isWrite tells whether the request changes what is in the namespace, or the namespace, or creates one. What the server does
// in others, which it has to complete after it was killed there, may come at any time.
func isWrite(r *http.Request, namespace string) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	_, within, ok := strings.Cut(r.URL.Path, "/namespaces")
	return ok && (within == "" || within == "/"+namespace || strings.HasPrefix(within, "/"+namespace+"/"))
}
