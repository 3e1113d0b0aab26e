// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
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

// cluster is what is behind templates, for several callers at a time: it goes at once when it is deleted, unless it is held, as a Feed is told.
type cluster struct {
	feed *namespacestore.Feed
	held bool

	lock     sync.Mutex
	rows     map[string]*corev1.Namespace
	revision int
	deleted  []string
}

func (c *cluster) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.rows[name] == nil {
		return nil, apierrors.NewNotFound(corev1.Resource("configmaps"), name)
	}
	return c.rows[name].DeepCopy(), nil
}

func (c *cluster) Create(_ context.Context, namespace *corev1.Namespace, _ metav1.CreateOptions) (*corev1.Namespace, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	created := namespace.DeepCopy()
	created.Labels, created.UID = Labels(), "new"
	return c.set(created)
}

func (c *cluster) Annotate(_ context.Context, namespace *corev1.Namespace, changes namespacestore.Annotations) (*corev1.Namespace, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	changed := namespace.DeepCopy()
	changed.Annotations = map[string]string{spaces.AnnotationObject: *changes[spaces.AnnotationObject]}
	return c.set(changed)
}

func (c *cluster) set(namespace *corev1.Namespace) (*corev1.Namespace, error) {
	c.revision++
	namespace.ResourceVersion = strconv.Itoa(c.revision)
	c.rows[namespace.Name] = namespace
	return namespace.DeepCopy(), c.feed.Update(namespace.DeepCopy())
}

func (c *cluster) Delete(_ context.Context, name string, _ metav1.Preconditions) (*corev1.Namespace, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.deleted = append(c.deleted, name)
	gone := c.rows[name].DeepCopy()
	if c.held {
		gone.DeletionTimestamp = &noon
		return c.set(gone)
	}
	delete(c.rows, name)
	c.revision++
	told := gone.DeepCopy()
	told.ResourceVersion = strconv.Itoa(c.revision)
	return gone, c.feed.Delete(told)
}

// serving returns a REST of these templates.
func serving(t *testing.T, may rights, behind ...*corev1.Namespace) (*REST, *cluster) {
	t.Helper()
	scheme, codecs := testScheme()
	feed := namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: testMapping(), History: 10, Clock: clock.RealClock{}})
	feed.SetAccess(everything{}, nothing{})
	c := &cluster{feed: feed, rows: map[string]*corev1.Namespace{}, revision: 100}
	var rows []any
	for at, one := range behind {
		one.ResourceVersion = strconv.Itoa(10 + at)
		c.rows[one.Name] = one
		rows = append(rows, one.DeepCopy())
	}
	if err := feed.Replace(rows, "100"); err != nil {
		t.Fatal(err)
	}
	store := namespacestore.New(namespacestore.Config{Resource: Kind.GroupResource(), New: Kind.New, Mapping: testMapping(), Feed: feed, Namespaces: c})
	served, err := NewREST(Config{Scheme: scheme, Options: Kind.RESTOptions(store, codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)), Reviewer: may, Kinds: someKinds()})
	if err != nil {
		t.Fatal(err)
	}
	return served, c
}

func put(t *testing.T, served *REST, template *spaces.SpaceTemplate) (*spaces.SpaceTemplate, error) {
	t.Helper()
	object, _, err := served.Update(asAlice(t.Context()), template.Name, rest.DefaultUpdatedObjectInfo(template), nil, nil, false, &metav1.UpdateOptions{})
	updated, _ := object.(*spaces.SpaceTemplate)
	return updated, err
}

func TestWritesPassTheDoorAndAreOfInstalledKinds(t *testing.T) {
	for name, tc := range map[string]struct {
		rights rights
		object string
		want   func(error) bool
	}{
		"who may":                         {rights: rights{toManage, "manage spacetemplates spaces-system/new"}, object: aDeployment},
		"who may not":                     {object: aDeployment, want: apierrors.IsForbidden},
		"who may not is told nothing":     {object: aWidget, want: apierrors.IsForbidden},
		"a kind that the cluster has not": {rights: rights{toManage, "manage spacetemplates spaces-system/new"}, object: aWidget, want: apierrors.IsInvalid},
		"what is not valid":               {rights: rights{toManage, "manage spacetemplates spaces-system/new"}, object: `{"apiVersion":"v1"}`, want: apierrors.IsInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			served, _ := serving(t, tc.rights, behind(t, templateNamed("a", aConfigMap)))
			_, creating := served.Create(asAlice(t.Context()), templateNamed("new", tc.object), nil, &metav1.CreateOptions{})
			_, updating := put(t, served, templateNamed("a", tc.object))
			for way, err := range map[string]error{"create": creating, "update": updating} {
				if (err == nil) != (tc.want == nil) || err != nil && !tc.want(err) {
					t.Errorf("%s: %v", way, err)
				}
			}
		})
	}
}

