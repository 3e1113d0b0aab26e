// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// convergeLimit is how long an informer may take to find its feet after faults. Those of client-go wait for up to a
// minute until they try again, after some failures.
const convergeLimit = 100 * time.Second

// converge returns when the store of every informer is what a list of its user has, and when lists have what the
// kube-apiserver says.
func (r *run) converge(t *testing.T) {
	t.Helper()
	began := time.Now()
	times := make([]time.Duration, len(r.informers))
	var comparisons sync.WaitGroup
	for n, i := range r.informers {
		comparisons.Go(func() {
			if err := i.compare(t.Context()); err != nil {
				t.Errorf("%s does not have what a list has: %v\n%s", i, err, r.background(i, err))
			}
			times[n] = time.Since(began)
		})
	}
	comparisons.Wait()
	slices.Sort(times)
	r.logf(t, "All informers have what lists have: half of them %s after the last change, all after %s",
		times[len(times)/2].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond))
	r.compareWithReviews(t)
}

// difference is what tells a list from a store.
type difference struct {
	names []string
	text  string
}

func (d *difference) Error() string { return d.text }

// compare returns when the store is what a list has.
func (i *informer) compare(ctx context.Context) error {
	return await(ctx, convergeLimit, func(ctx context.Context) error {
		list, err := i.fresh(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		want, got := byName(list.Items), stored(i.store.List())
		diff := cmp.Diff(want, got)
		if diff == "" {
			return nil
		}
		var names []string
		for name := range sets.KeySet(want).Union(sets.KeySet(got)) {
			if !cmp.Equal(want[name], got[name]) {
				names = append(names, name)
			}
		}
		return &difference{names, "(-list +informer):\n" + diff}
	})
}

func byName(items []v1alpha1.Space) map[string]v1alpha1.Space {
	result := map[string]v1alpha1.Space{}
	for _, item := range items {
		result[item.Name] = item
	}
	return result
}

func stored(objects []any) map[string]v1alpha1.Space {
	result := map[string]v1alpha1.Space{}
	for _, object := range objects {
		if space, ok := object.(*v1alpha1.Space); ok {
			result[space.Name] = *space
		}
	}
	return result
}

// background tells what happened around a difference.
func (r *run) background(i *informer, err error) string {
	names := []string{""}
	if diff, ok := errors.AsType[*difference](err); ok {
		names = diff.names
	}
	var text strings.Builder
	for _, name := range names[:min(len(names), 2)] {
		fmt.Fprintf(&text, "What %s was told of %q:\n", i, name)
		for _, e := range i.events(name, 40) {
			fmt.Fprintf(&text, "  %s %s %s %s\n", e.time.Format(clock), e.what, e.name, e.text)
		}
		fmt.Fprintf(&text, "What happened to %q:\n", name)
		for _, n := range r.scribe.latest(name, 60) {
			fmt.Fprintf(&text, "  %s\n", n)
		}
	}
	return text.String()
}

// sample is of how many people lists are held against reviews, in each pause.
const sample = 5

// compareWithReviews holds lists of some, at each replica, against what the kube-apiserver says they may get.
func (r *run) compareWithReviews(t *testing.T) {
	t.Helper()
	for range sample {
		p := pick(r.dice, r.people)
		err := await(t.Context(), convergeLimit, func(ctx context.Context) error { return r.review(ctx, p) })
		if err != nil {
			t.Errorf("What %s sees is not what may be got: %v", p.Name, err)
		}
	}
}

func (r *run) review(ctx context.Context, p *person) error {
	allowed, leaving, err := r.allowed(ctx, p)
	if err != nil {
		return err
	}
	for replica := range r.stage.replicas {
		list, err := spacesOf(p.at[replica]).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("listing at replica %d: %w", replica, err)
		}
		got := namesOf(list.Items).Difference(leaving)
		if diff := cmp.Diff(sets.List(allowed), sets.List(got)); diff != "" {
			return fmt.Errorf("at replica %d (-reviews +list):\n%s", replica, diff)
		}
		r.reviewed.Add(int64(len(got)))
	}
	return nil
}

// allowed returns the namespaces that the person may get, and those that are Terminating, of which that says nothing.
func (r *run) allowed(ctx context.Context, p *person) (allowed, leaving sets.Set[string], err error) {
	namespaces, err := r.stage.admin.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, err
	}
	allowed, leaving = sets.New[string](), sets.New[string]()
	for _, namespace := range namespaces.Items {
		if namespace.Status.Phase == corev1.NamespaceTerminating {
			leaving.Insert(namespace.Name)
			continue
		}
		may, err := r.may(ctx, p, namespace.Name)
		if err != nil {
			return nil, nil, err
		}
		if may && namespace.Name != spaces.SystemNamespace {
			allowed.Insert(namespace.Name)
		}
	}
	return allowed, leaving, nil
}

func (r *run) may(ctx context.Context, p *person, namespace string) (bool, error) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   p.Name,
		Groups: p.Groups,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: "get", Resource: "namespaces", Name: namespace, Namespace: namespace,
		},
	}}
	answer, err := r.stage.admin.Kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("asking whether %s may get %s: %w", p.Name, namespace, err)
	}
	return answer.Status.Allowed, nil
}
