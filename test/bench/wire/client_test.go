// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

// request is what a server was asked.
type request struct {
	Method, Path, User string
	Groups             []string
}

// serve answers every request with this status and body, and passes it on.
func serve(t *testing.T, status int, body string) (*Client, <-chan request) {
	t.Helper()
	asked := make(chan request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- request{
			Method: r.Method, Path: r.URL.String(),
			User: r.Header.Get("Impersonate-User"), Groups: r.Header.Values("Impersonate-Group"),
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := NewClient(&rest.Config{Host: server.URL}, 64<<10)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, asked
}

func wantAsked(t *testing.T, asked <-chan request, want request) {
	t.Helper()
	if diff := cmp.Diff(want, <-asked); diff != "" {
		t.Errorf("The server was asked (-want +got):\n%s", diff)
	}
}

func TestOpenAsksAsTheUser(t *testing.T) {
	client, asked := serve(t, http.StatusOK, "a\n")
	stream, err := client.Open(t.Context(), "/x?watch=true", User{Name: "u", Groups: []string{"g", "h"}})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if event, err := stream.Next(); string(event) != "a\n" || err != nil {
		t.Errorf("Next() = %q, %v", event, err)
	}
	wantAsked(t, asked, request{Method: http.MethodGet, Path: "/x?watch=true", User: "u", Groups: []string{"g", "h"}})
}

func TestStatusIsNoError(t *testing.T) {
	client, _ := serve(t, http.StatusForbidden, "no")
	if status, err := client.Status(t.Context(), "/x", User{}); status != http.StatusForbidden || err != nil {
		t.Errorf("Status() = %d, %v", status, err)
	}
}

func TestOthersWantSuccess(t *testing.T) {
	for name, ask := range map[string]func(*testing.T, *Client) error{
		"Open": func(t *testing.T, c *Client) error {
			_, err := c.Open(t.Context(), "/x", User{})
			return err
		},
		"Get": func(t *testing.T, c *Client) error {
			return c.Get(t.Context(), "/x", func(io.Reader) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, http.StatusForbidden, "no")
			if err := ask(t, client); !errors.Is(err, ErrStatus) {
				t.Errorf("got %v, want %v", err, ErrStatus)
			}
		})
	}
}
