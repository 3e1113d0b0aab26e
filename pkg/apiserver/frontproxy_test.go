// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	clocktesting "k8s.io/utils/clock/testing"
)

// authority signs certificates that are valid from an hour before its birth until an hour after it.
type authority struct {
	birth       time.Time
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority(t *testing.T, birth time.Time) *authority {
	t.Helper()
	a := &authority{birth: birth, key: newKey(t)}
	template := a.template("ca")
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	a.certificate = parsed(t)(x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key))
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func parsed(t *testing.T) func(der []byte, err error) *x509.Certificate {
	t.Helper()
	return func(der []byte, err error) *x509.Certificate {
		t.Helper()
		certificate, parseErr := x509.ParseCertificate(der)
		if err := errors.Join(err, parseErr); err != nil {
			t.Fatal(err)
		}
		return certificate
	}
}

func (a *authority) template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: a.birth.Add(-time.Hour), NotAfter: a.birth.Add(time.Hour),
	}
}

// issue signs a client's certificate that is valid for two years.
func (a *authority) issue(t *testing.T, name string, usage x509.ExtKeyUsage) *x509.Certificate {
	t.Helper()
	template := a.template(name)
	template.NotBefore, template.NotAfter = a.birth.AddDate(-1, 0, 0), a.birth.AddDate(1, 0, 0)
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	return parsed(t)(x509.CreateCertificate(rand.Reader, template, a.certificate, newKey(t).Public(), a.key))
}

// roots is a CA that can be replaced.
type roots struct {
	dynamiccertificates.CAContentProvider
	pool *x509.CertPool
}

func (r *roots) VerifyOptions() (x509.VerifyOptions, bool) {
	return x509.VerifyOptions{Roots: r.pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, r.pool != nil
}

func (r *roots) trust(a *authority) {
	r.pool = x509.NewCertPool()
	r.pool.AddCert(a.certificate)
}

func (r *roots) config(names ...string) *authenticatorfactory.RequestHeaderConfig {
	return &authenticatorfactory.RequestHeaderConfig{
		UsernameHeaders:     headerrequest.StaticStringSlice{"X-Remote-User"},
		UIDHeaders:          headerrequest.StaticStringSlice{"X-Remote-Uid"},
		GroupHeaders:        headerrequest.StaticStringSlice{"X-Remote-Group"},
		ExtraHeaderPrefixes: headerrequest.StaticStringSlice{"X-Remote-Extra-"},
		CAContentProvider:   r,
		AllowedClientNames:  headerrequest.StaticStringSlice(names),
	}
}

// next stands for the library's authenticator.
var next = authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
	return &authenticator.Response{User: &user.DefaultInfo{Name: "next"}}, true, nil
})

// passedOn is a request that says it is from alice, from a client with the certificates.
func passedOn(t *testing.T, certificates ...*x509.Certificate) *http.Request {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	req.Header.Set("X-Remote-User", "alice")
	req.Header.Set("X-Remote-Group", "devs")
	if req.TLS = nil; certificates != nil {
		req.TLS = &tls.ConnectionState{PeerCertificates: certificates}
	}
	return req
}

func whoIs(t *testing.T, asked authenticator.Request, req *http.Request) string {
	t.Helper()
	response, ok, err := asked.AuthenticateRequest(req)
	if err != nil || !ok {
		t.Fatalf("got %v, %v", ok, err)
	}
	return response.User.GetName()
}

