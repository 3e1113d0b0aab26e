// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newAuthority(t *testing.T) *Authority {
	t.Helper()
	authority, err := NewAuthority("an authority")
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func TestIssue(t *testing.T) {
	authority, other := newAuthority(t), newAuthority(t)
	tests := map[string]struct {
		request   Request
		authority *Authority
		options   x509.VerifyOptions
		wantError bool
	}{
		"a server is who it says it is": {
			request:   Request{CommonName: "server", Hosts: []string{"localhost", "127.0.0.1"}},
			authority: authority,
			options:   x509.VerifyOptions{DNSName: "localhost"},
		},
		"a server may be named by its address": {
			request:   Request{CommonName: "server", Hosts: []string{"127.0.0.1"}},
			authority: authority,
			options:   x509.VerifyOptions{DNSName: "127.0.0.1"},
		},
		"a server is nobody else": {
			request:   Request{CommonName: "server", Hosts: []string{"localhost"}},
			authority: authority,
			options:   x509.VerifyOptions{DNSName: "example.com"},
			wantError: true,
		},
		"a client is a client": {
			request:   Request{CommonName: "alice", Organizations: []string{"devs"}},
			authority: authority,
			options:   x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}},
		},
		"a client is no server": {
			request:   Request{CommonName: "alice"},
			authority: authority,
			options:   x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
			wantError: true,
		},
		"another authority of the same name proves nothing": {
			request:   Request{CommonName: "alice"},
			authority: other,
			options:   x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}},
			wantError: true,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			pair, err := tc.authority.Issue(tc.request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tls.X509KeyPair(pair.Certificate, pair.Key); err != nil {
				t.Errorf("The key does not belong to the certificate: %v", err)
			}
			certificate, err := pair.parseCertificate()
			if err != nil {
				t.Fatal(err)
			}
			tc.options.Roots = x509.NewCertPool()
			tc.options.Roots.AppendCertsFromPEM(authority.CertificatePEM())
			if _, err := certificate.Verify(tc.options); (err != nil) != tc.wantError {
				t.Errorf("Verify() = %v, want error: %t", err, tc.wantError)
			}
		})
	}
}

func TestEnsure(t *testing.T) {
	authority := newAuthority(t)
	kept := Request{CommonName: "b", Organizations: []string{"y", "x"}, Hosts: []string{"localhost", "127.0.0.1"}}
	tests := map[string]struct {
		authority *Authority
		request   Request
		wantKept  bool
	}{
		"the same request keeps the certificate": {
			authority: authority, request: kept, wantKept: true,
		},
		"another order changes nothing": {
			authority: authority,
			request: Request{
				CommonName: "b", Organizations: []string{"x", "y"}, Hosts: []string{"127.0.0.1", "localhost"},
			},
			wantKept: true,
		},
		"another name makes a new one": {
			authority: authority,
			request:   Request{CommonName: "c", Organizations: kept.Organizations, Hosts: kept.Hosts},
		},
		"another group makes a new one": {
			authority: authority,
			request:   Request{CommonName: "b", Organizations: []string{"x", "z"}, Hosts: kept.Hosts},
		},
		"another host makes a new one": {
			authority: authority,
			request:   Request{CommonName: "b", Organizations: kept.Organizations, Hosts: []string{"localhost", "127.0.0.2"}},
		},
		"another authority makes a new one": {
			authority: newAuthority(t), request: kept,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			files := FilesIn(t.TempDir(), "pair")
			before, err := authority.Ensure(files, kept)
			if err != nil {
				t.Fatal(err)
			}
			after, err := tc.authority.Ensure(files, tc.request)
			if err != nil {
				t.Fatal(err)
			}
			if got := cmp.Equal(before, after); got != tc.wantKept {
				t.Errorf("Kept: %t, want %t", got, tc.wantKept)
			}
			onDisk, err := files.Read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(after, onDisk); diff != "" {
				t.Errorf("The files differ from what was returned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnsureReplacesBrokenCertificate(t *testing.T) {
	authority, request := newAuthority(t), Request{CommonName: "alice"}
	files := FilesIn(t.TempDir(), "pair")
	if err := files.Write(Pair{Certificate: []byte("half a certif"), Key: []byte("no key")}); err != nil {
		t.Fatal(err)
	}
	pair, err := authority.Ensure(files, request)
	if err != nil {
		t.Fatal(err)
	}
	if !authority.serves(pair, request) {
		t.Error("The new certificate does not serve the request")
	}
}

func TestEnsureAuthorityKeepsIt(t *testing.T) {
	files := FilesIn(filepath.Join(t.TempDir(), "new"), "ca")
	first, err := EnsureAuthority(files, "ca")
	if err != nil {
		t.Fatal(err)
	}
	second, err := EnsureAuthority(files, "ca")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.pair, second.pair); diff != "" {
		t.Errorf("The authority has changed (-first +second):\n%s", diff)
	}
}

func TestEnsureAuthorityWantsAnAuthority(t *testing.T) {
	files := FilesIn(t.TempDir(), "ca")
	if _, err := newAuthority(t).Ensure(files, Request{CommonName: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, err := EnsureAuthority(files, "ca"); err == nil {
		t.Error("The certificate of a client became an authority")
	}
}

func TestKeysAreSecret(t *testing.T) {
	dir := t.TempDir()
	files := FilesIn(dir, "pair")
	if _, err := newAuthority(t).Ensure(files, Request{CommonName: "alice"}); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(dir, "alone.key")
	if err := EnsureKey(alone); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{files.Key, alone} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", file, mode)
		}
	}
}
