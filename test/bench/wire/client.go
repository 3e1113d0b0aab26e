// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package wire talks HTTP to API servers, at the least expense for the one who asks: benchmarks share their cores with
// the servers that they measure, and so do not decode what they can find by looking for it.
package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/rest"
)

// User is whom to ask as. The zero value is the one that the Client's credentials say.
type User struct {
	Name   string
	Groups []string
}

// Client asks one server, over connections that it shares with no other Client. It is safe for concurrent use.
type Client struct {
	host string
	http *http.Client
}

// ErrStatus says that the answer was not one of 2xx.
var ErrStatus = errors.New("unexpected status")

// NewClient returns a Client with the credentials of the config. Its window is how many bytes of a response may be under
// way to somebody who does not read, from 64 KiB to 4 MiB; 0 is the default of Go.
func NewClient(config *rest.Config, window int) (*Client, error) {
	security, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing to talk to %s: %w", config.Host, err)
	}
	return &Client{
		host: config.Host,
		http: &http.Client{Transport: &http.Transport{
			TLSClientConfig:    security,
			ForceAttemptHTTP2:  true,
			HTTP2:              &http.HTTP2Config{MaxReceiveBufferPerStream: window},
			DisableCompression: true,
		}},
	}, nil
}

// Close closes the connections that nobody uses any more.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Open begins a watch, which lasts until it is closed or the context ends.
func (c *Client) Open(ctx context.Context, path string, user User) (*Stream, error) {
	response, err := c.do(ctx, path, user)
	if err != nil {
		return nil, err
	}
	if err := check(response); err != nil {
		return nil, err
	}
	return newStream(response.Body), nil
}

// Get hands the body of the answer to read.
func (c *Client) Get(ctx context.Context, path string, read func(io.Reader) error) error {
	response, err := c.do(ctx, path, User{})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := check(response); err != nil {
		return err
	}
	return read(response.Body)
}

// Status asks as the user, and returns the status code of the answer.
func (c *Client) Status(ctx context.Context, path string, user User) (int, error) {
	response, err := c.do(ctx, path, user)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func (c *Client) do(ctx context.Context, path string, user User) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.host+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask for %s: %w", path, err)
	}
	if user.Name != "" {
		request.Header.Set("Impersonate-User", user.Name)
		request.Header["Impersonate-Group"] = user.Groups
	}
	request.Header.Set("Accept", "application/json, */*")
	return c.http.Do(request)
}

// check closes the body of an answer that it refuses.
func check(response *http.Response) error {
	if response.StatusCode/100 == 2 {
		return nil
	}
	defer response.Body.Close()
	const enough = 1 << 10
	text, _ := io.ReadAll(io.LimitReader(response.Body, enough))
	return fmt.Errorf("%w: %s: %s", ErrStatus, response.Status, text)
}
