// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// ttl returns the ttl of the Space, or "" if it has none.
func ttl(space *v1alpha1.Space) string {
	if space.Spec.TTL == nil {
		return ""
	}
	return string(*space.Spec.TTL)
}

func TestKubectlApply(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-apply-alice", devs)
	const space = "space.spaces.tenancy.example.io/kubectl-apply "
	first := manifest(t, "name: kubectl-apply, labels: {team: red}, annotations: {note: one}", "spec: {ttl: 2h}")
	for _, want := range []string{"created\n", "unchanged\n", "unchanged\n"} {
		if got := alice.kubectl(t, "apply", "-f", first); got != space+want {
			t.Fatalf("want %q, have %q", space+want, got)
		}
	}
	applied := alice.get(t, "kubectl-apply")
	if applied.Generation != 1 || ttl(applied) != "2h" {
		t.Errorf("want ttl 2h of generation 1, have %s of %d", ttl(applied), applied.Generation)
	}

	second := manifest(t, "name: kubectl-apply, annotations: {note: two}", "spec: {ttl: 120m}")
	for _, want := range []string{"configured\n", "unchanged\n"} {
		if got := alice.kubectl(t, "apply", "-f", second); got != space+want {
			t.Fatalf("want %q, have %q", space+want, got)
		}
	}
	changed := alice.get(t, "kubectl-apply")
	if changed.Generation != 2 || ttl(changed) != "120m" || changed.Labels["team"] != "" || changed.Annotations["note"] != "two" {
		t.Errorf("the second manifest was not applied: %+v", changed)
	}

	// What others set, an apply leaves alone, but for what it names.
	alice.kubectl(t, "annotate", "space", "kubectl-apply", "theirs=yes", "note=three", "--overwrite")
	if got := alice.kubectl(t, "apply", "-f", second); got != space+"configured\n" {
		t.Errorf("have %q", got)
	}
	if got := alice.get(t, "kubectl-apply").Annotations; got["theirs"] != "yes" || got["note"] != "two" {
		t.Errorf("annotations after another apply: %v", got)
	}
	contains(t, alice.kubectl(t, "apply", "view-last-applied", "space", "kubectl-apply"), "ttl: 120m")
	checkUntouched(t, "kubectl-apply")
}

func TestKubectlServerSideApply(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-ssa-alice", devs)
	apply := func(manager, file string, more ...string) said {
		return alice.try(t, append([]string{"apply", "--server-side", "--field-manager=" + manager, "-f", file}, more...)...)
	}
	succeeded := said{stdout: "space.spaces.tenancy.example.io/kubectl-ssa serverside-applied\n"}
	expect := func(want, got said) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(said{})); diff != "" {
			t.Errorf("kubectl apply --server-side (-want +got):\n%s", diff)
		}
	}

	red := manifest(t, "name: kubectl-ssa, labels: {team: red}", "spec: {ttl: 2h}")
	expect(succeeded, apply("red", red))
	created := alice.get(t, "kubectl-ssa")
	if created.Status.Phase != v1alpha1.SpaceActive || ttl(created) != "2h" {
		t.Errorf("created by apply: %+v", created)
	}
	expect(succeeded, apply("red", red))
	if again := alice.get(t, "kubectl-ssa"); again.ResourceVersion != created.ResourceVersion {
		t.Errorf("applying the same twice led from resource version %s to %s", created.ResourceVersion, again.ResourceVersion)
	}

	blue := manifest(t, "name: kubectl-ssa, annotations: {color: blue}", "spec: {ttl: 3h}")
	refused := apply("blue", blue)
	contains(t, refused.stderr, `Apply failed with 1 conflict: conflict with "red": .spec.ttl`)
	if refused.exit == 0 || ttl(alice.get(t, "kubectl-ssa")) != "2h" {
		t.Errorf("a conflict was overridden: %+v", refused)
	}
	expect(succeeded, apply("blue", blue, "--force-conflicts"))
	if got := alice.get(t, "kubectl-ssa"); ttl(got) != "3h" || got.Annotations["color"] != "blue" || got.Labels["team"] != "red" {
		t.Errorf("after a forced apply: %+v", got)
	}

	// Who leaves out what is only its own, removes it; and what others have too stays.
	expect(succeeded, apply("blue", manifest(t, "name: kubectl-ssa, labels: {team: red}")))
	expect(succeeded, apply("red", manifest(t, "name: kubectl-ssa")))
	if got := alice.get(t, "kubectl-ssa"); ttl(got) != "" || got.Annotations["color"] != "" || got.Labels["team"] != "red" {
		t.Errorf("after both have left something out: %+v", got)
	}
	checkUntouched(t, "kubectl-ssa")
}

