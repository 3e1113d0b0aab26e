// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// configMapsIn is where those of the Space are.
func configMapsIn(space string) string { return "/api/v1/namespaces/" + space + "/configmaps" }

// Spaces follow a template that is applied again. What left it goes, unless somebody has made it their own.
func TestTemplatesAreReapplied(t *testing.T) {
	t.Parallel()
	name := unique("templates-again")
	spec := func(reapply bool, manifests ...string) members {
		return members{"parameters": []members{{"name": "who", "default": "all"}}, "objects": objects(manifests...), "reapply": reapply}
	}
	shelve(t, name, spec(true, configMap("a", "1"), configMap("b", "1"), configMap("c", "1"), configMap("d", "${who}")))
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	alice.space(t, name, withTemplate(name))
	has := func(what string, namesAndValues ...string) {
		t.Helper()
		eventually(t, what, func(ctx context.Context) error {
			return errors.Join(wantConfigMaps(ctx, alice.Clients, name, namesAndValues...), wantCondition(ctx, alice.Clients, name, "Provisioned"),
				wantApplied(ctx, alice, name))
		})
	}
	has("it is filled", "a", "1", "b", "1", "c", "1", "d", "all")
	alice.do(t, merge(configMapsIn(name)+"/a", `{"data":{"a":"0","own":"yes"}}`)).succeeded(t)
	alice.do(t, merge(configMapsIn(name)+"/c", `{"metadata":{"labels":{"`+templateLabel+`":null}}}`)).succeeded(t)
	alice.do(t, call{method: "DELETE", path: configMapsIn(name) + "/d"}).succeeded(t)

	shelve(t, name, spec(true, configMap("a", "2"), configMap("d", "${who}"), configMap("e", "2")))
	has("it follows", "a", "2", "c", "1", "d", "all", "e", "2")
	kept := must(alice.Kube.CoreV1().ConfigMaps(name).Get(t.Context(), "a", metav1.GetOptions{}))(t)
	if kept.Data["own"] != "yes" {
		t.Errorf("what others have added is lost: %v", kept.Data)
	}
	if got := bindingsIn(t, name); len(got) != 1 {
		t.Errorf("RoleBindings are %v", got)
	}

	shelve(t, name, spec(false, configMap("a", "3")))
	repaired(t, name)
	has("nothing has changed, and nothing changes", "a", "2", "c", "1", "d", "all", "e", "2")
	alice.space(t, name+"-new", withTemplate(name))
	check(t, wantConfigMaps(t.Context(), alice.Clients, name+"-new", "a", "3"))

	shelve(t, name, spec(false, configMap("a", "4"), configMap("d", "${who}")))
	alice.do(t, merge(spacesPath+"/"+name, `{"spec":{"parameters":{"who":"me"}}}`)).succeeded(t)
	has("it has what it asks for", "a", "4", "c", "1", "d", "me")

	shelve(t, name+"-2", members{"objects": objects(configMap("d", "5"), configMap("f", "5"))})
	alice.do(t, merge(spacesPath+"/"+name, `{"spec":{"template":"`+name+`-2","parameters":null}}`)).succeeded(t)
	has("it has the other template", "c", "1", "d", "5", "f", "5")
}

// wantApplied tells whether all objects that the status of the Space names are there, with the label.
func wantApplied(ctx context.Context, user caller, space string) error {
	got, err := spacesOf(user.Clients).Get(ctx, space, metav1.GetOptions{})
	if err != nil {
		return err
	}
	list, err := user.Kube.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{LabelSelector: templateLabel + "=" + got.Spec.Template})
	if err != nil {
		return err
	}
	if applied := got.Status.Template; applied == nil || applied.Name != got.Spec.Template || len(applied.Objects) != len(list.Items) {
		return fmt.Errorf("its status says %+v, and there are %d objects", applied, len(list.Items))
	}
	return nil
}

// Who has a Space keeps it when its template is deleted, and everything in it.
func TestTemplatesThatAreDeletedLeaveTheirSpaces(t *testing.T) {
	t.Parallel()
	name := unique("templates-gone")
	shelve(t, name, members{"parameters": []members{{"name": "who", "default": "all"}}, "objects": objects(configMap("a", "${who}")), "reapply": true})
	alice := newMember(t, name, v1alpha1.SpacePolicy{})
	alice.space(t, name, withTemplate(name))
	caller{shared.Admin(t), "admin"}.do(t, call{method: "DELETE", path: templatesPath + "/" + name}).succeeded(t)
	repaired(t, name)
	path := spacesPath + "/" + name
	alice.do(t, merge(path, `{"spec":{"ttl":"2h"},"metadata":{"labels":{"a":"b"}}}`)).succeeded(t)
	gone := invalid("spec.template", `Not found: "`+name+`"`)
	alice.do(t, merge(path, `{"spec":{"parameters":{"who":"me"}}}`)).refused(t, gone)
	alice.do(t, call{method: "POST", body: spaceFields(name+"-2", nil, members{"template": name}).String()}).refused(t, gone)
	if left := alice.do(t, merge(path, `{"spec":{"template":null}}`)).space(t); left.Spec.Template != name {
		t.Errorf("who names no template leaves it with its own: %+v", left.Spec)
	}
	check(t, wantConfigMaps(t.Context(), alice.Clients, name, "a", "all"))
	check(t, wantCondition(t.Context(), alice.Clients, name, "Provisioned"))

	shelve(t, name, members{"objects": objects(configMap("b", "new")), "reapply": true})
	eventually(t, "it follows the next one of that name", func(ctx context.Context) error {
		return wantConfigMaps(ctx, alice.Clients, name, "b", "new")
	})
}

