// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/test/bench/turns"
)

var visible = []int{10, 100, 1_000}

func asViewerOf(ctx context.Context, k int) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: "viewer-" + strconv.Itoa(k)})
}

func benchName(at int) string { return fmt.Sprintf("space-%06d", at) }

// benchAccess has each of n namespaces have an owner, and k of them, here and there, that viewer.
func benchAccess(n int) *access.Snapshot {
	index := access.NewIndex()
	index.SetRole("", "viewer", []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"namespaces"}}})
	bind := func(namespace, name string) {
		index.SetBinding(namespace, name, rbacv1.RoleRef{Kind: "ClusterRole", Name: "viewer"}, []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: name}})
	}
	for at := range n {
		bind(benchName(at), "owner-"+strconv.Itoa(at/10))
		for _, k := range visible {
			if at%(n/k) == 0 {
				bind(benchName(at), "viewer-"+strconv.Itoa(k))
			}
		}
	}
	index.Synced()
	return index.Snapshot()
}

func benchREST(b *testing.B, n int) *REST {
	b.Helper()
	value, err := testMapping().Encode(&spaces.Space{Status: spaces.SpaceStatus{Phase: spaces.SpaceActive, CreatedBy: "alice"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	namespaces := make([]*corev1.Namespace, 0, n)
	for at := range n {
		namespaces = append(namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: benchName(at), ResourceVersion: strconv.Itoa(1 + at), CreationTimestamp: *at0,
			Labels: map[string]string{corev1.LabelMetadataName: benchName(at)}, Annotations: map[string]string{spaces.AnnotationObject: value},
		}})
	}
	rest, _ := restOf(b, benchAccess(n), namespaces...)
	return rest
}

// BenchmarkCopy copies what BenchmarkList answers with, uncompressed, from the rows that are known, and does nothing else.
// With more namespaces the same rows are further apart in memory: nothing that reads them can grow by less.
func BenchmarkCopy(b *testing.B) {
	rests := turns.Each(func(n int) *REST { return benchREST(b, n) })
	for _, k := range visible {
		b.Run(fmt.Sprintf("K=%d/plain", k), func(b *testing.B) {
			rows := turns.Each(func(n int) []*namespacestore.Row { return benchRows(b, rests[n], k) })
			var body bytes.Buffer
			turns.Measure(b, turns.Calls(k), rows, func(rows []*namespacestore.Row) {
				body.Reset()
				for _, row := range rows {
					part, err := row.Encoded(encodePlain)
					if err != nil {
						b.Fatal(err)
					}
					body.Write(part)
				}
			})
		})
	}
}

// benchRows returns the rows that the viewer of k sees.
func benchRows(b *testing.B, rest *REST, k int) []*namespacestore.Row {
	b.Helper()
	listed, err := rest.List(WithReply(asViewerOf(b.Context(), k), http.Header{}, false), nil)
	if err != nil {
		b.Fatal(err)
	}
	rows := listed.(*list).rows
	if len(rows) != k {
		b.Fatalf("there are %d", len(rows))
	}
	return rows
}

func encodePlain(object runtime.Object) ([]byte, error) { return runtime.Encode(benchEncoder, object) }

// BenchmarkList lists and encodes what one of n callers sees, or makes a table of it, as kubectl asks for: the time depends
// on how much that is, and not on how much there is.
func BenchmarkList(b *testing.B) {
	rests := turns.Each(func(n int) *REST { return benchREST(b, n) })
	for _, k := range visible {
		for _, way := range waysToList {
			b.Run(fmt.Sprintf("K=%d/%s", k, way.name), func(b *testing.B) {
				ctx := asViewerOf(b.Context(), k)
				turns.Measure(b, turns.Calls(k), rests, func(rest *REST) {
					if err := way.list(ctx, rest, k); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}

// waysToList are the ways to answer a list of k Spaces.
var waysToList = []struct {
	name string
	list func(ctx context.Context, rest *REST, k int) error
}{
	{"plain", func(ctx context.Context, rest *REST, k int) error {
		return encodeList(WithReply(ctx, http.Header{}, false), rest, k)
	}},
	{"gzip", func(ctx context.Context, rest *REST, k int) error {
		return encodeList(WithReply(ctx, http.Header{}, true), rest, k)
	}},
	{"table", tabulateList},
}

var benchEncoder = encoderOf(runtime.ContentTypeJSON, false)

func encodeList(ctx context.Context, rest *REST, k int) error {
	listed, err := rest.List(ctx, nil)
	if err != nil || len(listed.(*list).rows) != k {
		return fmt.Errorf("listed a %T: %w", listed, err)
	}
	return benchEncoder.Encode(listed, io.Discard)
}

func tabulateList(ctx context.Context, rest *REST, k int) error {
	listed, err := rest.List(ctx, nil)
	if err != nil {
		return err
	}
	table, err := rest.ConvertToTable(ctx, listed, nil)
	if err != nil || len(table.Rows) != k {
		return fmt.Errorf("made a table of a %T: %w", listed, err)
	}
	return nil
}
