// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"slices"
	"sync"

	"k8s.io/utils/lru"
)

const (
	// segmentsBytes is how much memory kept segments may take together, and segmentsCount how many there may be.
	segmentsBytes = 16 << 20
	segmentsCount = 1024
)

// segments are the compressed items of the lists that were answered last. It is safe for concurrent use.
type segments struct {
	lock sync.Mutex
	kept *lru.Cache
	size int
}

// segment is the compressed items of the rows with these revisions.
type segment struct {
	revisions []uint64
	deflated  []byte
}

func (s segment) size() int { return 8*len(s.revisions) + len(s.deflated) }

func newSegments() *segments {
	s := &segments{}
	s.kept = lru.NewWithEvictionFunc(segmentsCount, func(_ lru.Key, gone any) { s.size -= gone.(segment).size() })
	return s
}

// of returns the compressed items of the body. A revision stands for one row, so that the same revisions are the same
// items.
func (s *segments) of(b *body) ([]byte, error) {
	key := fingerprint(b.revisions)
	if kept, ok := s.kept.Get(key); ok && slices.Equal(kept.(segment).revisions, b.revisions) {
		return kept.(segment).deflated, nil
	}
	deflated, err := b.deflate()
	if err != nil {
		return nil, err
	}
	s.keep(key, segment{revisions: b.revisions, deflated: deflated})
	return deflated, nil
}

func (s *segments) keep(key uint64, one segment) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.kept.Remove(key)
	s.kept.Add(key, one)
	for s.size += one.size(); s.size > segmentsBytes; {
		s.kept.RemoveOldest()
	}
}

// fingerprint returns a number that differs for most lists.
func fingerprint(revisions []uint64) uint64 {
	sum := uint64(len(revisions))
	for _, revision := range revisions {
		sum = sum*0x9e3779b97f4a7c15 + revision
	}
	return sum
}
