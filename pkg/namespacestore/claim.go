// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"
)

// Annotations are changes of the annotations of a namespace: values by their keys, nil for one that is to go.
type Annotations map[string]*string

// Ledger decides whether there is room for what objects cost. It follows the same namespaces as the Feed, and has observed
// all that the Feed has. Errors are those that the caller is to get.
type Ledger interface {
	// Cost returns what else to write when the namespace comes to show the object.
	Cost(namespace *corev1.Namespace, object runtime.Object) (Cost, error)
	// Reserve returns when there seems to be room for the object, which the namespace shall come to show, or nil for a new
	// one; or why there is none. Room is kept until release is called, which may be called more than once.
	Reserve(ctx context.Context, namespace *corev1.Namespace, object runtime.Object) (release func(), err error)
	// Admit returns when the claim that stands in the namespace may be granted, or why it may not.
	Admit(ctx context.Context, name string) error
}

// Cost is what an object costs in another way than the one that the namespace shows.
type Cost struct {
	// Claim is to be admitted before; "" if the object costs no more.
	Claim string
	// Held is what the namespace costs besides, until it is taken away there; nil for nothing.
	Held *string
}

// Claims is how a Store has its objects cost no more than there is: whoever writes an object that costs more first writes
// what it claims into the namespace, and then asks the Ledger.
type Claims struct {
	Ledger Ledger
	// New is the annotation that holds an object which has not been granted yet, and is "" when it never will be: no object
	// is shown for such a namespace. Claim is the one of an object that is to cost more, and Held that of what it costs besides.
	New, Claim, Held string
}

// reserve keeps room for a new object.
func (s *Store) reserve(ctx context.Context, object runtime.Object) (release func(), err error) {
	if s.Claims == nil {
		return func() {}, nil
	}
	return s.Claims.Ledger.Reserve(ctx, nil, object)
}

// birth is the annotation that a new object is in at first.
func (s *Store) birth() string {
	if s.Claims == nil {
		return s.Mapping.Annotation()
	}
	return s.Claims.New
}

// granted is what is written when the namespace is to show the object of this value, and nothing is claimed any more.
func (s *Store) granted(value string) Annotations {
	annotations := Annotations{s.Mapping.Annotation(): &value}
	if s.Claims != nil {
		annotations[s.Claims.New] = nil
	}
	return annotations
}

// refused is why a claim was not admitted.
type refused struct {
	error
}

func (r refused) Unwrap() error { return r.error }

// admit decides on the claim of a new object.
func (s *Store) admit(ctx context.Context, namespace *corev1.Namespace) error {
	if s.Claims == nil {
		return nil
	}
	if err := s.Claims.Ledger.Admit(ctx, namespace.Name); err != nil {
		return refused{err}
	}
	return nil
}

// drop has the namespace, which is being deleted, claim nothing more: nothing of what it claims has come to be there.
func (s *Store) drop(ctx context.Context, namespace *corev1.Namespace) {
	if namespace == nil || namespace.DeletionTimestamp == nil {
		return
	}
	nothing := ""
	_, err := s.Namespaces.Annotate(ctx, namespace, Annotations{s.Claims.New: &nothing})
	klog.FromContext(ctx).V(2).Info("Dropped a claim that was refused", "namespace", klog.KObj(namespace), "err", err)
}

// change has the namespace show the object of this value. If that costs more, it is claimed before.
func (s *Store) change(ctx context.Context, namespace *corev1.Namespace, object runtime.Object, value string) (*corev1.Namespace, error) {
	if s.Claims == nil {
		return s.Namespaces.Annotate(ctx, namespace, s.granted(value))
	}
	cost, err := s.Claims.Ledger.Cost(namespace, object)
	if err != nil {
		return nil, err
	}
	if cost.Claim != "" {
		if namespace, err = s.claim(ctx, namespace, object, cost.Claim); err != nil {
			return nil, err
		}
	}
	annotations := s.granted(value)
	annotations[s.Claims.Claim], annotations[s.Claims.Held] = nil, cost.Held
	return s.Namespaces.Annotate(ctx, namespace, annotations)
}

// claim returns the namespace with a claim that is admitted. First it waits until the Ledger knows what the namespace has: it
// was read from the kube-apiserver.
func (s *Store) claim(ctx context.Context, namespace *corev1.Namespace, object runtime.Object, claim string) (*corev1.Namespace, error) {
	if _, err := s.awaitSeen(ctx, nil, namespace); err != nil {
		return nil, err
	}
	release, err := s.Claims.Ledger.Reserve(ctx, namespace, object)
	if err != nil {
		return nil, err
	}
	defer release()
	claimed, err := s.Namespaces.Annotate(ctx, namespace, Annotations{s.Claims.Claim: &claim})
	if err != nil {
		return nil, err
	}
	if _, err := s.awaitSeen(ctx, nil, claimed); err != nil {
		return nil, err
	}
	release()
	if err := s.Claims.Ledger.Admit(ctx, namespace.Name); err != nil {
		_, unclaimed := s.unclaim(context.WithoutCancel(ctx), claimed)
		return nil, errors.Join(err, unclaimed)
	}
	return claimed, nil
}

// unclaim has the namespace claim nothing more than it has. That it has changed in between is not worth an error: the claim
// is another one then, or whoever finds it removes it.
func (s *Store) unclaim(ctx context.Context, namespace *corev1.Namespace) (*corev1.Namespace, error) {
	ctx, cancel := context.WithTimeout(ctx, rollbackTimeout)
	defer cancel()
	unclaimed, err := s.Namespaces.Annotate(ctx, namespace, Annotations{s.Claims.Claim: nil})
	if isRace(err) {
		return namespace, nil
	}
	return unclaimed, err
}

// Decide decides on a claim of whoever has not come to do so: a new object is granted, or its namespace deleted; and nobody
// waits for anything else. Errors are those of the kube-apiserver, or why there is no room.
func (s *Store) Decide(ctx context.Context, name string) error {
	namespace, err := s.Namespaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil || namespace.DeletionTimestamp != nil {
		return err
	}
	if _, claims := namespace.Annotations[s.Claims.Claim]; claims {
		if namespace, err = s.unclaim(ctx, namespace); err != nil {
			return err
		}
	}
	value, isNew := namespace.Annotations[s.Claims.New]
	if _, shown := namespace.Annotations[s.Mapping.Annotation()]; shown || !isNew {
		return nil
	}
	// Whoever has claimed it may have been admitted, and have put something there.
	if err := s.Claims.Ledger.Admit(ctx, name); err != nil {
		return s.undo(ctx, namespace, err)
	}
	granted, err := s.Namespaces.Annotate(ctx, namespace, s.granted(value))
	if err != nil {
		return err
	}
	_, err = s.awaitSeen(ctx, nil, granted)
	return err
}

// deletedMeanwhile is the error of a write to what is not there any more.
func (s *Store) deletedMeanwhile(namespace string) error {
	return apierrors.NewConflict(s.Resource, s.objectName(namespace), errors.New("it was deleted while it was being created"))
}
