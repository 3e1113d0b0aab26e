// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/storage"
)

// memory is Namespaces in memory, which feeds a Feed unless that lags. What a test wants to happen in between happens
// before a write.
type memory struct {
	feed     *Feed
	lags     bool
	revision uint64
	rows     map[string]*corev1.Namespace
	calls    []string
	before   func(call string)
}

func (m *memory) called(call string) {
	m.calls = append(m.calls, call)
	if before := m.before; before != nil {
		m.before = nil
		before(call)
	}
}

var namespacesResource = corev1.Resource("namespaces")

func (m *memory) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	m.calls = append(m.calls, "get")
	if ns := m.rows[name]; ns != nil {
		return ns.DeepCopy(), nil
	}
	return nil, apierrors.NewNotFound(namespacesResource, name)
}

func (m *memory) Create(_ context.Context, ns *corev1.Namespace, _ metav1.CreateOptions) (*corev1.Namespace, error) {
	m.called("create")
	if m.rows[ns.Name] != nil {
		return nil, apierrors.NewAlreadyExists(namespacesResource, ns.Name)
	}
	return m.put(ns), nil
}

func (m *memory) Annotate(_ context.Context, ns *corev1.Namespace, changes Annotations) (*corev1.Namespace, error) {
	m.called("annotate")
	if err := m.check(ns.Name, &ns.UID, &ns.ResourceVersion); err != nil {
		return nil, err
	}
	changed := m.rows[ns.Name].DeepCopy()
	for key, value := range changes {
		if value == nil {
			delete(changed.Annotations, key)
		} else {
			metav1.SetMetaDataAnnotation(&changed.ObjectMeta, key, *value)
		}
	}
	return m.put(changed), nil
}

func (m *memory) Delete(_ context.Context, name string, preconditions metav1.Preconditions) (*corev1.Namespace, error) {
	m.called("delete")
	if err := m.check(name, preconditions.UID, preconditions.ResourceVersion); err != nil {
		return nil, err
	}
	gone := m.rows[name]
	delete(m.rows, name)
	m.revision++
	gone.ResourceVersion = strconv.FormatUint(m.revision, 10)
	return gone, m.feed.Delete(gone.DeepCopy())
}

func (m *memory) check(name string, uid *types.UID, resourceVersion *string) error {
	ns := m.rows[name]
	switch {
	case ns == nil:
		return apierrors.NewNotFound(namespacesResource, name)
	case uid != nil && *uid != ns.UID, resourceVersion != nil && *resourceVersion != ns.ResourceVersion:
		return apierrors.NewConflict(namespacesResource, name, errors.New("the precondition does not hold"))
	default:
		return nil
	}
}

func (m *memory) put(ns *corev1.Namespace) *corev1.Namespace {
	m.revision++
	ns.ResourceVersion = strconv.FormatUint(m.revision, 10)
	if ns.UID == "" {
		ns.UID = types.UID("uid-" + ns.ResourceVersion)
	}
	m.rows[ns.Name] = ns
	if !m.lags {
		_ = m.feed.Update(ns.DeepCopy())
	}
	return ns.DeepCopy()
}

// catchUp feeds what the Feed has missed.
func (m *memory) catchUp() {
	m.lags = false
	for _, ns := range m.rows {
		_ = m.feed.Update(ns.DeepCopy())
	}
}

// thing returns an object that says what.
func thing(name, what string) *corev1.Namespace {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if what != "" {
		ns.Annotations = map[string]string{"object": what}
	}
	return ns
}

func newMemory(t *testing.T, rows ...*corev1.Namespace) (*memory, *Store) {
	t.Helper()
	m := &memory{revision: 5, rows: map[string]*corev1.Namespace{}, feed: syncedFeed(t, 50, 5)}
	for _, row := range rows {
		m.put(row)
	}
	m.feed.SetAccess(sees{"eve": {"a", "new"}, "bob": {"*"}}, anyOf{})
	store := storeOf(m.feed)
	store.Namespaces = m
	return m, store
}

// twice: the row is looked up for a second try, and again before that is the last word.
const twice = "get " + "get"

// say is an UpdateFunc that has the object say what, and the words it said before.
func say(what string) storage.UpdateFunc {
	return storage.SimpleUpdate(func(object runtime.Object) (runtime.Object, error) {
		ns := object.(*corev1.Namespace)
		metav1.SetMetaDataAnnotation(&ns.ObjectMeta, "object", strings.TrimSpace(ns.Annotations["object"]+" "+what))
		return ns, nil
	})
}

func TestGuaranteedUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		key           string
		mayCreate     bool
		preconditions *storage.Preconditions
		prepare       func(*memory)
		update        storage.UpdateFunc
		want          string
		fail          func(error) bool
		calls         string
	}{
		"a row is changed": {key: "/things/a", update: say("more"), want: "old more", calls: "get annotate"},
		"a row that changes in between is changed as it is then": {
			key: "/things/a", update: say("more"), want: "raced more", calls: "get annotate get annotate",
			prepare: func(m *memory) { m.before = func(string) { m.put(with(m.rows["a"], "raced")) } },
		},
		"what is refused on an old row is tried on the row as it is": {
			key: "/things/a", want: "newer", calls: "get annotate",
			prepare: func(m *memory) {
				m.lags = true
				m.put(with(m.rows["a"], "new"))
				m.before = func(string) { m.catchUp() }
			},
			update: storage.SimpleUpdate(func(object runtime.Object) (runtime.Object, error) {
				if object.(*corev1.Namespace).Annotations["object"] == "old" {
					return nil, errors.New("it is old")
				}
				return with(object.(*corev1.Namespace), "newer"), nil
			}),
		},
		"no change is no write": {
			key: "/things/a", want: "old", calls: "get",
			update: storage.SimpleUpdate(func(object runtime.Object) (runtime.Object, error) { return object, nil }),
		},
		"a missing row is not found": {key: "/things/unknown", update: say("x"), fail: storage.IsNotFound},
		"a row that goes in between is not found": {
			key: "/things/a", update: say("x"), fail: storage.IsNotFound, calls: "get annotate " + twice,
			prepare: func(m *memory) { m.before = func(string) { delete(m.rows, "a") } },
		},
		"an invisible row is not found": {key: "/things/b", update: say("x"), fail: storage.IsNotFound},
		"a missing row is created":      {key: "/things/new", mayCreate: true, update: say("x"), want: "x", calls: "get create"},
		"a row that comes in between is changed": {
			key: "/things/new", mayCreate: true, update: say("more"), want: "raced more", calls: "get create get annotate",
			prepare: func(m *memory) { m.before = func(string) { m.put(thing("new", "raced")) } },
		},
		"a row that goes in between is created anew": {
			key: "/things/a", mayCreate: true, update: say("more"), want: "more", calls: "get annotate get create",
			prepare: func(m *memory) {
				m.before = func(string) { delete(m.rows, "a"); _ = m.feed.Delete(namespace("a", 90)); m.revision = 90 }
			},
		},
		"an invisible name is taken":                   {key: "/things/b", mayCreate: true, update: say("x"), fail: storage.IsExist, calls: "create"},
		"another UID is refused, once it is known":     {key: "/things/a", preconditions: storage.NewUIDPreconditions("x"), update: say("x"), fail: storage.IsInvalidObj, calls: "get"},
		"another version is refused, once it is known": {key: "/things/a", preconditions: &storage.Preconditions{ResourceVersion: new("1")}, update: say("x"), fail: storage.IsInvalidObj, calls: "get"},
	} {
		t.Run(name, func(t *testing.T) {
			m, store := newMemory(t, thing("a", "old"), thing("b", "other"))
			if tc.prepare != nil {
				tc.prepare(m)
			}
			out := &corev1.Namespace{}
			err := store.GuaranteedUpdate(as(t.Context(), "eve"), tc.key, out, tc.mayCreate, tc.preconditions, tc.update, nil)
			if tc.fail == nil {
				must(t, err)
			} else if !tc.fail(err) {
				t.Errorf("error: %v", err)
			}
			if got := out.Annotations["object"]; got != tc.want {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
			if got := strings.Join(m.calls, " "); got != tc.calls {
				t.Errorf("calls: %q, want %q", got, tc.calls)
			}
			if b := m.rows["b"]; b.Annotations["object"] != "other" {
				t.Error("it changed what the caller does not see")
			}
		})
	}
}

func with(ns *corev1.Namespace, what string) *corev1.Namespace {
	ns = ns.DeepCopy()
	ns.Annotations = map[string]string{"object": what}
	return ns
}

