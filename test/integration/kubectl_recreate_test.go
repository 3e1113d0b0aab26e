// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// What "get -o yaml" shows of a Space makes one like it again, as for built-in kinds: all that the server has set before, it
// sets anew.
func TestKubectlRecreatesWhatItHasShown(t *testing.T) {
	t.Parallel()
	name := unique("kubectl-recreate")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{
		DefaultTTL: new(v1alpha1.Duration("2h")), DefaultQuota: quota("pods", "5"),
		Propagate: &v1alpha1.Propagate{Labels: []string{"team"}},
	}))
	for how, args := range map[string][]string{
		"create":           {"create", "-f"},
		"apply":            {"apply", "-f"},
		"replace by force": {"replace", "--force", "-f"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			alice, space := newTenant(t, unique(name), name), unique(name)
			alice.kubectl(t, "create", "-f", manifest(t, "name: "+space+", labels: {team: red, own: a}, annotations: {note: one}"))
			before := alice.get(t, space)
			dump := alice.kubectl(t, "get", "space", space, "-o", "yaml")
			contains(t, dump, accountLabel+": "+name, "createdBy: "+alice.name, "expiresAt: ", "resourceVersion: ", "uid: "+string(before.UID))
			alice.kubectl(t, "delete", "space", space)
			awaitGone(t, shared.Admin(t), space)

			alice.kubectl(t, append(args, file(t, dump))...)
			deleteLater(t, shared.Admin(t), space)
			alice.awaitOwn(t, space)
			alice.isLike(t, before)
			checkNamespace(t, space, platformLabels(space, accountLabel, name, "team", "red"), metadataAnnotation)
		})
	}
}

// isLike checks that there is a new Space, which is like the one that was there before.
func (c caller) isLike(t *testing.T, before *v1alpha1.Space) {
	t.Helper()
	after := c.get(t, before.Name)
	if diff := cmp.Diff(before.Spec, after.Spec); diff != "" {
		t.Errorf("spec (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Labels, after.Labels); diff != "" {
		t.Errorf("labels (-before +after):\n%s", diff)
	}
	if after.Annotations["note"] != before.Annotations["note"] || after.Status.CreatedBy != c.name || after.Generation != 1 {
		t.Errorf("it is %+v", after)
	}
	if after.UID == before.UID || !after.CreationTimestamp.After(before.CreationTimestamp.Time) || !after.Status.ExpiresAt.After(before.Status.ExpiresAt.Time) {
		t.Errorf("it has what the server had set before: %+v", after)
	}
}
