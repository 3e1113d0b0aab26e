// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package load asks servers the same questions again and again, and measures how long the answers take.
package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"k8s.io/client-go/rest"
)

// userAgent is what kubectl says of itself.
const userAgent = "kubectl/v1.36.3 (linux/amd64) kubernetes/bench"

// Target is a request, and who makes it. Each Client of it makes the same request.
type Target struct {
	// Name is how it is reported.
	Name string
	// Config is the caller, and the server to be asked.
	Config *rest.Config
	// Path is that of the URL, with its query.
	Path string
	// Body is JSON to be posted. Without it the request is a GET.
	Body string
	// Gzip accepts a compressed answer, as client-go does. Otherwise nothing is said about encodings.
	Gzip bool
}

// Client makes the request of a Target over a connection of its own. It is safe for concurrent use.
type Client struct {
	target    Target
	url       string
	transport *http.Transport
}

// Answer is what came over the connection.
type Answer struct {
	// Type and Encoding are headers.
	Type, Encoding string
	// Body is as it came, compressed if Encoding says so.
	Body []byte
}

// NewClient returns a Client that has no connection yet.
func (t Target) NewClient() (*Client, error) {
	tls, err := rest.TLSConfigFor(t.Config)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask for %s: %w", t.Name, err)
	}
	return &Client{
		target: t,
		url:    t.Config.Host + t.Path,
		// What is compressed stays so, as it is the server that is measured.
		transport: &http.Transport{TLSClientConfig: tls, ForceAttemptHTTP2: true, DisableCompression: true},
	}, nil
}

// Close gives up the connection.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
}

// Ask makes the request, and reads all of the answer without keeping it. Any answer but a success is an error.
func (c *Client) Ask(ctx context.Context) error {
	response, err := c.send(ctx)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("reading %s: %w", c.target.Name, err)
	}
	return nil
}

// Fetch is Ask that keeps the answer.
func (c *Client) Fetch(ctx context.Context) (Answer, error) {
	response, err := c.send(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("reading %s: %w", c.target.Name, err)
	}
	header := response.Header
	return Answer{Type: header.Get("Content-Type"), Encoding: header.Get("Content-Encoding"), Body: body}, nil
}

// send returns an answer that is a success. Its body is to be closed.
func (c *Client) send(ctx context.Context) (*http.Response, error) {
	request, err := c.request(ctx)
	if err != nil {
		return nil, err
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", c.target.Name, err)
	}
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		defer response.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return nil, fmt.Errorf("asking for %s: %s: %s", c.target.Name, response.Status, body)
	}
	return response, nil
}

func (c *Client) request(ctx context.Context) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if c.target.Body != "" {
		method, body = http.MethodPost, strings.NewReader(c.target.Body)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url, body)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask for %s: %w", c.target.Name, err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", userAgent)
	if c.target.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.target.Gzip {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	return request, nil
}

// Plain returns the body as it is without compression.
func (a Answer) Plain() ([]byte, error) {
	if a.Encoding == "" {
		return a.Body, nil
	}
	if a.Encoding != "gzip" {
		return nil, fmt.Errorf("the encoding %q was not asked for", a.Encoding)
	}
	reader, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		return nil, fmt.Errorf("uncompressing an answer: %w", err)
	}
	return io.ReadAll(reader)
}
