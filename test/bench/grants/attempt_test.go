// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/wire"
)

func clientOf(t *testing.T, handler http.HandlerFunc) *wire.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := wire.NewClient(&rest.Config{Host: server.URL}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestHear(t *testing.T) {
	want := tale{kind: "ADDED", name: "a"}
	for name, tc := range map[string]struct {
		told    *tale
		wantErr string
	}{
		"what is wanted":        {told: &tale{kind: "ADDED", name: "a", received: time.Unix(1, 0)}},
		"another event":         {told: &tale{kind: "DELETED", name: "a"}, wantErr: `told DELETED of "a", want ADDED of "a"`},
		"of another namespace":  {told: &tale{kind: "ADDED", name: "b"}, wantErr: `told ADDED of "b"`},
		"the end":               {told: &tale{err: io.EOF}, wantErr: "the watch ended: EOF"},
		"nothing within a time": {wantErr: "does not tell ADDED"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				tales := make(chan tale, 1)
				if tc.told != nil {
					tales <- *tc.told
				}
				got, err := hear(ctx, want, tales)
				if tc.wantErr != "" {
					if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
						t.Errorf("got %v, want %q", err, tc.wantErr)
					}
				} else if err != nil || !got.Equal(tc.told.received) {
					t.Errorf("hear() = %s, %v", got, err)
				}
			})
		})
	}
}

func TestListenPassesOnUntilTheEnd(t *testing.T) {
	client := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"type":"ADDED","object":{"metadata":{"name":"a"}}}`+"\n")
	})
	stream, err := client.Open(t.Context(), "/", somebody())
	if err != nil {
		t.Fatal(err)
	}
	tales := make(chan tale, 3)
	listen(t.Context(), stream, tales)
	if got := <-tales; got.kind != "ADDED" || got.name != "a" || got.err != nil || got.received.IsZero() {
		t.Errorf("the first is %+v", got)
	}
	if got := <-tales; !errors.Is(got.err, io.EOF) {
		t.Errorf("the second is %+v, want the end", got)
	}
}

func TestDecideAsksUntilItIsSo(t *testing.T) {
	var asked atomic.Int64
	b := &bench{Config: Config{Every: time.Millisecond}, ask: clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/namespaces/a" || r.Header.Get("Impersonate-User") != somebody().Name {
			t.Errorf("asked for %s as %s", r.URL, r.Header.Get("Impersonate-User"))
		}
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusForbidden)
		}
	})}
	began := time.Now()
	got := b.decide(t.Context(), attempt{want: tale{name: "a"}, status: http.StatusOK})
	if got.err != nil || asked.Load() != 3 || got.asked.Before(began) || !got.answered.After(got.asked) {
		t.Errorf("asked %d times, and got %+v", asked.Load(), got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := b.decide(ctx, attempt{want: tale{name: "a"}, status: http.StatusForbidden}); got.err == nil {
		t.Error("got no error for what does not come")
	}
}
