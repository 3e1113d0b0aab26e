// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/generated/informers/externalversions"
)

// A template is kept in a ConfigMap, and is there, changed and gone when that is answered.
func TestTemplatesAreWritten(t *testing.T) {
	t.Parallel()
	name := unique("templates-write")
	admin := caller{shared.Admin(t), "admin"}
	path := templatesPath + "/" + name
	labels := members{"labels": members{"test": name}}

	dryRun := admin.do(t, dry(call{method: "POST", path: templatesPath, body: templateFields(name, labels, settings("a")).String()})).template(t)
	if dryRun.UID == "" || dryRun.Generation != 1 {
		t.Errorf("a dry run has made %+v", dryRun)
	}
	if got := admin.do(t, call{path: path}); got.code != http.StatusNotFound {
		t.Errorf("after a dry run: %d %s", got.code, got.body)
	}
	created := createTemplate(t, admin, name, labels)
	behind := configMapOf(t, name)
	want := pairs("app.kubernetes.io/managed-by", "spaces", "spaces.tenancy.example.io/template", "true")
	if diff := cmp.Diff(want, behind.Labels); diff != "" || behind.ResourceVersion != created.ResourceVersion || behind.UID == created.UID || len(behind.Data) != 1 {
		t.Errorf("behind %+v is %+v; labels (-want +got):\n%s", created, behind, diff)
	}
	got := must(templatesOf(admin.Clients).Get(t.Context(), name, metav1.GetOptions{}))(t)
	if diff := cmp.Diff(created.ObjectMeta, got.ObjectMeta); diff != "" || objectsOf(got) != normalSettings {
		t.Errorf("got %s; metadata (-created +got):\n%s", objectsOf(got), diff)
	}
	admin.do(t, call{method: "POST", path: templatesPath, body: templateFields(name, nil, settings("a")).String()}).
		refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonAlreadyExists, message: []string{fmt.Sprintf("spacetemplates.spaces.tenancy.example.io %q already exists", name)}})

	labelled := admin.do(t, merge(path, `{"metadata":{"labels":{"more":"yes"}}}`)).template(t)
	same := admin.do(t, merge(path, `{"spec":{"objects":[`+normalSettings+`]}}`)).template(t)
	if labelled.Generation != 1 || same.Generation != 1 || same.ResourceVersion != labelled.ResourceVersion {
		t.Errorf("the same in other words is another one: %+v", same.ObjectMeta)
	}
	reapplied := admin.do(t, merge(path, `{"spec":{"reapply":true},"status":{"conditions":[{"type":"Fine","status":"True","reason":"A","message":"","lastTransitionTime":null}]}}`)).template(t)
	if reapplied.Generation != 2 || !reapplied.Spec.Reapply || len(reapplied.Status.Conditions) > 0 {
		t.Errorf("patched is %+v", reapplied)
	}
	stale := templateFields(name, members{"resourceVersion": created.ResourceVersion}, settings("b"))
	admin.do(t, call{method: "PUT", path: path, body: stale.String()}).
		refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: []string{"the object has been modified"}})
	updated := admin.do(t, call{method: "PUT", path: path, body: templateFields(name, nil, settings("b")).String()}).template(t)
	if updated.Generation != 3 || updated.Spec.Reapply || len(updated.Labels) > 0 || updated.UID != created.UID {
		t.Errorf("updated is %+v", updated)
	}
	admin.do(t, call{method: "PUT", path: path + "-2", body: templateFields(name+"-2", nil, settings("b")).String()}).
		refused(t, refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound})
}

// normalSettings are the settings as they are stored: keys are sorted.
const normalSettings = `{"apiVersion":"v1","data":{"space":"${space}"},"kind":"ConfigMap","metadata":{"name":"settings"}}`

// Deletion is told when it is done: nobody has to wait, and the name is free.
func TestTemplatesAreDeleted(t *testing.T) {
	t.Parallel()
	name := unique("templates-delete")
	admin := caller{shared.Admin(t), "admin"}
	path := templatesPath + "/" + name
	created := createTemplate(t, admin, name, nil)
	admin.do(t, call{method: "DELETE", path: path + "?dryRun=All"}).succeeded(t)
	admin.do(t, call{method: "DELETE", path: path, body: `{"preconditions":{"uid":"other"}}`}).
		refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict})
	deleted := admin.do(t, call{method: "DELETE", path: path}).template(t)
	if deleted.UID != created.UID || deleted.DeletionTimestamp != nil || objectsOf(deleted) != normalSettings {
		t.Errorf("the answer to the deletion is %+v", deleted)
	}
	for range 10 {
		if got := admin.do(t, call{path: path}); got.code != http.StatusNotFound {
			t.Fatalf("a template that is deleted: %d %s", got.code, got.body)
		}
		again := createTemplate(t, admin, name, nil)
		if again.UID == created.UID {
			t.Error("another template has the same UID")
		}
		admin.do(t, call{method: "DELETE", path: path}).succeeded(t)
	}
	admin.do(t, call{method: "DELETE", path: path}).refused(t, refusal{code: http.StatusNotFound, reason: metav1.StatusReasonNotFound})

	for _, suffix := range []string{"a", "b", "c"} {
		createTemplate(t, admin, name+suffix, members{"labels": members{"test": name}})
	}
	admin.do(t, call{method: "DELETE", path: templatesPath + "?labelSelector=test%3D" + name + "&fieldSelector=metadata.name%21%3D" + name + "c"}).succeeded(t)
	if left := listTemplates(t, admin, name); len(left) != 1 || left[0] != name+"c" {
		t.Errorf("left are %v", left)
	}
}

