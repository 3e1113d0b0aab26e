// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ideal is the fastest aggregated API server that there can be: it knows its answers, byte for byte, before
// anybody asks. What a request to it takes is what aggregation takes.
package ideal

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/controlplane/certificates"
)

// The API that it serves.
const (
	group   = "ideal.bench.example.io"
	version = "v1alpha1"
)

// root is the path of the API.
const root = "/apis/" + group + "/" + version

// Path is that of a collection.
func Path(resource string) string { return root + "/" + resource }

// Server serves over TLS on loopback. It asks nobody who they are. Its methods are safe for concurrent use.
type Server struct {
	listener  net.Listener
	http      *http.Server
	authority *certificates.Authority

	lock    sync.RWMutex
	answers map[string]Answers
}

// Answers are those to one request. Without a compressed one the plain one is for everybody.
type Answers struct {
	Plain, Compressed load.Answer
}

// Start returns a Server that listens, and has no answers yet.
func Start() (*Server, error) {
	authority, err := certificates.NewAuthority("ideal-ca")
	if err != nil {
		return nil, err
	}
	certificate, err := certificateOf(authority)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	s := &Server{listener: listener, authority: authority, answers: map[string]Answers{}}
	s.http = &http.Server{
		Handler:   s,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() {
		// It ends when it is closed, and there is nobody to tell.
		_ = s.http.ServeTLS(listener, "", "")
	}()
	return s, nil
}

func certificateOf(authority *certificates.Authority) (tls.Certificate, error) {
	pair, err := authority.Issue(certificates.Request{CommonName: name, Hosts: []string{name + "." + name + ".svc"}})
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(pair.Certificate, pair.Key)
}

// Close ends all connections.
func (s *Server) Close() error {
	if err := s.http.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing the ideal server: %w", err)
	}
	return nil
}

// Answer says what is answered from now on when the collection is listed.
func (s *Server) Answer(resource string, answers Answers) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.answers[Path(resource)] = answers
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.RLock()
	answers, found := s.answers[r.URL.Path]
	s.lock.RUnlock()
	switch {
	case found:
		write(w, answers.to(r))
	case strings.TrimSuffix(r.URL.Path, "/") == root:
		write(w, load.Answer{Type: "application/json", Body: []byte(discovery)})
	default:
		http.NotFound(w, r)
	}
}

const discovery = `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"` + group + "/" + version + `","resources":[]}`

func (a Answers) to(r *http.Request) load.Answer {
	if a.Compressed.Encoding != "" && strings.Contains(r.Header.Get("Accept-Encoding"), a.Compressed.Encoding) {
		return a.Compressed
	}
	return a.Plain
}

func write(w http.ResponseWriter, answer load.Answer) {
	header := w.Header()
	header.Set("Content-Type", answer.Type)
	header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	if answer.Encoding != "" {
		header.Set("Content-Encoding", answer.Encoding)
	}
	// Whoever does not want to know any more hangs up.
	_, _ = w.Write(answer.Body)
}
