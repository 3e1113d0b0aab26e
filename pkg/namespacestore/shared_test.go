// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// counting is an encoder that counts what it does.
type counting struct{ calls atomic.Int32 }

func (c *counting) encode(object runtime.Object, w io.Writer) error {
	c.calls.Add(1)
	ns := object.(*corev1.Namespace)
	_, err := fmt.Fprintf(w, "%s@%s", ns.Name, ns.ResourceVersion)
	return err
}

func TestWatchesShareEncodings(t *testing.T) {
	const watches = 50
	synctest.Test(t, func(t *testing.T) {
		feed := syncedFeed(t, 20, 5)
		store, encoder := storeOf(feed), &counting{}
		written := make([]bytes.Buffer, watches)
		var reading sync.WaitGroup
		for n := range watches {
			w := startWatch(t.Context(), t, store, "bob", storage.ListOptions{ResourceVersion: "5"})
			reading.Go(func() {
				for range 3 {
					object := (<-w.ResultChan()).Object.(runtime.CacheableObject)
					if err := object.CacheEncode("json", encoder.encode, &written[n]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		synctest.Wait()
		must(t, feed.Update(namespace("a", 6)))
		must(t, feed.Update(namespace("a", 7)))
		must(t, feed.Delete(namespace("a", 8)))
		reading.Wait()
		if calls := encoder.calls.Load(); calls != 3 {
			t.Errorf("encoded %d times, want once for each of 3 events", calls)
		}
		for n := range written {
			if got := written[n].String(); got != "a@6a@7a@8" {
				t.Errorf("watch %d was written %q", n, got)
			}
		}
	})
}

func TestSharedObjectEncodesOnceByEachEncoder(t *testing.T) {
	shared := &sharedObject{object: namespace("a", 6)}
	json, yaml := &counting{}, &counting{}
	var out bytes.Buffer
	for range 3 {
		must(t, shared.CacheEncode("json", json.encode, &out))
		must(t, shared.CacheEncode("yaml", yaml.encode, &out))
	}
	if j, y := json.calls.Load(), yaml.calls.Load(); j != 1 || y != 1 {
		t.Errorf("encoded %d and %d times, want once each", j, y)
	}
	splice := runtime.NewSpliceBuffer()
	must(t, shared.CacheEncode("json", json.encode, splice.(io.Writer)))
	if got := string(splice.Bytes()); got != "a@6" {
		t.Errorf("spliced %q", got)
	}
}

func TestSharedObjectKeepsErrors(t *testing.T) {
	shared := &sharedObject{object: namespace("a", 6)}
	errEncode := errors.New("cannot")
	for range 2 {
		var out bytes.Buffer
		err := shared.CacheEncode("json", func(runtime.Object, io.Writer) error { return errEncode }, &out)
		if !errors.Is(err, errEncode) || out.Len() > 0 {
			t.Errorf("wrote %q, error %v, want %v and nothing", out.String(), err, errEncode)
		}
	}
}

func TestSharedObjectGivesCopiesAway(t *testing.T) {
	shared := &sharedObject{object: namespace("a", 6)}
	shared.GetObject().(*corev1.Namespace).Name = "changed"
	shared.DeepCopyObject().(*sharedObject).object.(*corev1.Namespace).Name = "changed"
	if name := shared.object.(*corev1.Namespace).Name; name != "a" {
		t.Errorf("the object was changed to %q", name)
	}
}

func TestEntrySharesWhatIsTheSame(t *testing.T) {
	feed := syncedFeed(t, 20, 5, namespace("a", 2))
	must(t, feed.Delete(namespace("a", 9)))
	e := feed.log.entries[len(feed.log.entries)-1]
	row := e.before.get("a")
	share := func(deleted bool) *sharedObject {
		object, err := e.share(row, deleted)
		must(t, err)
		return object
	}
	there, gone := share(false), share(true)
	if there != share(false) || gone != share(true) || there == gone {
		t.Error("the same object is not shared, or different ones are")
	}
	for want, object := range map[string]*sharedObject{"2": there, "9": gone} {
		if got := object.object.(*corev1.Namespace).ResourceVersion; got != want {
			t.Errorf("the resource version is %s, want %s", got, want)
		}
	}
	if row.Namespace.ResourceVersion != "2" {
		t.Error("the row has changed")
	}
}
