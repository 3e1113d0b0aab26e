// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"hash/crc32"
	"slices"
	"sync"

	"k8s.io/utils/lru"
)

const (
	// segmentsBytes is how much memory kept segments may take together, and segmentsCount how many there may be.
	segmentsBytes = 8 << 20
	segmentsCount = 1024
)

// segment is the compressed items of a list. It is immutable.
type segment struct {
	// revisions are those of the rows. One stands for one row, so that the same revisions are the same items.
	revisions []uint64
	deflated  []byte
	// size and checksum are those of the items before they were compressed.
	size     int
	checksum uint32
}

func newSegment(parts parts) (*segment, error) {
	deflated, err := parts.items.deflate()
	if err != nil {
		return nil, err
	}
	s := &segment{revisions: parts.revisions, deflated: deflated, size: parts.items.size()}
	parts.items.eachPiece(func(piece []byte) { s.checksum = crc32.Update(s.checksum, crc32.IEEETable, piece) })
	return s, nil
}

func (s *segment) memory() int { return 8*len(s.revisions) + len(s.deflated) }

// segments are those of the lists that were answered last: as long as none of its items changes, a list need not be
// compressed again. It is safe for concurrent use.
type segments struct {
	lock   sync.Mutex
	kept   *lru.Cache
	memory int
}

func newSegments() *segments {
	s := &segments{}
	s.kept = lru.NewWithEvictionFunc(segmentsCount, func(_ lru.Key, gone any) { s.memory -= gone.(*segment).memory() })
	return s
}

// get returns the segment of the rows with these revisions, or nil.
func (s *segments) get(revisions []uint64) *segment {
	kept, ok := s.kept.Get(fingerprint(revisions))
	if !ok || !slices.Equal(kept.(*segment).revisions, revisions) {
		return nil
	}
	return kept.(*segment)
}

func (s *segments) keep(one *segment) {
	s.lock.Lock()
	defer s.lock.Unlock()
	key := fingerprint(one.revisions)
	s.kept.Remove(key)
	s.kept.Add(key, one)
	for s.memory += one.memory(); s.memory > segmentsBytes; {
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
