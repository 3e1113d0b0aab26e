// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

// Behind has an element when a client has asked for a revision that is not known to be reached here: it comes from
// another replica. Confirm then helps.
func (f *Feed) Behind() <-chan struct{} { return f.behind }

// Confirm takes a list of all namespaces. If it has what the Feed has, nothing is missing here up to its resource version.
func (f *Feed) Confirm(list []corev1.Namespace, resourceVersion string) error {
	revision, err := versioner.ParseResourceVersion(resourceVersion)
	if err != nil {
		return err
	}
	head := f.head()
	if !f.has(head, list) {
		return nil
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.log.head.rows == head.rows {
		f.bookmarked = max(f.bookmarked, revision)
		f.reachLocked(f.wanted)
	}
	return nil
}

// has tells whether the view has exactly what is shown of the list.
func (f *Feed) has(v *view, list []corev1.Namespace) bool {
	shown := 0
	for n := range list {
		namespace := &list[n]
		if !f.config.Mapping.Shows(namespace) {
			continue
		}
		shown++
		if row := v.get(namespace.Name); row == nil || row.Namespace.ResourceVersion != namespace.ResourceVersion {
			return false
		}
	}
	return shown == v.rows.Len()
}

// want has the Feed go to the revision as soon as that is known to be reached.
func (f *Feed) want(revision uint64) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.wanted = max(f.wanted, revision)
	f.reachLocked(revision)
	if f.log.head.revision >= revision {
		return
	}
	select {
	case f.behind <- struct{}{}:
	default:
	}
}

// reach has the Feed go to the newest revision that is known to be reached.
func (f *Feed) reach() {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.reachLocked(f.bookmarked)
}

// reachLocked goes to the revision of the last bookmark if that is on the way to what is wanted.
func (f *Feed) reachLocked(wanted uint64) {
	if head := f.log.head; wanted > head.revision && f.bookmarked > head.revision {
		next := head.successor(f.config.Clock.Now())
		next.revision = f.bookmarked
		f.appendLocked(&entry{after: next})
	}
}

// awaitRevision returns the first view from now on that is not older than the revision.
func (f *Feed) awaitRevision(ctx context.Context, revision uint64) (*view, error) {
	if revision > f.head().revision {
		f.want(revision)
	}
	return f.await(ctx, func(v *view) bool { return v.revision >= revision })
}
