// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"bytes"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// sharedObject is what one event tells all watches that are told of it: each encoding of it is made once. The object
// is never changed. It is safe for concurrent use.
type sharedObject struct {
	object runtime.Object

	lock      sync.Mutex
	encodings map[runtime.Identifier]*encoding
}

var (
	_ runtime.CacheableObject   = &sharedObject{}
	_ metav1.ObjectMetaAccessor = &sharedObject{}
)

// encoding is what an encoder has made of an object.
type encoding struct {
	once sync.Once
	raw  []byte
	err  error
}

// CacheEncode implements runtime.CacheableObject.
func (s *sharedObject) CacheEncode(id runtime.Identifier, encode func(runtime.Object, io.Writer) error, w io.Writer) error {
	encoded := s.encoding(id)
	encoded.once.Do(func() {
		var buffer bytes.Buffer
		encoded.err = encode(s.GetObject(), &buffer)
		encoded.raw = buffer.Bytes()
	})
	if encoded.err != nil {
		return encoded.err
	}
	if splice, ok := w.(runtime.Splice); ok {
		splice.Splice(encoded.raw)
		return nil
	}
	_, err := w.Write(encoded.raw)
	return err
}

func (s *sharedObject) encoding(id runtime.Identifier) *encoding {
	s.lock.Lock()
	defer s.lock.Unlock()
	encoded := s.encodings[id]
	if encoded == nil {
		if s.encodings == nil {
			s.encodings = map[runtime.Identifier]*encoding{}
		}
		encoded = &encoding{}
		s.encodings[id] = encoded
	}
	return encoded
}

// GetObject implements runtime.CacheableObject.
func (s *sharedObject) GetObject() runtime.Object { return s.object.DeepCopyObject() }

// GetObjectKind implements runtime.Object.
func (s *sharedObject) GetObjectKind() schema.ObjectKind { return s.object.GetObjectKind() }

// GetObjectMeta implements metav1.ObjectMetaAccessor. What it returns must not be changed.
func (s *sharedObject) GetObjectMeta() metav1.Object {
	accessor, err := meta.Accessor(s.object)
	if err != nil {
		return nil
	}
	return accessor
}

// DeepCopyObject implements runtime.Object.
func (s *sharedObject) DeepCopyObject() runtime.Object { return &sharedObject{object: s.GetObject()} }

// sharedKey says which object of an entry is shared.
type sharedKey struct {
	row     *Row
	deleted bool
}

// share returns the object of the row, for all watches that are told of it by this entry; if it is deleted, as of the
// revision to which the entry leads.
func (e *entry) share(row *Row, deleted bool) (*sharedObject, error) {
	e.lock.Lock()
	defer e.lock.Unlock()
	key := sharedKey{row, deleted}
	if object := e.shared[key]; object != nil {
		return object, nil
	}
	object := row.Object
	if deleted {
		object = object.DeepCopyObject()
		if err := versioner.UpdateObject(object, e.after.revision); err != nil {
			return nil, err
		}
	}
	if e.shared == nil {
		e.shared = map[sharedKey]*sharedObject{}
	}
	e.shared[key] = &sharedObject{object: object}
	return e.shared[key], nil
}
