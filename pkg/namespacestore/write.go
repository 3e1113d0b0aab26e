// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/klog/v2"
)

// sightGrace is how long an update that would create waits for an object that exists, but that its caller does not see.
const sightGrace = time.Second

// rollbackTimeout is how long the deletion of a namespace may take that could not be provisioned.
const rollbackTimeout = 10 * time.Second

// Create implements storage.Interface. The write that decides is that of the namespace, with the encoded object in
// it. If it cannot be provisioned then, it is deleted again.
func (s *Store) Create(ctx context.Context, key string, obj, out runtime.Object, _ uint64) error {
	if revision, err := versioner.ObjectResourceVersion(obj); err == nil && revision != 0 {
		return storage.ErrResourceVersionSetOnCreate
	}
	namespace, err := s.create(ctx, key, obj)
	if err != nil {
		return err
	}
	return s.answer(namespace, out)
}

func (s *Store) create(ctx context.Context, key string, obj runtime.Object) (*corev1.Namespace, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name, err := s.nameOf(key)
	if err != nil {
		return nil, err
	}
	fresh, err := s.newNamespace(name, obj)
	if err != nil {
		return nil, err
	}
	release, err := s.reserve(ctx, obj)
	if err != nil {
		return nil, err
	}
	defer release()
	namespace, err := s.Namespaces.Create(ctx, fresh, metav1.CreateOptions{})
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil, storage.NewKeyExistsError(key, 0)
	case err != nil:
		return nil, s.relabel(err, name)
	}
	provisioned, err := s.fill(ctx, namespace, release)
	if err != nil {
		return nil, s.undo(ctx, namespace, err)
	}
	return provisioned, s.awaitWrite(ctx, caller, provisioned)
}

// newNamespace returns the namespace that is to be created for the object.
func (s *Store) newNamespace(name string, object runtime.Object) (*corev1.Namespace, error) {
	value, err := s.Mapping.Encode(object, nil)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if s.Provisioner != nil {
		if namespace.Labels, namespace.Annotations, err = s.Provisioner.Metadata(object); err != nil {
			return nil, err
		}
	}
	metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, s.birth(), value)
	return namespace, nil
}

// fill provisions a namespace that was created just now, if there is room for it. First it waits until the cache has it, and
// so the Ledger, and like as not the kube-apiserver, which makes a write into a namespace that it has not heard of wait for
// 50 ms.
func (s *Store) fill(ctx context.Context, namespace *corev1.Namespace, release func()) (*corev1.Namespace, error) {
	if _, err := s.awaitSeen(ctx, nil, namespace); err != nil {
		return nil, err
	}
	release()
	if err := s.admit(ctx, namespace); err != nil {
		return nil, err
	}
	return s.provision(ctx, namespace)
}

// provision fills the namespace and stores that it is, while that comes into effect. Whoever changes the namespace in
// between is not in the way.
func (s *Store) provision(ctx context.Context, namespace *corev1.Namespace) (*corev1.Namespace, error) {
	if s.Provisioner == nil {
		return namespace, nil
	}
	for {
		done, err := s.Provisioner.Provision(ctx, s.Mapping.Decode(namespace))
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil, s.deletedMeanwhile(namespace.Name)
		}
		if err != nil {
			return nil, err
		}
		settled := make(chan error, 1)
		go func() { settled <- s.Provisioner.Settle(ctx, done) }()
		provisioned, err := s.restore(ctx, namespace, done)
		if unsettled := <-settled; unsettled != nil {
			return nil, unsettled
		}
		if !apierrors.IsConflict(err) {
			return provisioned, err
		}
		if namespace, err = s.same(ctx, namespace); err != nil {
			return nil, err
		}
	}
}

// restore stores the object anew.
func (s *Store) restore(ctx context.Context, namespace *corev1.Namespace, object runtime.Object) (*corev1.Namespace, error) {
	value, err := s.Mapping.Encode(object, namespace)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	return s.Namespaces.Annotate(ctx, namespace, s.granted(value))
}