func TestFrontProxyBelievesItsOwn(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ca, other := newAuthority(t, now), newAuthority(t, now)
	trusted := &roots{}
	trusted.trust(ca)
	proxy := ca.issue(t, "front-proxy", x509.ExtKeyUsageClientAuth)
	for name, tc := range map[string]struct {
		certificates []*x509.Certificate
		config       *authenticatorfactory.RequestHeaderConfig
		want         string
	}{
		"its certificate":             {certificates: []*x509.Certificate{proxy}, config: trusted.config("front-proxy"), want: "alice"},
		"any name where any is good":  {certificates: []*x509.Certificate{proxy}, config: trusted.config(), want: "alice"},
		"another name":                {certificates: []*x509.Certificate{proxy}, config: trusted.config("another"), want: "next"},
		"no certificate":              {config: trusted.config(), want: "next"},
		"a certificate of another CA": {certificates: []*x509.Certificate{other.issue(t, "front-proxy", x509.ExtKeyUsageClientAuth)}, config: trusted.config(), want: "next"},
		"one followed by a good one":  {certificates: []*x509.Certificate{other.issue(t, "front-proxy", x509.ExtKeyUsageClientAuth), proxy}, config: trusted.config(), want: "next"},
		"a certificate of a server":   {certificates: []*x509.Certificate{ca.issue(t, "front-proxy", x509.ExtKeyUsageServerAuth)}, config: trusted.config(), want: "next"},
		"a CA that is not read yet":   {certificates: []*x509.Certificate{proxy}, config: (&roots{}).config(), want: "next"},
		"a cluster without one":       {certificates: []*x509.Certificate{proxy}, want: "next"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := withFrontProxy(tc.config, clocktesting.NewFakePassiveClock(now), next)
			for range 2 { // the second time it may be remembered
				if got := whoIs(t, asked, passedOn(t, tc.certificates...)); got != tc.want {
					t.Errorf("the caller is %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// TestFrontProxyForgets: what was verified holds as long as it would be verified again.
func TestFrontProxyForgets(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ca, other := newAuthority(t, now), newAuthority(t, now)
	for name, change := range map[string]func(*roots, *clocktesting.FakePassiveClock){
		"the CA is another": func(r *roots, _ *clocktesting.FakePassiveClock) { r.trust(other) },
		"the CA is no more": func(r *roots, _ *clocktesting.FakePassiveClock) { r.pool = nil },
		"the CA has expired": func(_ *roots, c *clocktesting.FakePassiveClock) {
			c.SetTime(now.Add(time.Hour + time.Second))
		},
		"the clock has gone back to before the CA": func(_ *roots, c *clocktesting.FakePassiveClock) {
			c.SetTime(now.Add(-time.Hour - time.Second))
		},
	} {
		t.Run(name, func(t *testing.T) {
			trusted, clock := &roots{}, clocktesting.NewFakePassiveClock(now)
			trusted.trust(ca)
			asked := withFrontProxy(trusted.config(), clock, next)
			proxy := ca.issue(t, "front-proxy", x509.ExtKeyUsageClientAuth)
			if got := whoIs(t, asked, passedOn(t, proxy)); got != "alice" {
				t.Fatalf("the caller is %q, want alice", got)
			}
			change(trusted, clock)
			if got := whoIs(t, asked, passedOn(t, proxy)); got != "next" {
				t.Errorf("the caller is %q, want that the library is asked", got)
			}
			trusted.trust(ca)
			clock.SetTime(now)
			if got := whoIs(t, asked, passedOn(t, proxy)); got != "alice" {
				t.Errorf("afterwards the caller is %q, want alice", got)
			}
		})
	}
}

func TestFrontProxySaysWhatTheLibrarySays(t *testing.T) {
	now := time.Now() // the library has no other clock
	ca := newAuthority(t, now)
	trusted := &roots{}
	trusted.trust(ca)
	config := trusted.config()
	library, _, err := authenticatorfactory.DelegatingAuthenticatorConfig{RequestHeaderConfig: config}.New()
	if err != nil {
		t.Fatal(err)
	}
	proxy := ca.issue(t, "front-proxy", x509.ExtKeyUsageClientAuth)
	ours := withFrontProxy(config, clocktesting.NewFakePassiveClock(now), next)
	var answers []*authenticator.Response
	for _, asked := range []authenticator.Request{library, ours, ours} {
		req := passedOn(t, proxy)
		response, ok, err := asked.AuthenticateRequest(req)
		if err != nil || !ok || req.Header.Get("X-Remote-User") != "" {
			t.Fatalf("got %v, %v; the headers that are left are %v", ok, err, req.Header)
		}
		answers = append(answers, response)
	}
	for _, answer := range answers[1:] {
		if diff := cmp.Diff(answers[0], answer); diff != "" {
			t.Errorf("of the library and of ours (-library +ours):\n%s", diff)
		}
	}
}
