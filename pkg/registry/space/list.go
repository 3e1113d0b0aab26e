// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// List implements rest.Lister.
func (r *REST) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	reply := replyOf(ctx)
	if reply == nil {
		return r.Store.List(ctx, options)
	}
	collecting, collection := namespacestore.Collect(ctx)
	object, err := r.Store.List(collecting, options)
	if err != nil {
		return nil, err
	}
	listed, ok := object.(*spaces.SpaceList)
	if !ok {
		return nil, fmt.Errorf("list Spaces: have a %T", object)
	}
	return &list{SpaceList: listed, rows: collection.Rows, notes: collection.Notes, lister: r.lister, reply: reply}, nil
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

// list is a SpaceList without items that knows their rows, and so need not copy and encode them again.
type list struct {
	*spaces.SpaceList
	rows   []*namespacestore.Row
	notes  *namespacestore.Notes
	lister *lister
	reply  *reply
}

var _ runtime.CacheableObject = &list{}

// GetObject implements runtime.CacheableObject. It returns the list with its items.
func (l *list) GetObject() runtime.Object {
	filled, err := l.filled()
	if err != nil {
		return l.SpaceList // cannot be: the rows are those of Spaces
	}
	return filled.DeepCopyObject()
}

// filled returns the list with its items.
func (l *list) filled() (*spaces.SpaceList, error) {
	filled := &spaces.SpaceList{ListMeta: l.ListMeta}
	return filled, namespacestore.Fill(filled, l.rows)
}

// DeepCopyObject implements runtime.Object.
func (l *list) DeepCopyObject() runtime.Object { return l.GetObject() }

// CacheEncode implements runtime.CacheableObject.
func (l *list) CacheEncode(id runtime.Identifier, encode func(runtime.Object, io.Writer) error, w io.Writer) error {
	if id != l.lister.plain {
		filled, err := l.filled()
		if err != nil {
			return err
		}
		return encode(filled, w)
	}
	head, err := l.head()
	if err != nil {
		return err
	}
	parts, err := l.parts()
	if err != nil {
		return err
	}
	if l.reply.gzip {
		return l.writeGzip(w, head, parts)
	}
	return l.writePlain(w, head, parts)
}

func (l *list) writePlain(w io.Writer, head []byte, parts parts) error {
	l.reply.setLength(lengthOf(head, parts.items.size()))
	return parts.items.write(w, head)
}

var (
	headBeforeMetadata = []byte(`{"kind":"SpaceList","apiVersion":"` + v1alpha1.SchemeGroupVersion.String() + `","metadata":`)
	headAfterMetadata  = []byte(`,"items":[`)
	end                = []byte("]}\n")
)

// lengthOf is how long a list is with this head, and items of this size.
func lengthOf(head []byte, items int) int { return len(head) + items + len(end) }

// head returns what comes before the items.
func (l *list) head() ([]byte, error) {
	metadata, err := json.Marshal(&l.ListMeta)
	if err != nil {
		return nil, fmt.Errorf("encode a list: %w", err)
	}
	return slices.Concat(headBeforeMetadata, metadata, headAfterMetadata), nil
}

// parts are what a list is put together of: its items, and the revisions of their rows.
type parts struct {
	items     items
	revisions []uint64
}

// parts returns those of the list, which are noted.
func (l *list) parts() (parts, error) {
	return namespacestore.Noted(l.notes, func() (parts, error) { return l.lister.parts(l.rows) })
}

func (l *lister) parts(rows []*namespacestore.Row) (parts, error) {
	all := parts{make(items, 0, len(rows)), make([]uint64, 0, len(rows))}
	for _, row := range rows {
		one, err := row.Encoded(l.item)
		if err != nil {
			return parts{}, err
		}
		all.items, all.revisions = append(all.items, one), append(all.revisions, row.Revision())
	}
	return all, nil
}

// items are encoded items of a list.
type items [][]byte

// size is how long they are, with the commas in between.
func (i items) size() int {
	size := max(0, len(i)-1)
	for _, one := range i {
		size += len(one)
	}
	return size
}

// eachPiece visits them, and the commas.
func (i items) eachPiece(visit func([]byte)) {
	for n, one := range i {
		if n > 0 {
			visit(comma)
		}
		visit(one)
	}
}

var comma = []byte(",")

// chunkSize is how much of a list is written at a time, roughly: long lists are not put together as a whole.
const chunkSize = 64 << 10

// chunks are used again and again.
var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// write writes the list.
func (i items) write(w io.Writer, head []byte) (err error) {
	pooled := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(pooled)
	chunk := append(pooled[:0], head...)
	flush := func(limit int) {
		if err == nil && len(chunk) > limit {
			_, err = w.Write(chunk)
			chunk = chunk[:0]
		}
	}
	i.eachPiece(func(piece []byte) {
		flush(max(0, chunkSize-len(piece)))
		chunk = append(chunk, piece...)
	})
	chunk = append(chunk, end...)
	flush(0)
	return err
}
