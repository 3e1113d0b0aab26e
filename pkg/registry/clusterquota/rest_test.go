// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// rights are what a reviewer allows, as "verb resource namespace/name".
type rights []string

func (r rights) Allows(_ context.Context, _ user.Info, what authorizationv1.ResourceAttributes) (bool, error) {
	asked := what.Verb + " " + what.Resource + " " + what.Namespace + "/" + what.Name
	for _, right := range r {
		if right == asked {
			return true, nil
		}
		if right == "broken" {
			return false, errors.New("nobody answers")
		}
	}
	return false, nil
}

const (
	toManage = "manage clusterquotas spaces-system/cluster"
	toUpdate = "update namespaces spaces-system/spaces-system"
	toBind   = "bind clusterroles /edit"
)

// everything is an Access by which everybody sees all.
type everything struct{}

func (everything) Sees(user.Info, string) bool           { return true }
func (everything) Namespaces(user.Info) ([]string, bool) { return nil, true }
func (everything) Identities(user.Info) []any            { return nil }
func (everything) Viewers(string) iter.Seq[any]          { return func(func(any) bool) {} }

// nothing is an AccessChange that concerns nobody.
type nothing struct{}

func (nothing) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nothing) Viewers() iter.Seq[any]                { return func(func(any) bool) {} }
func (nothing) Concerns(string) bool                  { return false }

// cluster is the namespaces that a Feed is told of, and which can be annotated.
type cluster struct {
	namespacestore.Namespaces

	feed *namespacestore.Feed
	now  *corev1.Namespace
}

func (c *cluster) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	if name != c.now.Name {
		return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), name)
	}
	return c.now.DeepCopy(), nil
}

func (c *cluster) Annotate(_ context.Context, namespace *corev1.Namespace, changes namespacestore.Annotations) (*corev1.Namespace, error) {
	c.now = namespace.DeepCopy()
	c.now.ResourceVersion, c.now.Annotations = "101", map[string]string{spaces.AnnotationObject: *changes[spaces.AnnotationObject]}
	return c.now.DeepCopy(), c.feed.Update(c.now.DeepCopy())
}

// serving returns a REST of the ClusterQuota in the namespace.
func serving(t *testing.T, may rights, namespace *corev1.Namespace) *REST {
	t.Helper()
	scheme, codecs := testScheme()
	feed := namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: testMapping(), History: 10, Clock: clock.RealClock{}})
	feed.SetAccess(everything{}, nothing{})
	if err := feed.Replace([]any{namespace.DeepCopy()}, "100"); err != nil {
		t.Fatal(err)
	}
	store := namespacestore.New(namespacestore.Config{
		Resource: Kind.GroupResource(), New: Kind.New, Mapping: testMapping(), Feed: feed, Namespaces: &cluster{feed: feed, now: namespace},
	})
	served, err := NewREST(Config{Scheme: scheme, Options: Kind.RESTOptions(store, codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)), Reviewer: may})
	if err != nil {
		t.Fatal(err)
	}
	return served
}

func asAlice(ctx context.Context) context.Context {
	ctx = request.WithUser(request.WithNamespace(ctx, metav1.NamespaceNone), &user.DefaultInfo{Name: "alice"})
	return request.WithRequestInfo(ctx, &request.RequestInfo{APIGroup: spaces.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version})
}

func update(t *testing.T, served *REST, name string, quota *spaces.ClusterQuota) (runtime.Object, error) {
	t.Helper()
	object, created, err := served.Update(asAlice(t.Context()), name, rest.DefaultUpdatedObjectInfo(quota), nil, nil, true, &metav1.UpdateOptions{})
	if created {
		t.Error("it was created")
	}
	return object, err
}