func TestDelete(t *testing.T) {
	for name, tc := range map[string]struct {
		rights rights
		held   bool
		dryRun []string
		want   []string
		gone   bool
		fails  bool
	}{
		"by who may":      {rights: rights{toDelete}, want: []string{"template-a"}, gone: true},
		"by who may not":  {rights: rights{toUpdate}, fails: true},
		"of what is held": {rights: rights{toDelete}, held: true, want: []string{"template-a"}},
		"in a dry run":    {rights: rights{toDelete}, dryRun: []string{metav1.DryRunAll}, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			served, c := serving(t, tc.rights, behind(t, templateNamed("a", aConfigMap)))
			c.held = tc.held
			object, gone, err := served.Delete(asAlice(t.Context()), "a", nil, &metav1.DeleteOptions{DryRun: tc.dryRun})
			if (err != nil) != tc.fails || gone != tc.gone {
				t.Fatalf("gone: %v; %v", gone, err)
			}
			if diff := cmp.Diff(tc.want, c.deleted); diff != "" {
				t.Errorf("deleted (-want +got):\n%s", diff)
			}
			if template, ok := object.(*spaces.SpaceTemplate); err == nil && (!ok || template.Name != "a" || len(template.Spec.Objects) != 1) {
				t.Errorf("the answer is %v", object)
			}
			_, err = served.Get(asAlice(t.Context()), "a", &metav1.GetOptions{})
			if wantGone := tc.gone && tc.dryRun == nil; apierrors.IsNotFound(err) != wantGone {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestDeleteCollectionPassesOverWhatMayNotBeDeleted(t *testing.T) {
	served, c := serving(t, rights{toDelete, "manage spacetemplates spaces-system/c"},
		behind(t, templateNamed("a")), behind(t, templateNamed("b")), behind(t, templateNamed("c")))
	if _, err := served.DeleteCollection(asAlice(t.Context()), nil, &metav1.DeleteOptions{}, &metainternalversion.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(c.deleted)
	if diff := cmp.Diff([]string{"template-a", "template-c"}, c.deleted); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

// Who may write to a template mends by an update what somebody has spoilt, and nothing of that is left.
func TestUpdateMendsWhatCannotBeRead(t *testing.T) {
	served, _ := serving(t, rights{toUpdate}, bare("a"))
	got, err := put(t, served, templateNamed("a", aConfigMap))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(templateNamed("a", aConfigMap).Spec, got.Spec); diff != "" || len(got.Status.Conditions) > 0 {
		t.Errorf("status %+v; spec (-want +got):\n%s", got.Status, diff)
	}
}

func TestStrategyUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*spaces.SpaceTemplate)
		generation int64
	}{
		"the same":                   {change: func(*spaces.SpaceTemplate) {}, generation: 3},
		"the same in other words":    {change: func(s *spaces.SpaceTemplate) { s.Spec.Objects[0].Raw = []byte(" " + aConfigMap + " ") }, generation: 3},
		"a label is not of the spec": {change: func(s *spaces.SpaceTemplate) { s.Labels = map[string]string{"a": "b"} }, generation: 3},
		"another object":             {change: func(s *spaces.SpaceTemplate) { s.Spec.Objects[0].Raw = []byte(aDeployment) }, generation: 4},
		"reapply":                    {change: func(s *spaces.SpaceTemplate) { s.Spec.Reapply = true }, generation: 4},
	} {
		t.Run(name, func(t *testing.T) {
			old := templateNamed("a", aConfigMap)
			normalize(old)
			old.Generation, old.Status.Conditions = 3, []metav1.Condition{{Type: spaces.ConditionReady, Reason: "Fine"}}
			updated := old.DeepCopy()
			updated.Generation, updated.Status.Conditions = 99, nil
			tc.change(updated)
			strategy{}.PrepareForUpdate(t.Context(), updated, old)
			if diff := cmp.Diff(old.Status, updated.Status); diff != "" || updated.Generation != tc.generation {
				t.Errorf("generation %d, want %d; status (-want +got):\n%s", updated.Generation, tc.generation, diff)
			}
		})
	}
}

func TestStrategyCreate(t *testing.T) {
	template := templateNamed("a", " "+aConfigMap)
	template.Generation, template.Status.Conditions = 7, []metav1.Condition{{Type: spaces.ConditionReady, Reason: backing.ReasonUndecodable}}
	strategy{}.PrepareForCreate(t.Context(), template)
	if raw := string(template.Spec.Objects[0].Raw); template.Generation != 1 || len(template.Status.Conditions) > 0 || raw != aConfigMap {
		t.Errorf("prepared is %+v of %s", template, raw)
	}
	served, _ := serving(t, nil)
	if diff := cmp.Diff([]string{"spt"}, served.ShortNames()); diff != "" {
		t.Errorf("short names (-want +got):\n%s", diff)
	}
}
