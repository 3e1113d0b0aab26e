// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/endpoints/request"
)

func TestReplyIsCompressedForWhoTakesIt(t *testing.T) {
	for name, tc := range map[string]struct {
		accepts string
		level   auditinternal.Level
		want    bool
	}{
		"who takes gzip":                   {accepts: "gzip", want: true},
		"who takes it among others":        {accepts: "br, gzip", want: true},
		"who takes others":                 {accepts: "br"},
		"who says nothing":                 {},
		"an audit of metadata":             {accepts: "gzip", level: auditinternal.LevelMetadata, want: true},
		"an audit of requests":             {accepts: "gzip", level: auditinternal.LevelRequest, want: true},
		"an audit of requests and answers": {accepts: "gzip", level: auditinternal.LevelRequestResponse},
		"an audit of nothing":              {accepts: "gzip", level: auditinternal.LevelNone, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if tc.level != "" {
				ctx = audit.WithAuditContext(ctx)
				if err := audit.AuditContextFrom(ctx).Init(audit.RequestAuditConfig{Level: tc.level}, nil); err != nil {
					t.Fatal(err)
				}
			}
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			req.Header.Set("Accept-Encoding", tc.accepts)
			if got := takesGzip(req) && !auditsBodies(ctx); got != tc.want {
				t.Errorf("compressed: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestProgramsAreToldApart(t *testing.T) {
	from := func(agent, address string) string {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Header.Set("User-Agent", agent)
		req.Header.Set("X-Forwarded-For", address)
		return programOf(req)
	}
	one := from("kubectl", "10.0.0.1")
	if one != from("kubectl", "10.0.0.1") {
		t.Error("one program is two")
	}
	if one == from("kubectl", "10.0.0.2") || one == from("curl", "10.0.0.1") {
		t.Error("two programs are one")
	}
}

// stubborn answers without end, and gives its reader up after the first bytes.
func stubborn(ended chan<- error) http.Handler {
	return withReply(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusOK)
		abandon(req.Context(), w)
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				ended <- err
				return
			}
		}
	}))
}

// TestAbandonEndsAnAnswerThatNobodyReads waits as long as a reader is given, on a real connection.
func TestAbandonEndsAnAnswerThatNobodyReads(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for some seconds")
	}
	t.Parallel()
	ended := make(chan error, 1)
	server := httptest.NewServer(stubborn(ended))
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	select {
	case err := <-ended:
		if took := time.Since(begin); !errors.Is(err, os.ErrDeadlineExceeded) || took < abandonAfter {
			t.Errorf("the answer ended after %v with %v, want a deadline after %v", took, err, abandonAfter)
		}
	case <-time.After(4 * abandonAfter):
		t.Error("the answer goes on")
	}
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the answer looks complete")
	}
}

// A client that would take protobuf gets what it takes besides; metadata alone there is in protobuf, too.
func TestProtobufIsNotNegotiated(t *testing.T) {
	const protobuf, json, metadata = "application/vnd.kubernetes.protobuf", "application/json", "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	for name, tc := range map[string]struct {
		accept   string
		resource bool
		want     string
	}{
		"json":                    {accept: json, resource: true, want: json},
		"nothing":                 {resource: true},
		"protobuf or json":        {accept: protobuf + ", " + json, resource: true, want: " " + json},
		"protobuf of events":      {accept: protobuf + ";stream=watch," + json + ";stream=watch", resource: true, want: json + ";stream=watch"},
		"protobuf alone":          {accept: protobuf, resource: true, want: noContentType},
		"metadata in protobuf":    {accept: metadata + "," + json, resource: true, want: metadata + "," + json},
		"discovery in protobuf":   {accept: protobuf + "," + json, want: protobuf + "," + json},
		"metadata, or everything": {accept: metadata + "," + protobuf + "," + json, resource: true, want: metadata + "," + json},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := request.WithRequestInfo(t.Context(), &request.RequestInfo{IsResourceRequest: tc.resource})
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			req.Header.Set("Accept", tc.accept)
			if got := withoutProtobuf(req).Header.Get("Accept"); got != tc.want {
				t.Errorf("it accepts %q, want %q", got, tc.want)
			}
			if req.Header.Get("Accept") != tc.accept {
				t.Error("the request of the caller was changed")
			}
		})
	}
}

func TestAsItIs(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                 true,
		"application/json": true,
		"application/json;as=Table;v=v1;g=meta.k8s.io":        false,
		"application/json; as = Table ;v=v1;g=meta.k8s.io":    false,
		"application/json;as =PartialObjectMetadataList;v=v1": false,
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Header.Set("Accept", accept)
		if got := asItIs(req); got != want {
			t.Errorf("%q is asked for as it is: %v", accept, got)
		}
	}
}