// What cannot be applied again is told, until it can.
func TestTemplatesThatCannotBeReapplied(t *testing.T) {
	t.Parallel()
	deployment := func(app string) string {
		labels := members{"app": app}
		return members{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": members{"name": "web"}, "spec": members{"selector": members{"matchLabels": labels},
			"template": members{"metadata": members{"labels": labels}, "spec": members{"containers": []members{{"name": "web", "image": "web"}}}}}}.String()
	}
	for what, tc := range map[string]struct{ broken, mended members }{
		"and then are as before":    {members{"objects": objects(deployment("b"), configMap("a", "2")), "reapply": true}, members{"objects": objects(deployment("a"), configMap("a", "3")), "reapply": true}},
		"and then are no more":      {members{"objects": objects(configMap("a", "3"), deployment("b")), "reapply": true}, members{"objects": objects(configMap("a", "3"))}},
		"with the wrong parameters": {members{"objects": objects(configMap("a", "${more}")), "parameters": []members{{"name": "more"}}, "reapply": true}, members{"objects": objects(configMap("a", "3")), "reapply": true}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := unique("templates-cannot")
			shelve(t, name, members{"objects": objects(deployment("a"), configMap("a", "1")), "reapply": true})
			alice := newMember(t, name, v1alpha1.SpacePolicy{})
			alice.space(t, name, withTemplate(name))
			shelve(t, name, tc.broken)
			eventually(t, "it is told", func(ctx context.Context) error {
				return errors.Join(wantCondition(ctx, alice.Clients, name, "TemplateNotApplied"), wantEvent(ctx, alice, name, "TemplateNotApplied"))
			})
			told := alice.get(t, name).Status
			contains(t, told.Conditions[0].Message, "The template has changed, and could not be applied again: ")
			if told.Template.Name != name || told.Conditions[0].Status != metav1.ConditionFalse {
				t.Errorf("its status is %+v", told)
			}
			until(t, time.Now().Add(4*time.Second)) // while it is tried again and again
			shelve(t, name, tc.mended)
			eventually(t, "it is in place again", func(ctx context.Context) error {
				return errors.Join(wantConfigMaps(ctx, alice.Clients, name, "a", "3"), wantCondition(ctx, alice.Clients, name, "Provisioned"))
			})
			if got := bindingsIn(t, name); len(got) != 1 {
				t.Errorf("RoleBindings are %v", got)
			}
		})
	}
}

// wantEvent tells whether there is an Event for that reason in the Space.
func wantEvent(ctx context.Context, user caller, space, reason string) error {
	list, err := user.Kube.CoreV1().Events(space).List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
	if err == nil && (len(list.Items) == 0 || list.Items[0].Type != corev1.EventTypeWarning) {
		err = fmt.Errorf("events are %v", list.Items)
	}
	return err
}

// Replicas fill the same Spaces at the same time, and are not in each other's way.
func TestTemplatesAreReappliedByReplicas(t *testing.T) {
	t.Parallel()
	const spaces, rounds = 10, 3
	c := cluster.ForTest(t)
	_ = must(c.StartSpaces(t.Context(), filepath.Join(c.Bin, "spaces-apiserver")))(t)
	admin := caller{c.Admin(t), "admin"}
	put := func(value string) {
		var manifests []string
		for i := range 5 {
			manifests = append(manifests, configMap(fmt.Sprintf("a-%d", i), value))
		}
		body := templateFields("all", nil)
		body["spec"] = members{"objects": objects(manifests...), "reapply": true}
		admin.do(t, call{method: "PATCH", path: templatesPath + "/all?fieldManager=shelf&force=true", contentType: applyPatch, body: body.String()}).succeeded(t)
	}
	put("0")
	for i := range spaces {
		admin.space(t, fmt.Sprintf("again-%d", i), withTemplate("all"))
	}
	for round := range rounds {
		value := strconv.Itoa(round + 1)
		put(value)
		eventually(t, "all follow", func(ctx context.Context) error {
			var errs []error
			for i := range spaces {
				space := fmt.Sprintf("again-%d", i)
				errs = append(errs, wantCondition(ctx, admin.Clients, space, "Provisioned"),
					wantConfigMaps(ctx, admin.Clients, space, "a-0", value, "a-1", value, "a-2", value, "a-3", value, "a-4", value))
			}
			return errors.Join(errs...)
		})
	}
	list := must(admin.Kube.CoreV1().Events("").List(t.Context(), metav1.ListOptions{FieldSelector: "reason=TemplateNotApplied"}))(t)
	for i := range list.Items {
		t.Errorf("%s was told: %s", list.Items[i].Namespace, list.Items[i].Message)
	}
}
