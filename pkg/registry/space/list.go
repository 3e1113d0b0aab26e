// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// List implements rest.Lister.
func (r *REST) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	collecting, collection := namespacestore.Collect(ctx)
	object, err := r.Store.List(collecting, options)
	if err != nil {
		return nil, err
	}
	listed, ok := object.(*spaces.SpaceList)
	if !ok || len(collection.Rows) != len(listed.Items) {
		return object, nil
	}
	return &list{SpaceList: listed, rows: collection.Rows, lister: r.lister, reply: replyOf(ctx)}, nil
}

// lister encodes lists as JSON, of items that were encoded before. It is safe for concurrent use.
type lister struct {
	scheme *runtime.Scheme
	// plain is the identifier of the encoder whose output it reproduces.
	plain    runtime.Identifier
	segments *segments
}

// newLister returns a lister that reproduces the encoder, which is one of v1alpha1 to JSON that is not indented.
func newLister(scheme *runtime.Scheme, encoder runtime.Encoder) *lister {
	return &lister{scheme: scheme, plain: encoder.Identifier(), segments: newSegments()}
}

// item returns a Space as it stands in a list: the kind is that of the list.
func (l *lister) item(object runtime.Object) ([]byte, error) {
	var versioned v1alpha1.Space
	if err := l.scheme.Convert(object, &versioned, nil); err != nil {
		return nil, fmt.Errorf("encode an item of a list: %w", err)
	}
	return json.Marshal(&versioned)
}

// list is a SpaceList that knows the rows of its items, and so need not encode them again.
type list struct {
	*spaces.SpaceList
	rows   []*namespacestore.Row
	lister *lister
	reply  *reply
}

var _ runtime.CacheableObject = &list{}

// GetObject implements runtime.CacheableObject.
func (l *list) GetObject() runtime.Object { return l.SpaceList.DeepCopyObject() }

// DeepCopyObject implements runtime.Object.
func (l *list) DeepCopyObject() runtime.Object { return l.GetObject() }

// CacheEncode implements runtime.CacheableObject.
func (l *list) CacheEncode(id runtime.Identifier, encode func(runtime.Object, io.Writer) error, w io.Writer) error {
	if id != l.lister.plain || len(l.rows) == 0 {
		return encode(l.SpaceList, w)
	}
	body, err := l.body(encode)
	if err != nil {
		return err
	}
	if l.reply.compresses(body.size) {
		return l.reply.compressed(body, l.lister.segments, w)
	}
	_, err = w.Write(body.bytes())
	return err
}

// noItems is how a list without items ends.
var noItems = []byte("[]}\n")

// body returns the encoded list.
func (l *list) body(encode func(runtime.Object, io.Writer) error) (*body, error) {
	var empty bytes.Buffer
	if err := encode(&spaces.SpaceList{ListMeta: l.ListMeta, Items: []spaces.Space{}}, &empty); err != nil {
		return nil, err
	}
	head, ok := bytes.CutSuffix(empty.Bytes(), noItems)
	if !ok {
		return nil, fmt.Errorf("encode a list: one without items ends with %q", empty.Bytes())
	}
	b := &body{head: head, items: make([][]byte, 0, len(l.rows)), revisions: make([]uint64, 0, len(l.rows))}
	b.size = len(head) + len(l.rows) + len(noItems) - 1
	for _, row := range l.rows {
		item, err := row.Encoded(l.lister.item)
		if err != nil {
			return nil, err
		}
		b.items = append(b.items, item)
		b.revisions = append(b.revisions, row.Revision())
		b.size += len(item)
	}
	return b, nil
}

// body is an encoded list, in parts: the head, the items in brackets and with commas in between, and the end.
type body struct {
	head      []byte
	items     [][]byte
	revisions []uint64
	size      int
}

// bytes returns the body as a whole.
func (b *body) bytes() []byte {
	whole := append(make([]byte, 0, b.size), b.head...)
	b.eachPiece(func(piece []byte) { whole = append(whole, piece...) })
	return append(whole, bodyEnd...)
}

var (
	bodyEnd = []byte("}\n")
	open    = []byte("[")
	comma   = []byte(",")
	closing = []byte("]")
)

// eachPiece visits what is between head and end.
func (b *body) eachPiece(visit func([]byte)) {
	separator := open
	for _, item := range b.items {
		visit(separator)
		visit(item)
		separator = comma
	}
	visit(closing)
}
