// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/klog/v2"

	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// abandonAfter is how long the reader of a watch that has been dropped has to read the reason.
const abandonAfter = 5 * time.Second

// withReply tells the storage what it can do for the answer: compress it, give up on a reader who does not read, and go
// on where the same program has left off.
// It stands next to the handlers of the API, since the filters around them have headers of their own.
func withReply(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := namespacestore.WithAbandon(req.Context(), func(ctx context.Context) { abandon(ctx, w) })
		ctx = namespacestore.WithClient(ctx, programOf(req))
		if asItIs(req) && !auditsBodies(ctx) {
			ctx = space.WithReply(ctx, w.Header(), takesGzip(req))
		}
		api.ServeHTTP(w, withoutProtobuf(req.WithContext(ctx)))
	})
}

// withoutProtobuf has a client that takes other encodings of objects, too, get one of those: our kinds have no protobuf.
// Metadata alone has one.
func withoutProtobuf(req *http.Request) *http.Request {
	info, ok := request.RequestInfoFrom(req.Context())
	accept := req.Header.Get("Accept")
	if !ok || !info.IsResourceRequest || !strings.Contains(accept, runtime.ContentTypeProtobuf) {
		return req
	}
	kept := slices.DeleteFunc(strings.Split(accept, ","), func(clause string) bool {
		return strings.HasPrefix(strings.TrimSpace(clause), runtime.ContentTypeProtobuf) && !isTransformed(clause)
	})
	if len(kept) == 0 {
		kept = []string{noContentType}
	}
	changed := req.Clone(req.Context())
	changed.Header.Set("Accept", strings.Join(kept, ","))
	return changed
}

// noContentType is one that nothing is encoded in: who takes nothing else is told what there is, also by a watch.
const noContentType = "application/vnd.kubernetes.none"

// programOf returns what a request tells of the program that it comes from. It need not be true, or enough.
func programOf(req *http.Request) string {
	return strings.Join([]string{req.UserAgent(), utilnet.GetClientIP(req).String()}, " ")
}

// asItIs tells whether the client wants neither a table nor metadata alone.
func asItIs(req *http.Request) bool { return !isTransformed(req.Header.Get("Accept")) }

func isTransformed(accept string) bool {
	return strings.Contains(strings.ReplaceAll(accept, " ", ""), ";as=")
}

func takesGzip(req *http.Request) bool {
	return responsewriters.ContentEncodingSupported(req, features.APIResponseCompression) == "gzip"
}

// auditsBodies tells whether the audit log gets the answer, too: it must get it whole, and not compressed.
func auditsBodies(ctx context.Context) bool {
	event := audit.AuditContextFrom(ctx)
	return event != nil && !event.GetEventLevel().Less(auditinternal.LevelRequestResponse)
}

// abandon ends an answer that nobody reads, and that the handler would otherwise wait for until the connection ends.
func abandon(ctx context.Context, w http.ResponseWriter) {
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(abandonAfter))
	klog.FromContext(ctx).V(2).Info("Dropped a watch that was not read", "err", err)
}
