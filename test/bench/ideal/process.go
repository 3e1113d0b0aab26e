// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"tenancy.example.io/spaces/test/controlplane/certificates"
)

// variable is set in the environment of the process that serves.
const variable = "BENCH_IDEAL_SERVER"

// lesson is what the process that serves learns, in JSON on its standard input. For each lesson it writes a receipt.
// The first one has the certificate, and the first receipt the address.
type lesson struct {
	Pair     certificates.Pair
	Path     string
	Answers  Answers
	Creation *Creation
}

type receipt struct {
	Address string
}

// Main serves until its standard input ends if this process was started by Start, and otherwise does nothing. A program
// that calls Start has to call it first, and to end when it has served.
func Main() (served bool, err error) {
	if os.Getenv(variable) == "" {
		return false, nil
	}
	return true, serve(os.Stdin, os.Stdout)
}

func serve(in io.Reader, out io.Writer) error {
	lessons, receipts := json.NewDecoder(in), json.NewEncoder(out)
	var first lesson
	if err := lessons.Decode(&first); err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	h := newHandler()
	listener, err := listen(h, first.Pair)
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := receipts.Encode(receipt{Address: listener.Addr().String()}); err != nil {
		return err
	}
	for {
		var next lesson
		if err := lessons.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := h.learn(next); err != nil {
			return err
		}
		if err := receipts.Encode(receipt{}); err != nil {
			return err
		}
	}
}

// listen serves over TLS on loopback.
func listen(h http.Handler, pair certificates.Pair) (net.Listener, error) {
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{
		Handler:   h,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() {
		// It ends with the process, and there is nobody to tell.
		_ = server.ServeTLS(listener, "", "")
	}()
	return listener, nil
}
