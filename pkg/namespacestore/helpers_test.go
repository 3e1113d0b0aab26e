// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/clock"
)

// plain shows every namespace as itself, but for those whose names start with "hidden".
type plain struct{}

func (plain) Name(key string) string { return strings.TrimPrefix(key, "/things/") }
func (plain) Key(name string) string { return "/things/" + name }
func (plain) Annotation() string     { return "object" }
func (plain) Shows(namespace *corev1.Namespace) bool {
	return !strings.HasPrefix(namespace.Name, "hidden")
}
func (plain) Decode(namespace *corev1.Namespace) runtime.Object { return namespace }
func (plain) Encode(object runtime.Object, _ *corev1.Namespace) (string, error) {
	return object.(*corev1.Namespace).Annotations["object"], nil
}

// sees is an Access of which user sees which namespaces; "*" stands for all.
type sees map[string][]string

func (s sees) Sees(caller user.Info, namespace string) bool {
	return slices.Contains(s[caller.GetName()], namespace) || slices.Contains(s[caller.GetName()], "*")
}

func (s sees) Namespaces(caller user.Info) ([]string, bool) {
	if slices.Contains(s[caller.GetName()], "*") {
		return nil, true
	}
	return slices.Sorted(slices.Values(s[caller.GetName()])), false
}

func (s sees) Identities(caller user.Info) []any { return []any{caller.GetName()} }

func (s sees) Viewers(namespace string) iter.Seq[any] {
	return func(yield func(any) bool) {
		for name := range s {
			if s.Sees(&user.DefaultInfo{Name: name}, namespace) && !yield(name) {
				return
			}
		}
	}
}

// anyOf is an AccessChange that tells nothing but that there may be a change.
type anyOf struct{}

func (anyOf) Namespaces(user.Info) ([]string, bool) { return nil, true }

func (anyOf) Concerns(string) bool { return true }

func (anyOf) Viewers() iter.Seq[any] {
	return slices.Values([]any{"alice", "bob", "carol", "eve"})
}

func namespace(name string, revision uint64, labels ...string) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:            name,
		ResourceVersion: strconv.FormatUint(revision, 10),
	}}
	for _, label := range labels {
		metav1.SetMetaDataLabel(&ns.ObjectMeta, label, "")
	}
	return ns
}

func newFeed(history int, observers ...Observer) *Feed {
	feed := NewFeed(FeedConfig{Mapping: plain{}, History: history, Clock: clock.RealClock{}})
	for _, observer := range observers {
		feed.Observe(observer)
	}
	return feed
}

// syncedFeed returns a Feed that was given the namespaces at the revision, all of which bob sees.
func syncedFeed(t *testing.T, history int, revision uint64, namespaces ...*corev1.Namespace) *Feed {
	t.Helper()
	feed := newFeed(history)
	feed.SetAccess(sees{"bob": {"*"}}, anyOf{})
	must(t, feed.Replace(list(namespaces...), strconv.FormatUint(revision, 10)))
	return feed
}

func list(namespaces ...*corev1.Namespace) []any {
	items := make([]any, 0, len(namespaces))
	for _, ns := range namespaces {
		items = append(items, ns)
	}
	return items
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func storeOf(feed *Feed) *Store {
	return New(Config{
		Resource: schema.GroupResource{Resource: "things"},
		New:      func() runtime.Object { return &corev1.Namespace{} },
		Mapping:  plain{},
		Feed:     feed,
	})
}

func as(ctx context.Context, name string) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: name})
}

func selecting(label string) storage.SelectionPredicate {
	everything := storage.Everything
	everything.GetAttrs = func(obj runtime.Object) (labels.Set, fields.Set, error) {
		return obj.(*corev1.Namespace).Labels, nil, nil
	}
	if label != "" {
		everything.Label = labels.SelectorFromSet(labels.Set{label: ""})
	}
	return everything
}