// listTemplates returns the names of those templates that have the label.
func listTemplates(t *testing.T, user caller, label string) []string {
	t.Helper()
	list := must(templatesOf(user.Clients).List(t.Context(), metav1.ListOptions{LabelSelector: "test=" + label}))(t)
	names := []string{}
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// A ConfigMap can be held by a finalizer, which is none of ours: then the template is there, and is being deleted.
func TestTemplatesThatAreHeldAreShown(t *testing.T) {
	t.Parallel()
	name := unique("templates-held")
	admin := caller{shared.Admin(t), "admin"}
	createTemplate(t, admin, name, nil)
	patchConfigMap(t, name, `{"metadata":{"finalizers":["example.com/held"]}}`)
	release := func() { patchConfigMap(t, name, `{"metadata":{"finalizers":null}}`) }
	deleted := admin.do(t, call{method: "DELETE", path: templatesPath + "/" + name}).template(t)
	if deleted.DeletionTimestamp == nil {
		t.Error("it is held, and not told to be")
	}
	admin.do(t, merge(templatesPath+"/"+name, `{"spec":{"reapply":true}}`)).
		refused(t, refusal{code: http.StatusConflict, reason: metav1.StatusReasonConflict, message: []string{"it is being deleted"}})
	release()
	eventually(t, "the template is gone", func(ctx context.Context) error {
		_, err := templatesOf(admin.Clients).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", err)
	})
}

// Whoever may ask for templates sees all of them, as soon as they are there.
func TestTemplatesAreShownToEverybody(t *testing.T) {
	t.Parallel()
	name := unique("templates-shown")
	admin, eve := caller{shared.Admin(t), "admin"}, newCaller(t, name+"-eve")
	createTemplate(t, admin, name, members{"labels": members{"test": name}})
	watching := must(templatesOf(eve.Clients).Watch(t.Context(), metav1.ListOptions{LabelSelector: "test=" + name, ResourceVersion: "0"}))(t)
	defer watching.Stop()
	next := func(want watch.EventType, wantName string) *v1alpha1.SpaceTemplate {
		t.Helper()
		event := <-watching.ResultChan()
		template, ok := event.Object.(*v1alpha1.SpaceTemplate)
		if !ok || event.Type != want || template.Name != wantName {
			t.Fatalf("want %s of %s, have %+v", want, wantName, event)
		}
		return template
	}
	next(watch.Added, name)
	createTemplate(t, admin, name+"-2", members{"labels": members{"test": name}})
	next(watch.Added, name+"-2")
	if diff := cmp.Diff([]string{name, name + "-2"}, listTemplates(t, eve, name)); diff != "" {
		t.Errorf("eve is shown (-want +got):\n%s", diff)
	}
	admin.do(t, merge(templatesPath+"/"+name, `{"spec":{"reapply":true}}`)).succeeded(t)
	if !next(watch.Modified, name).Spec.Reapply {
		t.Error("not told what has changed")
	}
	admin.do(t, merge(templatesPath+"/"+name, `{"metadata":{"labels":null}}`)).succeeded(t)
	next(watch.Deleted, name)
	admin.do(t, call{method: "DELETE", path: templatesPath + "/" + name + "-2"}).succeeded(t)
	gone := next(watch.Deleted, name+"-2")
	if _, err := templatesOf(eve.Clients).Get(t.Context(), name+"-2", metav1.GetOptions{}); !apierrors.IsNotFound(err) || gone.ResourceVersion == "" {
		t.Errorf("%+v was deleted: %v", gone.ObjectMeta, err)
	}
}

func TestTemplatesInformerFollows(t *testing.T) {
	t.Parallel()
	name := unique("templates-informer")
	admin, eve := caller{shared.Admin(t), "admin"}, newCaller(t, name+"-eve")
	createTemplate(t, admin, name+"-0", nil)
	informer := externalversions.NewSharedInformerFactory(eve.Spaces, 0).Spaces().V1alpha1().SpaceTemplates().Informer()
	runInformer(t, informer)
	createTemplate(t, admin, name+"-1", nil)
	admin.do(t, merge(templatesPath+"/"+name+"-0", `{"metadata":{"labels":{"a":"b"}}}`)).succeeded(t)
	admin.do(t, call{method: "DELETE", path: templatesPath + "/" + name + "-1"}).succeeded(t)
	createTemplate(t, admin, name+"-1", nil)
	eventually(t, "the informer has what a list has", func(ctx context.Context) error {
		list, err := templatesOf(eve.Clients).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		want, got := map[string]v1alpha1.SpaceTemplate{}, map[string]v1alpha1.SpaceTemplate{}
		for _, item := range list.Items {
			want[item.Name] = item
		}
		for _, object := range informer.GetStore().List() {
			template := object.(*v1alpha1.SpaceTemplate)
			got[template.Name] = *template
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New("(-list +informer):\n" + diff)
		}
		return nil
	})
}

// Who comes from another replica, with a revision that no template has, is not kept waiting for the next bookmark.
func TestTemplatesOfLaterRevisions(t *testing.T) {
	t.Parallel()
	admin := caller{shared.Admin(t), "admin"}
	later := createNamespace(t, admin.Clients, unique("templates-later"), nil).ResourceVersion
	within(t, 20*time.Second, "it is known that there is nothing newer", func(ctx context.Context) error {
		_, err := templatesOf(admin.Clients).List(ctx, metav1.ListOptions{ResourceVersion: later})
		return err
	})
}
