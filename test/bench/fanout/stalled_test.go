// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/wire"
)

func TestDrain(t *testing.T) {
	const (
		modified = `{"type":"MODIFIED","object":{}}` + "\n"
		gone     = `{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}` + "\n"
		broken   = `{"type":"ERROR","object":{"kind":"Status","code":500}}` + "\n"
	)
	for name, tc := range map[string]struct {
		body      string
		lives     bool
		want      ending
		wantError bool
	}{
		"it is told that it is too late": {body: modified + gone, want: expired},
		"it is cut":                      {body: modified, want: closed},
		"it is cut in the middle":        {body: modified + `{"type":`, want: closed},
		"it goes on":                     {body: modified, lives: true, want: lives},
		"another error":                  {body: modified + broken, want: closed, wantError: true},
	} {
		t.Run(name, func(t *testing.T) {
			stream := serve(t, tc.body, tc.lives)
			patience := time.Minute
			if tc.lives {
				patience = 50 * time.Millisecond
			}
			got, err := drain(t.Context(), stream, patience)
			if got != tc.want || (err != nil) != tc.wantError {
				t.Errorf("drain() = %d, %v, want %d, error: %t", got, err, tc.want, tc.wantError)
			}
		})
	}
}

// serve returns a watch that tells this, and then ends or goes on.
func serve(t *testing.T, body string, lives bool) *wire.Stream {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, body)
		w.(http.Flusher).Flush()
		if lives {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	client, err := wire.NewClient(&rest.Config{Host: server.URL}, 0)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := client.Open(t.Context(), "/", wire.User{})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestEndOf(t *testing.T) {
	for name, tc := range map[string]struct {
		err       error
		wantError bool
	}{
		"in good order":     {err: io.EOF},
		"within an event":   {err: io.ErrUnexpectedEOF},
		"by the server":     {err: errors.New("stream error: stream ID 5; INTERNAL_ERROR; received from peer")},
		"for other reasons": {err: context.Canceled, wantError: true},
	} {
		if got, err := endOf(tc.err); got != closed || (err != nil) != tc.wantError {
			t.Errorf("%s: endOf() = %d, %v", name, got, err)
		}
	}
}

func TestVerdict(t *testing.T) {
	if err := (stall{endings: [...]int{expired: 3, closed: 2}}).verdict(); err != nil {
		t.Errorf("got %v when all had ended", err)
	}
	if err := (stall{endings: [...]int{expired: 3, lives: 1, closed: 0}}).verdict(); err == nil {
		t.Error("got no error when one went on")
	}
}