func TestDeleteIsOfTheRowThatWasValidated(t *testing.T) {
	m, store := newMemory(t, thing("a", "old"))
	var validated []string
	validate := func(_ context.Context, object runtime.Object) error {
		validated = append(validated, object.(*corev1.Namespace).Annotations["object"])
		return nil
	}
	m.before = func(string) { m.put(with(m.rows["a"], "raced")) }
	out := &corev1.Namespace{}
	must(t, store.Delete(as(t.Context(), "eve"), "/things/a", out, nil, validate, nil, storage.DeleteOptions{}))
	if got := strings.Join(validated, " "); got != "old raced" {
		t.Errorf("validated %q, want what there was, and then what there is", got)
	}
	if out.Annotations["object"] != "raced" || len(m.rows) > 0 {
		t.Errorf("deleted %v, left %v", out.Annotations, m.rows)
	}
	err := store.Delete(as(t.Context(), "eve"), "/things/a", out, nil, validate, nil, storage.DeleteOptions{})
	if !storage.IsNotFound(err) {
		t.Errorf("deleting it again: %v, want not found", err)
	}
}

// provisioner fails as often as told, and then marks what it provisions.
type provisioner struct {
	fails     int
	between   func()
	unsettled error
}

func (p *provisioner) Settle(context.Context, runtime.Object) error { return p.unsettled }

func (p *provisioner) Metadata(runtime.Object) (labels, annotations map[string]string, err error) {
	return map[string]string{"made": "by us"}, map[string]string{"note": "a"}, nil
}

func (p *provisioner) Provision(_ context.Context, object runtime.Object) (runtime.Object, error) {
	if p.fails--; p.fails >= 0 {
		return nil, errors.New("it cannot be provisioned")
	}
	if between := p.between; between != nil {
		p.between = nil
		between()
	}
	ns := object.(*corev1.Namespace)
	return with(ns, ns.Annotations["object"]+" provisioned"), nil
}

func TestCreateProvisionsOrLeavesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		provisioner *provisioner
		race        func(*memory) func()
		want        string
		left        int
	}{
		"what is provisioned is stored": {provisioner: &provisioner{}, want: "x provisioned", left: 1},
		"who changes it meanwhile is not in the way": {
			provisioner: &provisioner{}, want: "raced provisioned", left: 1,
			race: func(m *memory) func() { return func() { m.put(with(m.rows["new"], "raced")) } },
		},
		"what cannot be provisioned is deleted":     {provisioner: &provisioner{fails: 1}},
		"what does not come into effect is deleted": {provisioner: &provisioner{unsettled: errors.New("nobody lets it in")}},
		"what is deleted meanwhile is not created": {
			provisioner: &provisioner{},
			race:        func(m *memory) func() { return func() { delete(m.rows, "new") } },
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, store := newMemory(t)
			if tc.race != nil {
				tc.provisioner.between = tc.race(m)
			}
			store.Provisioner = tc.provisioner
			out := &corev1.Namespace{}
			err := store.Create(as(t.Context(), "eve"), "/things/new", thing("new", "x"), out, 0)
			if (err == nil) != (tc.want != "") || out.Annotations["object"] != tc.want {
				t.Errorf("created %v (%v), want %q", out.Annotations, err, tc.want)
			}
			if tc.want != "" && out.Labels["made"] != "by us" {
				t.Errorf("created with the labels %v", out.Labels)
			}
			if len(m.rows) != tc.left {
				t.Errorf("%d namespaces are left, want %d", len(m.rows), tc.left)
			}
		})
	}
}

func TestCreateAnswersWhenItsCreatorSeesIt(t *testing.T) {
	m, store := newMemory(t)
	m.lags = true
	answered := make(chan error, 1)
	go func() {
		answered <- store.Create(as(t.Context(), "carol"), "/things/new", thing("new", "x"), &corev1.Namespace{}, 0)
	}()
	must(t, m.feed.Update(namespace("other", 50)))
	select {
	case err := <-answered:
		t.Fatalf("answered (%v) before carol sees it", err)
	default:
	}
	m.feed.SetAccess(sees{"carol": {"new"}}, anyOf{})
	must(t, <-answered)
}

func TestErrorsOfTheClusterAreToldAsAgainstTheObject(t *testing.T) {
	denied := apierrors.NewForbidden(namespacesResource, "a", errors.New("the policy says no"))
	got := storeOf(nil).relabel(denied, "a")
	want := `things "a" is forbidden: the policy says no`
	status, ok := got.(apierrors.APIStatus)
	if got.Error() != want || !ok || status.Status().Details.Kind != "things" {
		t.Errorf("told %q, %v; want %q of things", got, status.Status().Details, want)
	}
	if denied.ErrStatus.Details.Kind != "namespaces" {
		t.Error("it changed the error that it was given")
	}
}
