// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/storage"
)

// late is Namespaces of which one is deleted at once, of which the Feed is told later.
type late struct {
	Namespaces

	deleted *corev1.Namespace
}

func (l late) Delete(context.Context, string, metav1.Preconditions) (*corev1.Namespace, error) {
	return l.deleted.DeepCopy(), nil
}

// What has gone is gone here, too, when that is answered; what is going is shown as it is while that goes on.
func TestDeleteReturnsWhenWhatHasGoneIsNotShown(t *testing.T) {
	now := metav1.Now()
	old, again, going, other := namespace("a", 3), namespace("a", 9), namespace("a", 4), namespace("b", 8)
	old.UID, again.UID, going.UID = "old", "new", "old"
	going.DeletionTimestamp = &now
	for name, tc := range map[string]struct {
		deleted *corev1.Namespace
		tell    func(*Feed) error
	}{
		"it goes":                      {deleted: old, tell: func(f *Feed) error { return f.Delete(namespace("a", 8)) }},
		"there is another one by then": {deleted: old, tell: func(f *Feed) error { return f.Update(again.DeepCopy()) }},
		"it takes its time":            {deleted: going, tell: func(f *Feed) error { return f.Update(going.DeepCopy()) }},
		"something else comes first":   {deleted: old, tell: func(f *Feed) error { return errors.Join(f.Update(other), f.Delete(namespace("a", 9))) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := syncedFeed(t, 10, 3, old.DeepCopy())
				store := storeOf(feed)
				store.Namespaces = late{deleted: tc.deleted}
				out, answered := &corev1.Namespace{}, make(chan error, 1)
				go func() {
					answered <- store.Delete(as(t.Context(), "bob"), "/things/a", out, &storage.Preconditions{}, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{})
				}()
				synctest.Wait()
				if len(answered) > 0 {
					t.Error("answered before it is told")
				}
				must(t, tc.tell(feed))
				must(t, <-answered)
				if out.UID != "old" || out.ResourceVersion != tc.deleted.ResourceVersion {
					t.Errorf("the answer is %+v", out)
				}
			})
		})
	}
}

func TestDeleteThatIsNotSeenInTimeSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := storeOf(syncedFeed(t, 10, 3, namespace("a", 3)))
		store.Namespaces = late{deleted: namespace("a", 3)}
		ctx, cancel := context.WithTimeout(as(t.Context(), "bob"), time.Second)
		defer cancel()
		err := store.Delete(ctx, "/things/a", &corev1.Namespace{}, &storage.Preconditions{}, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{})
		if !apierrors.IsTimeout(err) {
			t.Errorf("error: %v, want that the time is over", err)
		}
	})
}

func TestErrorsAreToldOfWhateverIsBehindTheObject(t *testing.T) {
	for name, err := range map[string]error{
		"a namespace": apierrors.NewConflict(namespacesResource, "a", context.Canceled),
		"a ConfigMap": apierrors.NewConflict(corev1.Resource("configmaps"), "a", context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			const want = `Operation cannot be fulfilled on things "a": context canceled`
			if got := storeOf(nil).relabel(err, "a"); got.Error() != want {
				t.Errorf("told %q, want %q", got, want)
			}
		})
	}
}
