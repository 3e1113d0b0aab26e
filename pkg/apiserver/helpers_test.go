// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"iter"
	"slices"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/clock"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// sight is an Access of which user sees which namespaces; "*" stands for all.
type sight map[string][]string

func (s sight) Sees(caller user.Info, namespace string) bool {
	return slices.Contains(s[caller.GetName()], namespace) || slices.Contains(s[caller.GetName()], "*")
}

func (s sight) Namespaces(caller user.Info) ([]string, bool) {
	if slices.Contains(s[caller.GetName()], "*") {
		return nil, true
	}
	return slices.Sorted(slices.Values(s[caller.GetName()])), false
}

func (s sight) Identities(caller user.Info) []any { return []any{caller.GetName()} }

func (s sight) Viewers(string) iter.Seq[any] { return func(func(any) bool) {} }

// nothing is an AccessChange that concerns nobody.
type nothing struct{}

func (nothing) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nothing) Viewers() iter.Seq[any]                { return func(func(any) bool) {} }
func (nothing) Concerns(string) bool                  { return false }

// following returns Policies that have been told of the namespaces.
func following(t *testing.T, namespaces ...*corev1.Namespace) *Policies {
	t.Helper()
	p := NewPolicies(10, clock.RealClock{})
	must(t, told(p.feeds).Replace(listed(namespaces...), "1000"))
	return p
}

// told are feeds that are told at once.
func told(f feeds) held {
	return newHeld(f, newBooks(newLedger(nil), listeners{func(string) {}, func(string) {}}), func() {})
}

// listed returns the namespaces with resource versions below 1000.
func listed(namespaces ...*corev1.Namespace) []any {
	var list []any
	for at, namespace := range namespaces {
		namespace = namespace.DeepCopy()
		namespace.ResourceVersion = strconv.Itoa(1 + at)
		list = append(list, namespace)
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// behind returns the namespace of that name with the object in its annotation, as the mapping has it.
func behind(t *testing.T, name string, mapping namespacestore.Mapping, object runtime.Object) *corev1.Namespace {
	t.Helper()
	value, err := mapping.Encode(object, nil)
	must(t, err)
	namespace := bare(name)
	namespace.Annotations = map[string]string{spacesapi.AnnotationObject: value}
	return namespace
}

// bare returns a namespace of that name, of which nobody has made anything.
func bare(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1"}}
}

func spoilt(name string) *corev1.Namespace {
	namespace := bare(name)
	namespace.Annotations = map[string]string{spacesapi.AnnotationObject: "{"}
	return namespace
}

func homeOf(t *testing.T, name string, spec spacesapi.AccountSpec) *corev1.Namespace {
	t.Helper()
	return behind(t, spacesapi.AccountHome(name), account.NewMapping(codec()), &spacesapi.Account{Spec: spec})
}

func systemWith(t *testing.T, policy spacesapi.SpacePolicy) *corev1.Namespace {
	t.Helper()
	return systemSaying(t, spacesapi.ClusterQuotaSpec{Space: policy})
}

func systemSaying(t *testing.T, spec spacesapi.ClusterQuotaSpec) *corev1.Namespace {
	t.Helper()
	return behind(t, spacesapi.SystemNamespace, clusterquota.NewMapping(codec()), &spacesapi.ClusterQuota{Spec: spec})
}

// texts returns the amounts as people write them; nil if there are none.
func texts(amounts corev1.ResourceList) map[corev1.ResourceName]string {
	var texts map[corev1.ResourceName]string
	for name, amount := range amounts {
		if texts == nil {
			texts = map[corev1.ResourceName]string{}
		}
		texts[name] = amount.String()
	}
	return texts
}

// placed returns the namespace of a Space of alice that is in place.
func placed(t *testing.T, name string, change func(*spacesapi.Space)) *corev1.Namespace {
	t.Helper()
	one := &spacesapi.Space{Status: spacesapi.SpaceStatus{Phase: spacesapi.SpaceActive, CreatedBy: "alice"}}
	if change != nil {
		change(one)
	}
	return behind(t, name, space.NewMapping(codec()), one)
}