func TestKubectlApplyTakesOverFromCreate(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-migrate-alice", devs)
	file := manifest(t, "name: kubectl-migrate", "spec: {ttl: 2h}")
	alice.kubectl(t, "create", "-f", file)
	got := alice.try(t, "apply", "-f", file)
	contains(t, got.stderr, "is missing the kubectl.kubernetes.io/last-applied-configuration annotation")
	contains(t, alice.kubectl(t, "apply", "-f", file), "kubectl-migrate unchanged")
	// kubectl moves what its client-side apply owned, and removes the annotation.
	contains(t, alice.kubectl(t, "apply", "--server-side", "-f", file), "kubectl-migrate serverside-applied")
	migrated := alice.get(t, "kubectl-migrate")
	if ttl(migrated) != "2h" || migrated.Generation != 1 {
		t.Errorf("after the move to server-side apply: %+v", migrated)
	}
	contains(t, alice.kubectl(t, "apply", "--server-side", "-f", manifest(t, "name: kubectl-migrate", "spec: {ttl: 5h}"), "--force-conflicts"), "serverside-applied")
}

func TestKubectlDiff(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-diff-alice", devs)
	file := manifest(t, "name: kubectl-diff, labels: {team: red}", "spec: {ttl: 2h}")
	missing := alice.try(t, "diff", "-f", file)
	contains(t, missing.stdout, "+kind: Space", "+ ttl: 2h", "+ phase: Provisioning")
	if missing.exit != 1 {
		t.Errorf("for what is missing, want exit code 1, have %d: %s", missing.exit, missing.stderr)
	}
	if left := namespaces(t, "kubectl-diff"); len(left) > 0 {
		t.Fatalf("kubectl diff left %q", left)
	}

	alice.kubectl(t, "apply", "-f", file)
	if diff := cmp.Diff(said{}, alice.try(t, "diff", "-f", file), cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("for what is the same (-want +got):\n%s", diff)
	}
	for name, flags := range map[string][]string{"client-side": nil, "server-side": {"--server-side", "--force-conflicts"}} {
		args := append([]string{"diff", "-f", manifest(t, "name: kubectl-diff, labels: {team: red}", "spec: {ttl: 3h}")}, flags...)
		changed := alice.try(t, args...)
		contains(t, changed.stdout, "- ttl: 2h + ttl: 3h", "- generation: 1 + generation: 2")
		if changed.exit != 1 {
			t.Errorf("%s, for what differs, want exit code 1, have %d: %s", name, changed.exit, changed.stderr)
		}
	}
	refused := alice.try(t, "diff", "-f", manifest(t, "name: kubectl-diff", "spec: {ttl: -3h}"))
	contains(t, refused.stderr, "spec.ttl: Invalid value")
	if refused.exit <= 1 {
		t.Errorf("for what is refused, want an exit code above 1, have %d", refused.exit)
	}
}

// Tools such as Helm say in a label that an object is theirs, and look for it there again. Of the namespace that label says
// that it is ours.
func TestKubectlApplyByWhoManages(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-managed-alice", devs)
	const name, listed = "kubectl-managed", "space.spaces.tenancy.example.io/kubectl-managed\n"
	selected := func(manager string) string {
		t.Helper()
		return alice.kubectl(t, "get", "spaces", "--selector", managerLabel+"="+manager, "-o", "name")
	}
	watched := alice.follow(t, "get", "spaces", "--watch", "--output-watch-events", "--no-headers", "--selector", managerLabel+"=Helm")
	helm := manifest(t, "name: kubectl-managed, labels: {"+managerLabel+": Helm}")
	alice.kubectl(t, "apply", "--server-side", "--field-manager=helm", "-f", helm)
	watched.await(t, "ADDED", name)
	created := alice.get(t, name)
	if got := created.Labels[managerLabel]; got != "Helm" || selected("Helm") != listed || selected("spaces") != "" {
		t.Errorf("the Space shows %q, and is selected as %q and %q", got, selected("Helm"), selected("spaces"))
	}
	alice.kubectl(t, "diff", "--server-side", "--field-manager=helm", "-f", helm)
	alice.kubectl(t, "apply", "--server-side", "--field-manager=helm", "-f", helm)
	if again := alice.get(t, name); again.ResourceVersion != created.ResourceVersion {
		t.Errorf("applying the same twice led from resource version %s to %s", created.ResourceVersion, again.ResourceVersion)
	}
	checkUntouched(t, name)

	alice.kubectl(t, "label", "space", name, managerLabel+"-")
	watched.awaitAfter(t, "DELETED", name)
	if selected("Helm") != "" || selected("spaces") != listed {
		t.Errorf("without its own label it is selected as %q and %q", selected("Helm"), selected("spaces"))
	}
}
