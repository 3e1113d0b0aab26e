// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestKubectlWait(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-wait-alice", devs)
	alice.space(t, "kubectl-wait", withTTL("2h"))
	var checks []func()
	for name, tc := range map[string]struct {
		args string
		want said
	}{
		"for a condition":        {"--for=condition=Ready space/kubectl-wait", said{stdout: "space.spaces.tenancy.example.io/kubectl-wait condition met\n"}},
		"for a value":            {"--for=jsonpath={.status.phase}=Active sp kubectl-wait", said{stdout: "space.spaces.tenancy.example.io/kubectl-wait condition met\n"}},
		"for a value to be set":  {"--for=jsonpath={.status.expiresAt} spaces --all", said{stdout: "space.spaces.tenancy.example.io/kubectl-wait condition met\n"}},
		"for the creation":       {"--for=create space/kubectl-wait", said{stdout: "space.spaces.tenancy.example.io/kubectl-wait condition met\n"}},
		"for the end of nothing": {"--for=delete space/kubectl-wait-none", said{}},
		"in vain, for a value":   {"--for=jsonpath={.status.phase}=Terminating space/kubectl-wait --timeout=1s", said{exit: 1, stderr: "error: timed out waiting for the condition on spaces/kubectl-wait\n"}},
		"in vain, for the end":   {"--for=delete space/kubectl-wait --timeout=1s", said{exit: 1, stderr: "error: timed out waiting for the condition on spaces/kubectl-wait\n"}},
		"for what is not there":  {"--for=condition=Ready space/kubectl-wait-none", said{exit: 1, stderr: `Error from server (NotFound): spaces.spaces.tenancy.example.io "kubectl-wait-none" not found` + "\n"}},
	} {
		ended := alice.start(t, append([]string{"wait"}, strings.Fields(tc.args)...)...)
		checks = append(checks, func() {
			if diff := cmp.Diff(tc.want, ended(), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("%s: kubectl wait %s (-want +got):\n%s", name, tc.args, diff)
			}
		})
	}
	for _, check := range checks {
		check()
	}
}

// A condition that was observed before the last change of the spec does not count for kubectl wait, nor for tools that
// deploy: they would wait for ever.
func TestKubectlWaitAfterAChange(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-observed-alice", devs)
	alice.space(t, "kubectl-observed", withTTL("2h"))
	alice.kubectl(t, "patch", "space", "kubectl-observed", "--type=merge", "-p", `{"spec":{"ttl":"3h"}}`)
	alice.kubectl(t, "wait", "--for=condition=Ready", "space/kubectl-observed", "--timeout=5s")
}

func TestKubectlDelete(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-delete-alice", devs)
	var checks []func()
	for name, args := range map[string]string{
		"name":       "space kubectl-delete-name",
		"file":       "-f " + manifest(t, "name: kubectl-delete-file"),
		"field":      "spaces --field-selector metadata.name=kubectl-delete-field",
		"foreground": "sp kubectl-delete-foreground --cascade=foreground",
		"orphan":     "sp kubectl-delete-orphan --cascade=orphan",
		"now":        "space/kubectl-delete-now --now",
	} {
		space := alice.space(t, "kubectl-delete-"+name).Name
		ended := alice.start(t, append([]string{"delete"}, strings.Fields(args)...)...)
		checks = append(checks, func() {
			want := said{stdout: fmt.Sprintf("space.spaces.tenancy.example.io %q deleted\n", space)}
			if diff := cmp.Diff(want, ended(), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("kubectl delete %s (-want +got):\n%s", args, diff)
			}
			checkGone(t, space)
		})
	}
	for _, check := range checks {
		check()
	}
}

