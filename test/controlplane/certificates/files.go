// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// renewBefore is how long before its end a kept certificate is replaced.
const renewBefore = 30 * 24 * time.Hour

// Files names the two files that keep a pair.
type Files struct {
	Certificate string
	Key         string
}

// FilesIn is NAME.crt and NAME.key in dir.
func FilesIn(dir, name string) Files {
	return Files{Certificate: filepath.Join(dir, name+".crt"), Key: filepath.Join(dir, name+".key")}
}

// Read returns the pair kept in the files; the error is fs.ErrNotExist when one of them is missing.
func (f Files) Read() (Pair, error) {
	certificate, err := os.ReadFile(f.Certificate)
	if err != nil {
		return Pair{}, fmt.Errorf("reading a certificate: %w", err)
	}
	key, err := os.ReadFile(f.Key)
	if err != nil {
		return Pair{}, fmt.Errorf("reading a private key: %w", err)
	}
	return Pair{Certificate: certificate, Key: key}, nil
}

// Write keeps the pair; the key is readable by its owner only.
func (f Files) Write(pair Pair) error {
	if err := writeFile(f.Key, pair.Key, 0o600); err != nil {
		return err
	}
	return writeFile(f.Certificate, pair.Certificate, 0o644)
}

// Ensure keeps a certificate for request in files. What is there stays when it is for the same request, by the same
// authority, and good for another while; the key then stays the same, too.
func (a *Authority) Ensure(files Files, request Request) (Pair, error) {
	pair, err := files.Read()
	if err == nil && a.serves(pair, request) {
		return pair, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Pair{}, err
	}
	pair, err = a.Issue(request)
	if err != nil {
		return Pair{}, err
	}
	return pair, files.Write(pair)
}

// EnsureKey keeps a private key of its own, such as the one that signs ServiceAccount tokens.
func EnsureKey(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating a key: %w", err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return err
	}
	return writeFile(file, encoded, 0o600)
}

func (a *Authority) serves(pair Pair, request Request) bool {
	certificate, err := pair.parseCertificate()
	if err != nil {
		return false
	}
	return certificate.CheckSignatureFrom(a.certificate) == nil &&
		time.Until(certificate.NotAfter) > renewBefore &&
		certificate.Subject.CommonName == request.CommonName &&
		sameElements(certificate.Subject.Organization, request.Organizations) &&
		hasHosts(certificate, request.Hosts)
}

// sameElements ignores order, as a certificate does not keep the order of organizations.
func sameElements(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func hasHosts(certificate *x509.Certificate, hosts []string) bool {
	if len(certificate.DNSNames)+len(certificate.IPAddresses) != len(hosts) {
		return false
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			if !slices.ContainsFunc(certificate.IPAddresses, ip.Equal) {
				return false
			}
		} else if !slices.Contains(certificate.DNSNames, host) {
			return false
		}
	}
	return true
}

func writeFile(name string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("making a directory for %s: %w", name, err)
	}
	if err := os.WriteFile(name, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
