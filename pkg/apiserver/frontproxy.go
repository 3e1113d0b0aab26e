// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"crypto/x509"
	"net/http"
	"slices"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"
)

// proofsKept is how many certificates are remembered as verified: one for each connection of a kube-apiserver.
const proofsKept = 256

// frontProxy believes the headers of whoever has the certificate of a front proxy, as the authenticator of the library
// does. That one verifies the same certificate at each request, which took a sixth of the CPU time of a short list; this
// one remembers that it has, until the CA changes or a certificate of the chain expires. It is safe for concurrent use.
type frontProxy struct {
	config  *authenticatorfactory.RequestHeaderConfig
	headers authenticator.Request
	clock   clock.PassiveClock
	// proofs are by certificate, as an address: there is one for each connection, whose client has shown the key of it.
	proofs *lru.Cache
}

// withFrontProxy asks the next authenticator about everybody but front proxies, also about those that are not believed.
func withFrontProxy(config *authenticatorfactory.RequestHeaderConfig, clock clock.PassiveClock, next authenticator.Request) authenticator.Request {
	if config == nil {
		return next
	}
	headers := headerrequest.NewDynamic(config.UsernameHeaders, config.UIDHeaders, config.GroupHeaders, config.ExtraHeaderPrefixes)
	proxy := &frontProxy{config: config, headers: headers, clock: clock, proofs: lru.New(proofsKept)}
	return union.New(group.NewAuthenticatedGroupAdder(proxy), next)
}

// AuthenticateRequest implements authenticator.Request.
func (f *frontProxy) AuthenticateRequest(req *http.Request) (*authenticator.Response, bool, error) {
	if req.TLS == nil || len(req.TLS.PeerCertificates) == 0 || !f.trusts(req.TLS.PeerCertificates) {
		return nil, false, nil
	}
	return f.headers.AuthenticateRequest(req)
}

// trusts tells whether the first of the certificates, which the client has the key of, is one of a front proxy.
func (f *frontProxy) trusts(certificates []*x509.Certificate) bool {
	leaf, now := certificates[0], f.clock.Now()
	options, ok := f.config.CAContentProvider.VerifyOptions()
	if !ok || !f.allows(leaf.Subject.CommonName) {
		return false
	}
	if kept, ok := f.proofs.Get(leaf); ok && kept.(proof).holds(options.Roots, now) {
		return true
	}
	options.CurrentTime = now
	options.Intermediates = x509.NewCertPool()
	for _, intermediate := range certificates[1:] {
		options.Intermediates.AddCert(intermediate)
	}
	chains, err := leaf.Verify(options)
	if err != nil {
		return false
	}
	f.proofs.Add(leaf, newProof(options.Roots, chains[0]))
	return true
}

// allows tells whether a front proxy may have the name. If none is set, all may.
func (f *frontProxy) allows(name string) bool {
	names := f.config.AllowedClientNames.Value()
	return len(names) == 0 || slices.Contains(names, name)
}

// proof says that a certificate was verified by these roots, and from when until when that holds. The roots are replaced
// as a whole when the CA changes.
type proof struct {
	roots       *x509.CertPool
	begins, end time.Time
}

func newProof(roots *x509.CertPool, chain []*x509.Certificate) proof {
	p := proof{roots: roots, begins: chain[0].NotBefore, end: chain[0].NotAfter}
	for _, certificate := range chain[1:] {
		if certificate.NotBefore.After(p.begins) {
			p.begins = certificate.NotBefore
		}
		if certificate.NotAfter.Before(p.end) {
			p.end = certificate.NotAfter
		}
	}
	return p
}

func (p proof) holds(roots *x509.CertPool, now time.Time) bool {
	return p.roots == roots && !now.Before(p.begins) && !now.After(p.end)
}