func TestUpdatePassesTheDoor(t *testing.T) {
	const forbidden = metav1.StatusReasonForbidden
	granting := theQuota("1h")
	granting.Spec.Space.ClusterRole = "edit"
	deleted := system()
	deleted.DeletionTimestamp = &noon
	for name, tc := range map[string]struct {
		rights    rights
		namespace *corev1.Namespace
		quota     *spaces.ClusterQuota
		want      metav1.StatusReason
		says      string
	}{
		"by manage":                     {rights: rights{toManage}},
		"by update of the namespace":    {rights: rights{toUpdate}},
		"not without either":            {rights: rights{"delete namespaces spaces-system/spaces-system", "manage clusterquotas /cluster"}, want: forbidden, says: `cannot manage it, nor update the namespace "spaces-system"`},
		"not without an answer":         {rights: rights{"broken"}, want: metav1.StatusReasonInternalError, says: "nobody answers"},
		"with a role to bind":           {rights: rights{toManage, toBind}, quota: granting},
		"not with a role not to bind":   {rights: rights{toManage}, quota: granting, want: forbidden, says: `cannot bind the ClusterRole "edit"`},
		"with a role that was there":    {rights: rights{toManage}, quota: granting, namespace: keeping(t, granting)},
		"not while it is being deleted": {rights: rights{toManage}, namespace: deleted, want: metav1.StatusReasonConflict, says: "being deleted"},
		"not to what is not valid":      {rights: rights{toManage}, quota: theQuota("soon"), want: metav1.StatusReasonInvalid, says: "spec.space.defaultTTL"},
	} {
		t.Run(name, func(t *testing.T) {
			namespace, quota := system(), theQuota("1h")
			if tc.namespace != nil {
				namespace = tc.namespace
			}
			if tc.quota != nil {
				quota = tc.quota
			}
			_, err := update(t, serving(t, tc.rights, namespace), "cluster", quota.DeepCopy())
			if got := apierrors.ReasonForError(err); (err == nil) != (tc.want == "") || (err != nil && got != tc.want) {
				t.Fatalf("%v (%s), want %q", err, got, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it says %q, want that it says %q", err, tc.says)
			}
		})
	}
}

func TestUpdateLetsNextDecide(t *testing.T) {
	no := errors.New("admission says no")
	validate := serving(t, rights{toManage}, system()).update(func(context.Context, runtime.Object, runtime.Object) error { return no })
	if err := validate(asAlice(t.Context()), theQuota("1h"), theQuota("2h")); !errors.Is(err, no) {
		t.Errorf("error: %v, want what the next says", err)
	}
	if err := validate(asAlice(t.Context()), theQuota("1h"), &spaces.Space{}); !apierrors.IsInternalError(err) {
		t.Errorf("of what is no ClusterQuota: %v", err)
	}
}

func TestThereIsOneClusterQuota(t *testing.T) {
	served := serving(t, rights{toManage}, keeping(t, theQuota("1h")))
	for _, name := range []string{"other", "cluster-2", "a", "spaces-system"} {
		quota := theQuota("1h")
		quota.Name, quota.ResourceVersion = name, ""
		if _, err := update(t, served, name, quota); !apierrors.IsNotFound(err) {
			t.Errorf("update of %q: %v, want that it is not found", name, err)
		}
		if _, err := served.Get(asAlice(t.Context()), name, &metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("get of %q: %v, want that it is not found", name, err)
		}
	}
	listed, err := served.List(asAlice(t.Context()), &metainternalversion.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if items := listed.(*spaces.ClusterQuotaList).Items; len(items) != 1 || items[0].Name != "cluster" {
		t.Errorf("listed are %v", items)
	}
	for name, offers := range map[string]func() bool{
		"create": func() bool { _, ok := any(served).(rest.Creater); return ok },
		"delete": func() bool { _, ok := any(served).(rest.GracefulDeleter); return ok },
	} {
		if offers() {
			t.Errorf("it offers to %s", name)
		}
	}
}

// An administrator mends by an update what somebody has spoilt, and nothing of that is left.
func TestUpdateMendsWhatCannotBeRead(t *testing.T) {
	spoilt := system()
	spoilt.Annotations[spaces.AnnotationObject] = "{"
	served := serving(t, rights{toUpdate}, spoilt)
	if _, err := update(t, served, "cluster", theQuota("1h")); err != nil {
		t.Fatal(err)
	}
	got, err := served.Get(asAlice(t.Context()), "cluster", &metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	quota := got.(*spaces.ClusterQuota)
	if diff := cmp.Diff(theQuota("1h").Spec, quota.Spec); diff != "" || backing.HasReason(quota.Status.Conditions, backing.ReasonUndecodable) {
		t.Errorf("status %+v; spec (-want +got):\n%s", quota.Status, diff)
	}
}

func TestStrategyUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		ttl        spaces.Duration
		generation int64
	}{
		"the same":   {ttl: "1h", generation: 3},
		"a new text": {ttl: "60m", generation: 4},
	} {
		t.Run(name, func(t *testing.T) {
			old, quota := theQuota("1h"), theQuota(tc.ttl)
			old.Generation, old.Status = 3, spaces.ClusterQuotaStatus{
				Spaces: 2, Quota: &spaces.QuotaStatus{}, Conditions: []metav1.Condition{{Type: spaces.ConditionReady, Reason: "Fine"}},
			}
			quota.Generation, quota.Status = 99, spaces.ClusterQuotaStatus{Spaces: 9}
			strategy{}.PrepareForUpdate(t.Context(), quota, old)
			if diff := cmp.Diff(old.Status, quota.Status); diff != "" || quota.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", quota.Generation, tc.generation, diff)
			}
		})
	}
}

func TestTable(t *testing.T) {
	bounded := theQuota("1h")
	bounded.Spec.Space.MaxTTL = new(spaces.Duration("24h"))
	bounded.Status.Spaces = 12
	bounded.Status.Quota = &spaces.QuotaStatus{Hard: corev1.ResourceList{"spaces": resource.MustParse("100"), "pods": resource.MustParse("9")}}
	for name, tc := range map[string]struct {
		quota *spaces.ClusterQuota
		want  []any
	}{
		"one that says something": {quota: bounded, want: []any{"cluster", "1h", "24h", "12/100", "<none>", "<none>", "pods: 0/9", "<unknown>"}},
		"one that says nothing":   {quota: &spaces.ClusterQuota{}, want: []any{"", "<none>", "<none>", "0", "<none>", "<none>", "<none>", "<unknown>"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newTable().ConvertToTable(t.Context(), tc.quota, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Rows[0].Cells); diff != "" || len(got.ColumnDefinitions) != len(tc.want) {
				t.Errorf("%d columns; cells (-want +got):\n%s", len(got.ColumnDefinitions), diff)
			}
		})
	}
}
