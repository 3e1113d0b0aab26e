// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"testing"

	"tenancy.example.io/spaces/test/bench/load"
)

func TestMain(m *testing.M) {
	served, err := Main()
	if err != nil {
		panic(err)
	}
	if !served {
		os.Exit(m.Run())
	}
}

// answered is what came back.
type answered struct {
	Code           int
	Body, Encoding string
}

// get asks over TLS, as the kube-apiserver would, and in HTTP/2, as it does.
func get(t *testing.T, s *Server, path, encoding string) answered {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.authority.CertificatePEM())
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: roots, ServerName: name + "." + name + ".svc", MinVersion: tls.VersionTLS12},
		DisableCompression: true,
		ForceAttemptHTTP2:  true,
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", encoding)
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.ProtoMajor != 2 {
		t.Errorf("it was HTTP/%d, want what our server speaks", response.ProtoMajor)
	}
	return answered{response.StatusCode, string(body), response.Header.Get("Content-Encoding")}
}

func TestAnswers(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for resource, answers := range map[string]Answers{
		"short": {Plain: load.Answer{Type: "a/b", Body: []byte("plain")}},
		"long":  {Plain: load.Answer{Body: []byte("plain")}, Compressed: load.Answer{Encoding: "gzip", Body: []byte("compressed")}},
	} {
		if err := s.Answer(resource, answers); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		path, encoding string
		want           answered
	}{
		"plain to who asks for that":      {Path("long"), "", answered{200, "plain", ""}},
		"compressed to who takes that":    {Path("long"), "gzip", answered{200, "compressed", "gzip"}},
		"plain where nothing is gained":   {Path("short"), "gzip", answered{200, "plain", ""}},
		"discovery, which is asked often": {root, "", answered{200, discovery, ""}},
		"nothing else":                    {Path("other"), "", answered{404, "404 page not found\n", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := get(t, s, tc.path, tc.encoding); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestManifestsAreComplete(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	objects, err := s.objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if object.GetKind() == "" || object.GetName() == "" {
			t.Errorf("an object lacks its kind or name: %v", object.Object)
		}
	}
	if len(objects) != 5 {
		t.Errorf("%d objects, want 5", len(objects))
	}
}
