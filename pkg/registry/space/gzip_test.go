// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/runtime"
)

// unzipped returns what is in the one gzip member, which must be all there is.
func unzipped(t *testing.T, zipped []byte) string {
	t.Helper()
	rest := bytes.NewReader(zipped)
	r, err := gzip.NewReader(rest)
	if err != nil {
		t.Fatal(err)
	}
	r.Multistream(false)
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Reset(rest); !errors.Is(err, io.EOF) {
		t.Errorf("there is more after the member: %d bytes, error %v", rest.Len(), err)
	}
	return string(plain)
}

// writes is a writer that notes how long each write is.
type writes struct {
	bytes.Buffer
	lengths []int
}

func (w *writes) Write(p []byte) (int, error) {
	w.lengths = append(w.lengths, len(p))
	return w.Buffer.Write(p)
}

func TestListIsCompressed(t *testing.T) {
	for name, tc := range map[string]struct {
		namespaces int
		options    metainternalversion.ListOptions
		plainly    bool
		want       bool
	}{
		"a long one":                        {namespaces: 500, want: true},
		"a page that says there are more":   {namespaces: 600, options: metainternalversion.ListOptions{Limit: 500}, want: true},
		"a long one for who cannot take it": {namespaces: 500, plainly: true},
		"a short one is not":                {namespaces: 3},
		"an empty one is not":               {},
	} {
		t.Run(name, func(t *testing.T) {
			rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, tc.namespaces)...)
			encoder := encoderOf(runtime.ContentTypeJSON, false)
			for range 2 {
				header := http.Header{}
				listed := listOf(WithReply(t.Context(), header, !tc.plainly), t, rest, &tc.options)
				var out writes
				if err := encoder.Encode(listed, &out); err != nil {
					t.Fatal(err)
				}
				if got := header.Get("Content-Encoding") == "gzip" && header.Get("Vary") == "Accept-Encoding"; got != tc.want {
					t.Fatalf("header is %v; compressed: want %v", header, tc.want)
				}
				if got, want := header.Get("Content-Length"), strconv.Itoa(out.Len()); got != want {
					t.Errorf("the answer is said to have %s bytes, and has %s", got, want)
				}
				got := out.String()
				if tc.want {
					if out.lengths[0] > gzipThreshold {
						t.Errorf("the first write is of %d bytes, and would be compressed again", out.lengths[0])
					}
					got = unzipped(t, out.Bytes())
				}
				if want := encoded(t, encoder, listed.GetObject()); got != want {
					t.Errorf("got %d bytes, want these %d", len(got), len(want))
				}
			}
		})
	}
}

func TestListsOfTheSameRowsAreCompressedOnce(t *testing.T) {
	rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, 500)...)
	for range 2 {
		listed := listOf(WithReply(t.Context(), http.Header{}, true), t, rest, nil)
		encoded(t, encoderOf(runtime.ContentTypeJSON, false), listed)
		if got := rest.lister.segments.kept.Len(); got != 1 {
			t.Errorf("%d segments are kept, want one", got)
		}
		parts, err := listed.parts()
		if err != nil {
			t.Fatal(err)
		}
		if rest.lister.segments.get(parts.revisions) == nil {
			t.Fatal("the segment of the list is not kept")
		}
		if fewer := rest.lister.segments.get(parts.revisions[1:]); fewer != nil {
			t.Error("fewer rows have the same segment")
		}
	}
}

// TestSegmentsTellListsOfOneFingerprintApart: two lists with the same fingerprint are not the same list.
func TestSegmentsTellListsOfOneFingerprintApart(t *testing.T) {
	s := newSegments()
	s.kept.Add(fingerprint([]uint64{7}), &segment{revisions: []uint64{8}})
	if s.get([]uint64{7}) != nil {
		t.Error("got the segment of another list")
	}
	s.keep(&segment{revisions: []uint64{7}})
	if s.get([]uint64{7}) == nil || s.kept.Len() != 1 {
		t.Error("one did not replace the other")
	}
}

func TestSegmentsTakeBoundedMemory(t *testing.T) {
	for name, tc := range map[string]struct {
		each, count, want int
	}{
		"few small ones":              {each: 10, count: 3, want: 3},
		"very many small ones":        {each: 10, count: 2 * segmentsCount, want: segmentsCount},
		"more than there is room for": {each: segmentsBytes/4 - 8, count: 20, want: 4},
		"one that is too large":       {each: segmentsBytes + 1, count: 1, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSegments()
			deflated := make([]byte, tc.each)
			for n := range tc.count {
				for range 2 {
					s.keep(&segment{revisions: []uint64{uint64(n)}, deflated: deflated})
				}
			}
			if got := s.kept.Len(); got != tc.want || s.memory != tc.want*(tc.each+8) {
				t.Errorf("%d segments of %d bytes are kept, want %d", got, s.memory, tc.want)
			}
		})
	}
}

func FuzzConcatCRC(f *testing.F) {
	f.Add([]byte(`{"items":[`), []byte("]}"))
	f.Add([]byte{}, bytes.Repeat([]byte("space"), 1000))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		got := concatCRC(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), len(b))
		if want := crc32.ChecksumIEEE(slices.Concat(a, b)); got != want {
			t.Errorf("the checksum is %x, want %x", got, want)
		}
	})
}

func TestListsAreEncodedConcurrently(t *testing.T) {
	rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, 300)...)
	encoder := encoderOf(runtime.ContentTypeJSON, false)
	var encoding sync.WaitGroup
	for n := range 8 {
		encoding.Go(func() {
			header := http.Header{}
			listed := listOf(WithReply(t.Context(), header, true), t, rest, &metainternalversion.ListOptions{Limit: int64(290 + n/2)})
			got, want := encoded(t, encoder, listed), encoded(t, encoder, listed.GetObject())
			if header.Get("Content-Encoding") == "gzip" {
				got = unzipped(t, []byte(got))
			}
			if got != want {
				t.Errorf("list %d: got %d bytes, want %d", n, len(got), len(want))
			}
		})
	}
	encoding.Wait()
}

// errWriter takes so many writes.
type errWriter int

func (w *errWriter) Write(p []byte) (int, error) {
	if *w == 0 {
		return 0, io.ErrClosedPipe
	}
	*w--
	return len(p), nil
}

func TestListReturnsErrorsOfTheReader(t *testing.T) {
	rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, 500)...)
	listed := listOf(WithReply(t.Context(), http.Header{}, true), t, rest, nil)
	for n := range 3 {
		w := errWriter(n)
		if err := encoderOf(runtime.ContentTypeJSON, false).Encode(listed, &w); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write %d failed, but the error is %v", n, err)
		}
	}
}