// same returns the namespace as it is now, if it is still the same one.
func (s *Store) same(ctx context.Context, namespace *corev1.Namespace) (*corev1.Namespace, error) {
	now, err := s.Namespaces.Get(ctx, namespace.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if now.UID != namespace.UID || now.DeletionTimestamp != nil {
		return nil, s.deletedMeanwhile(namespace.Name)
	}
	return now, nil
}

// undone is why a namespace was deleted again that could not be provisioned. Another attempt would find the deletion.
type undone struct {
	*apierrors.StatusError
}

// undo deletes the namespace, and returns why to the caller, with the code and the reason that the cluster gave for it.
func (s *Store) undo(ctx context.Context, namespace *corev1.Namespace, why error) error {
	var status *apierrors.StatusError
	if !errors.As(why, &status) {
		status = apierrors.NewInternalError(why)
	}
	said := status.ErrStatus.DeepCopy()
	said.Message = why.Error()
	if err := s.rollback(ctx, namespace, why); err != nil {
		said.Message += "; " + err.Error()
	}
	return undone{&apierrors.StatusError{ErrStatus: *said}}
}

// rollback deletes the namespace, even if the request that created it has ended.
func (s *Store) rollback(ctx context.Context, namespace *corev1.Namespace, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	deleted, err := s.Namespaces.Delete(ctx, namespace.Name, metav1.Preconditions{UID: &namespace.UID})
	if err == nil && errors.As(why, &refused{}) {
		s.drop(ctx, deleted)
	}
	klog.FromContext(ctx).V(2).Info("Deleted a namespace that could not be provisioned", "namespace", klog.KObj(namespace), "err", err)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("delete the namespace %q, which could not be provisioned: %w", namespace.Name, err)
	}
	return nil
}

// awaitWrite waits until the Feed has the namespace as it was written, and until the caller, unless nil, sees it. What it
// saw then is remembered as shown to the client.
func (s *Store) awaitWrite(ctx context.Context, caller user.Info, written *corev1.Namespace) error {
	seen, err := s.awaitSeen(ctx, caller, written)
	if err == nil && strconv.FormatUint(seen.revision, 10) == written.ResourceVersion {
		s.Feed.lists.remember(clientOf(ctx), seen)
	}
	return err
}

// awaitSeen returns the first view that has the namespace as it was written, and that the caller, unless nil, sees it in.
func (s *Store) awaitSeen(ctx context.Context, caller user.Info, written *corev1.Namespace) (*view, error) {
	revision, err := versioner.ParseResourceVersion(written.ResourceVersion)
	if err != nil {
		return nil, err
	}
	seen, err := s.Feed.await(ctx, func(v *view) bool {
		return v.revision >= revision && (caller == nil || v.access.Sees(caller, written.Name))
	})
	if err != nil {
		return nil, interrupted(err)
	}
	return seen, nil
}

// Delete implements storage.Interface. The deletion of a namespace takes its time: out is the object as it is while
// that goes on. If what was deleted is not Terminating it has gone, and out is the object as it was.
func (s *Store) Delete(ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validate storage.ValidateObjectFunc, _ runtime.Object, _ storage.DeleteOptions) error {
	var deleted *corev1.Namespace
	err := s.attempt(ctx, key, s.findCached, func(row *Row) (*corev1.Namespace, error) {
		if row == nil {
			return nil, storage.NewKeyNotFoundError(key, 0)
		}
		if err := preconditions.Check(key, row.Object); err != nil {
			return nil, err
		}
		if err := validate(ctx, row.Object.DeepCopyObject()); err != nil {
			return nil, err
		}
		var err error
		deleted, err = s.Namespaces.Delete(ctx, row.Namespace.Name, metav1.Preconditions{
			UID:             &row.Namespace.UID,
			ResourceVersion: &row.Namespace.ResourceVersion,
		})
		return deleted, err
	}, out)
	if err != nil || deleted.DeletionTimestamp != nil {
		return err
	}
	return s.awaitGone(ctx, deleted)
}

// awaitGone waits until the Feed does not have the namespace any more.
func (s *Store) awaitGone(ctx context.Context, deleted *corev1.Namespace) error {
	_, err := s.Feed.await(ctx, func(v *view) bool {
		row := v.get(deleted.Name)
		return row == nil || row.Namespace.UID != deleted.UID
	})
	if err != nil {
		return interrupted(err)
	}
	return nil
}

// GuaranteedUpdate implements storage.Interface. What is updated is read from the kube-apiserver: the annotation is in no
// cache.
func (s *Store) GuaranteedUpdate(ctx context.Context, key string, out runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, _ runtime.Object) error {
	return s.attempt(ctx, key, s.findLive, func(row *Row) (*corev1.Namespace, error) {
		if row == nil && !ignoreNotFound {
			return nil, storage.NewKeyNotFoundError(key, 0)
		}
		current, meta := s.New(), storage.ResponseMeta{}
		if row != nil {
			current, meta.ResourceVersion = row.Object.DeepCopyObject(), row.revision
		}
		if err := preconditions.Check(key, current); err != nil {
			return nil, err
		}
		updated, _, err := tryUpdate(current, meta)
		if err != nil {
			return nil, err
		}
		return s.store(ctx, key, updated, row)
	}, out)
}