func TestKubectlDeleteWithoutWaiting(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "kubectl-leave-alice", devs), shared.Admin(t)
	waits := map[string]func() said{}
	for name, args := range map[string]string{
		"no-wait": "space kubectl-leave-no-wait --wait=false",
		"timeout": "space kubectl-leave-timeout --timeout=1s",
		"raw":     "--raw /apis/spaces.tenancy.example.io/v1alpha1/spaces/kubectl-leave-raw",
	} {
		space := alice.space(t, "kubectl-leave-"+name).Name
		release := hold(t, admin, space)
		got := alice.try(t, append([]string{"delete"}, strings.Fields(args)...)...)
		if timedOut := got.exit != 0; timedOut != (name == "timeout") {
			t.Errorf("kubectl delete %s: %+v", args, got)
		}
		if phase := alice.get(t, space).Status.Phase; phase != v1alpha1.SpaceTerminating {
			t.Errorf("%s is %s", space, phase)
		}
		if phase := namespace(t, space).Status.Phase; phase != corev1.NamespaceTerminating {
			t.Errorf("the namespace %s is %s", space, phase)
		}
		release()
		waits[space] = alice.start(t, "wait", "--for=delete", "--timeout=2m", "space/"+space)
	}
	for space, ended := range waits {
		if got := ended(); got.exit != 0 {
			t.Errorf("kubectl wait for the end of %s: %+v", space, got)
		}
		checkGone(t, space)
	}
}

func checkGone(t *testing.T, name string) {
	t.Helper()
	if left := namespaces(t, name); len(left) > 0 {
		t.Errorf("the namespace %s is still there", name)
	}
}

func TestKubectlDeleteOfNothing(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-undelete-alice", devs)
	contains(t, alice.kubectlFails(t, "delete", "space", "kubectl-undelete"),
		`Error from server (NotFound): spaces.spaces.tenancy.example.io "kubectl-undelete" not found`)
	for _, args := range []string{"delete space kubectl-undelete --ignore-not-found", "delete spaces --all", "delete spaces -l a=b"} {
		if got := alice.kubectl(t, strings.Fields(args)...); got != "" && got != "No resources found\n" {
			t.Errorf("kubectl %s: %q", args, got)
		}
	}
}

// Those that one sees but may not delete are in nobody's way.
func TestKubectlDeleteAll(t *testing.T) {
	t.Parallel()
	alice, bob := newCaller(t, "kubectl-all-alice", devs), newCaller(t, "kubectl-all-bob", ops)
	for _, name := range []string{"kubectl-all-a", "kubectl-all-z"} {
		alice.space(t, name)
	}
	bob.space(t, "kubectl-all-m")
	bob.space(t, "kubectl-all-hidden")
	bind(t, shared.Admin(t), "kubectl-all-m", "alice", clusterRole("view"), user(alice.name))
	awaitSight(t, alice.Clients, "kubectl-all-m")

	got := alice.try(t, "delete", "spaces", "--all")
	contains(t, got.stdout, `space.spaces.tenancy.example.io "kubectl-all-a" deleted`, `space.spaces.tenancy.example.io "kubectl-all-z" deleted`)
	want := `Error from server (Forbidden): spaces.spaces.tenancy.example.io "kubectl-all-m" is forbidden: ` +
		`User "kubectl-all-alice" cannot delete the namespace "kubectl-all-m"` + "\n"
	if got.stderr != want || got.exit != 1 {
		t.Errorf("want %q, have %+v", want, got)
	}
	for _, gone := range []string{"kubectl-all-a", "kubectl-all-z"} {
		awaitGone(t, shared.Admin(t), gone) // having failed in part, kubectl does not wait
	}
	if diff := cmp.Diff([]string{"kubectl-all-hidden", "kubectl-all-m"}, namespaces(t, "kubectl-all-")); diff != "" {
		t.Errorf("namespaces that are left (-want +got):\n%s", diff)
	}
	for _, name := range bob.names(t) {
		if phase := bob.get(t, name).Status.Phase; phase != v1alpha1.SpaceActive {
			t.Errorf("Space %s of bob is %s", name, phase)
		}
	}
}

func TestKubectlReplaceForce(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "kubectl-force-alice", devs)
	before := alice.space(t, "kubectl-force", withTTL("2h"))
	got := alice.kubectl(t, "replace", "--force", "-f", manifest(t, "name: kubectl-force", "spec: {ttl: 3h}"))
	if want := `space.spaces.tenancy.example.io "kubectl-force" deleted` + "\nspace.spaces.tenancy.example.io/kubectl-force replaced\n"; got != want {
		t.Errorf("want %q, have %q", want, got)
	}
	after := alice.get(t, "kubectl-force")
	if after.UID == before.UID || ttl(after) != "3h" || after.Status.Phase != v1alpha1.SpaceActive || after.Generation != 1 {
		t.Errorf("want another Space, have %+v", after)
	}
}
