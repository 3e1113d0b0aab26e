// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ideal is the fastest aggregated API server that there can be: it knows its answers, byte for byte, before
// anybody asks. What a request to it takes is what aggregation takes.
package ideal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"tenancy.example.io/spaces/test/controlplane/certificates"
)

// Server is a process of its own, as all servers behind a kube-apiserver are. Its methods are safe for concurrent use.
type Server struct {
	process   *exec.Cmd
	authority *certificates.Authority
	address   string

	lock     sync.Mutex
	stdin    io.Closer
	lessons  *json.Encoder
	receipts *json.Decoder
}

// Start returns a Server that listens, and has no answers yet.
func Start() (*Server, error) {
	authority, err := certificates.NewAuthority("ideal-ca")
	if err != nil {
		return nil, err
	}
	pair, err := authority.Issue(certificates.Request{CommonName: name, Hosts: []string{name + "." + name + ".svc"}})
	if err != nil {
		return nil, err
	}
	s := &Server{authority: authority}
	if err := s.fork(); err != nil {
		return nil, fmt.Errorf("starting the ideal server: %w", err)
	}
	first, err := s.teach(lesson{Pair: pair})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.address = first.Address
	return s, nil
}

// fork starts this program once more, which comes to Main.
func (s *Server) fork() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s.process = exec.Command(program) //nolint:noctx // It ends with its standard input, also when this process is killed.
	s.process.Env = append(os.Environ(), variable+"=1")
	s.process.Stderr = os.Stderr
	stdin, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	s.stdin, s.lessons, s.receipts = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	return s.process.Start()
}

// Close ends the process.
func (s *Server) Close() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := errors.Join(s.stdin.Close(), s.process.Wait()); err != nil {
		return fmt.Errorf("closing the ideal server: %w", err)
	}
	return nil
}

// Answer says what is answered from now on when the collection is listed.
func (s *Server) Answer(resource string, answers Answers) error {
	_, err := s.teach(lesson{Path: Path(resource), Answers: answers})
	return err
}

// Create says what is done from now on with what is posted to the collection.
func (s *Server) Create(resource string, creation Creation) error {
	_, err := s.teach(lesson{Path: Path(resource), Creation: &creation})
	return err
}

func (s *Server) teach(l lesson) (receipt, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	var r receipt
	if err := s.lessons.Encode(l); err != nil {
		return r, fmt.Errorf("teaching the ideal server: %w", err)
	}
	if err := s.receipts.Decode(&r); err != nil {
		return r, fmt.Errorf("reading what the ideal server says: %w", err)
	}
	return r, nil
}