// store writes the object to the row, or creates one for it.
func (s *Store) store(ctx context.Context, key string, object runtime.Object, row *Row) (*corev1.Namespace, error) {
	if row == nil {
		if err := versioner.PrepareObjectForStorage(object); err != nil {
			return nil, storage.NewInternalError(err)
		}
		return s.create(ctx, key, object)
	}
	value, err := s.Mapping.Encode(object, row.whole)
	if err != nil {
		return nil, storage.NewInternalError(err)
	}
	if stored, ok := row.whole.Annotations[s.Mapping.Annotation()]; ok && value == stored {
		return nil, errNoChange
	}
	return s.change(ctx, row.whole, object, value)
}

// errNoChange says that the row is already as it shall be.
var errNoChange = errors.New("no change")

// finder finds the row of a key as the caller sees it, or nil if there is none.
type finder func(ctx context.Context, key string) (*Row, error)

// attempt writes by the function try, which it gives the row as the caller sees it, until try has the last word. The
// row that try gets at first may come from the cache, and be old: only what try says of the row as the kube-apiserver has
// it counts as an error.
func (s *Store) attempt(ctx context.Context, key string, first finder, try func(*Row) (*corev1.Namespace, error), out runtime.Object) error {
	row, err := first(ctx, key)
	for err == nil {
		namespace, tried := try(row)
		switch {
		case tried == nil:
			return s.finish(ctx, namespace, out)
		case errors.Is(tried, errNoChange):
			return s.answer(row.whole, out)
		case errors.As(tried, &undone{}):
			return tried
		case storage.IsExist(tried):
			s.awaitSight(ctx, key)
		case row != nil && row.whole != nil && !isRace(tried):
			return s.final(tried, key, row)
		}
		before := row
		if row, err = s.findLive(ctx, key); err == nil && sameRow(before, row) {
			return s.final(tried, key, before)
		}
	}
	return err
}

// awaitSight gives whoever creates the same object for the same caller at this moment the time to finish: until then the
// caller does not see what exists.
func (s *Store) awaitSight(ctx context.Context, key string) {
	caller, err := callerOf(ctx)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sightGrace)
	defer cancel()
	name := s.Mapping.Name(key)
	_, _ = s.Feed.await(ctx, func(v *view) bool { return v.get(name) != nil && v.access.Sees(caller, name) })
}

// isRace tells whether what was tried might succeed on a row that has changed since.
func isRace(tried error) bool {
	return apierrors.IsConflict(tried) || apierrors.IsNotFound(tried) || storage.IsExist(tried)
}

func sameRow(a, b *Row) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Namespace.UID == b.Namespace.UID && a.revision == b.revision
}

func (s *Store) final(tried error, key string, row *Row) error {
	if apierrors.IsNotFound(tried) && row != nil {
		return storage.NewKeyNotFoundError(key, 0)
	}
	return s.relabel(tried, s.Mapping.Name(key))
}

func (s *Store) finish(ctx context.Context, namespace *corev1.Namespace, out runtime.Object) error {
	if err := s.awaitWrite(ctx, nil, namespace); err != nil {
		return err
	}
	return s.answer(namespace, out)
}

// findCached returns the row of the key as the cache has it.
func (s *Store) findCached(ctx context.Context, key string) (*Row, error) {
	return s.find(ctx, s.Feed.head(), key)
}

// findLive returns the row of the key as the kube-apiserver has it now, or nil if there is none, or none that the
// caller sees.
func (s *Store) findLive(ctx context.Context, key string) (*Row, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name, err := s.nameOf(key)
	if err != nil {
		return nil, err
	}
	if sees, err := s.sees(ctx, s.Feed.head(), caller, name); err != nil || !sees {
		return nil, err
	}
	namespace, err := s.Namespaces.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.relabel(err, name)
	}
	if !s.Mapping.Shows(namespace) {
		return nil, nil
	}
	row, err := newRow(s.Mapping.Decode(namespace), namespace)
	if err == nil {
		row.whole = namespace
	}
	return row, err
}
