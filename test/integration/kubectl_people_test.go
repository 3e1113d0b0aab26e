// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func TestPeopleSeeTheirOwnSpaces(t *testing.T) {
	t.Parallel()
	alice, bob, eve := newCaller(t, "people-own-alice", devs), newCaller(t, "people-own-bob", ops), newCaller(t, "people-own-eve")
	contains(t, alice.kubectl(t, "create", "-f", manifest(t, "name: people-own-a", "spec: {ttl: 2h}")), "people-own-a created")
	contains(t, bob.kubectl(t, "create", "-f", manifest(t, "name: people-own-b", "spec: {ttl: 30m}")), "people-own-b created")

	matches(t, alice.kubectl(t, "get", "spaces", "--no-headers", "-o", "wide"), `people-own-a +<none> +Active +1\d\dm +\S+ +people-own-alice +2h\n`)
	matches(t, bob.kubectl(t, "get", "spaces", "--no-headers", "-o", "wide"), `people-own-b +<none> +Active +[23]\dm +\S+ +people-own-bob +30m\n`)
	none := said{stderr: "No resources found\n"}
	if diff := cmp.Diff(none, eve.try(t, "get", "spaces"), cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("eve gets (-want +got):\n%s", diff)
	}

	// A Space is its owner's to work in, as soon as there is one, and nobody else's.
	contains(t, alice.kubectl(t, "create", "configmap", "-n", "people-own-a", "mine"), "configmap/mine created")
	contains(t, bob.kubectlFails(t, "create", "configmap", "-n", "people-own-a", "mine"),
		`User "people-own-bob" cannot create resource "configmaps" in API group "" in the namespace "people-own-a"`)
	contains(t, eve.kubectlFails(t, "create", "-f", manifest(t, "name: people-own-e")),
		`User "people-own-eve" cannot create resource "spaces" in API group "spaces.tenancy.example.io" at the cluster scope`)
	if left := namespaces(t, "people-own-e"); len(left) > 0 {
		t.Errorf("eve made %q", left)
	}
}

// A Space that somebody may not see looks exactly as one that does not exist, whatever is done to it.
func TestPeopleCannotTellHiddenFromMissing(t *testing.T) {
	t.Parallel()
	alice, eve, mallory := newCaller(t, "people-hide-alice", devs), newCaller(t, "people-hide-eve"), newCaller(t, "people-hide-mallory", devs)
	const hidden, missing = "people-hide-hidden", "people-hide-absent"
	alice.space(t, hidden, withTTL("2h"), withLabel("team", "red"))
	before := alice.get(t, hidden)
	t.Run("commands", func(t *testing.T) {
		for name, command := range commandsOnOneSpace() {
			for _, who := range []caller{eve, mallory} {
				t.Run(name+" by "+who.name, func(t *testing.T) {
					t.Parallel()
					want := who.without(t, missing, command(t, missing)...)
					got := who.without(t, hidden, command(t, hidden)...)
					if diff := cmp.Diff(want, got, cmp.AllowUnexported(said{})); diff != "" {
						t.Errorf("what is missing and what is hidden (-missing +hidden):\n%s", diff)
					}
				})
			}
		}
	})
	if diff := cmp.Diff(before, alice.get(t, hidden)); diff != "" {
		t.Errorf("the hidden Space has changed (-before +after):\n%s", diff)
	}
}

// without runs kubectl, and takes all that is particular to the Space from what it says.
func (c caller) without(t *testing.T, space string, args ...string) said {
	t.Helper()
	got := c.try(t, args...)
	particular := strings.NewReplacer(space, "SPACE", args[len(args)-1], "ARGUMENT")
	got.stdout, got.stderr = particular.Replace(got.stdout), particular.Replace(got.stderr)
	return got
}

// commandsOnOneSpace returns all that kubectl can do to a Space which exists.
func commandsOnOneSpace() map[string]func(t *testing.T, space string) []string {
	commands := map[string]func(*testing.T, string) []string{
		"replace": func(t *testing.T, space string) []string {
			return []string{"replace", "-f", manifest(t, "name: "+space)}
		},
	}
	for name, args := range map[string]string{
		"get":             "get space %",
		"get by field":    "get spaces --field-selector metadata.name=%",
		"describe":        "describe space %",
		"label":           "label space % a=b",
		"annotate":        "annotate space % a=b",
		"edit":            "edit space %",
		"merge patch":     `patch space % --type=merge -p {"spec":{"ttl":"1h"}}`,
		"strategic patch": `patch space % --type=strategic -p {"spec":{"ttl":"1h"}}`,
		"JSON patch":      `patch space % --type=json -p [{"op":"test","path":"/spec/ttl","value":"1h"}]`,
		"delete":          "delete space %",
	} {
		commands[name] = func(_ *testing.T, space string) []string { return strings.Fields(strings.ReplaceAll(args, "%", space)) }
	}
	return commands
}

// What kubectl does not show is the same, too.
func TestPeopleGetTheSameAnswersForHiddenAndMissing(t *testing.T) {
	t.Parallel()
	alice, eve, mallory := newCaller(t, "people-same-alice", devs), newCaller(t, "people-same-eve"), newCaller(t, "people-same-mallory", devs)
	const hidden, missing = "people-same-hidden", "people-same-absent"
	before := alice.space(t, hidden, withTTL("2h"), withLabel("team", "red"))
	const byName = "fieldSelector=metadata.name%3D"
	requests := map[string]func(space string) call{
		"GET":              func(space string) call { return call{path: "/" + space} },
		"GET as a table":   func(space string) call { return call{path: "/" + space, accept: asTable} },
		"GET of a version": func(space string) call { return call{path: "/" + space + "?resourceVersion=" + before.ResourceVersion} },
		"GET of metadata":  func(space string) call { return call{path: "/" + space, accept: asPartial} },
		"LIST": func(space string) call {
			return call{path: "?resourceVersion=0&limit=1&" + byName + space, accept: asPartialList}
		},
		"watch": func(space string) call { return call{path: "?watch=true&timeoutSeconds=1&" + byName + space} },
		"watch from then": func(space string) call {
			return call{path: "?watch=true&timeoutSeconds=1&resourceVersion=1&" + byName + space}
		},
		"DELETE":     func(space string) call { return call{method: "DELETE", path: "/" + space} },
		"dry DELETE": func(space string) call { return call{method: "DELETE", path: "/" + space + "?dryRun=All"} },
		"DELETE of a UID": func(space string) call {
			return call{method: "DELETE", path: "/" + space, body: `{"preconditions":{"uid":"x"}}`}
		},
		"DELETE of the list": func(space string) call { return call{method: "DELETE", path: "?" + byName + space} },
		"PUT of a version": func(space string) call {
			return call{method: "PUT", path: "/" + space, body: spaceFields(space, members{"resourceVersion": before.ResourceVersion}, nil).String()}
		},
	}
	for _, way := range ways {
		if !way.creates && way.name != "apply" {
			requests[way.name] = func(space string) call { return way.call(space, spaceFields(space, nil, members{"ttl": "1h"})) }
			requests[way.name+", wrong"] = func(space string) call { return way.call(space, spaceFields(space, nil, members{"ttl": "-1h"})) }
		}
	}
	revision := regexp.MustCompile(`"resourceVersion":"\d+"`)
	for name, request := range requests {
		for _, who := range []caller{eve, mallory} {
			want, got := who.do(t, request(missing)), who.do(t, request(hidden))
			anonymous := func(body string) string {
				return revision.ReplaceAllString(strings.NewReplacer(hidden, "SPACE", missing, "SPACE").Replace(body), "REVISION")
			}
			if want.code != got.code || anonymous(want.body) != anonymous(got.body) {
				t.Errorf("%s by %s: if it is missing %d %s, if it is hidden %d %s", name, who.name, want.code, want.body, got.code, got.body)
			}
		}
	}
	if diff := cmp.Diff(before, alice.get(t, hidden)); diff != "" {
		t.Errorf("the hidden Space has changed (-before +after):\n%s", diff)
	}
}

// The exception is creation: a name is taken, whoever may know by what.
func TestPeopleFindHiddenNamesTaken(t *testing.T) {
	t.Parallel()
	alice, mallory := newCaller(t, "people-taken-alice", devs), newCaller(t, "people-taken-mallory", devs)
	alice.space(t, "people-taken", withTTL("2h"))
	before := alice.get(t, "people-taken")
	for _, args := range []string{"create -f", "apply -f", "apply --server-side -f", "apply --server-side --force-conflicts -f"} {
		contains(t, mallory.kubectlFails(t, append(strings.Fields(args), manifest(t, "name: people-taken", "spec: {ttl: 1h}"))...),
			"Error from server (AlreadyExists)", `spaces.spaces.tenancy.example.io "people-taken" already exists`)
	}
	if diff := cmp.Diff(before, alice.get(t, "people-taken")); diff != "" {
		t.Errorf("the hidden Space has changed (-before +after):\n%s", diff)
	}
}

// promised is how soon somebody sees a Space after access to it was granted.
const promised = time.Second

func TestPeopleWatchWhatTheyAreGranted(t *testing.T) {
	t.Parallel()
	alice, bob := newCaller(t, "people-watch-alice", devs), newCaller(t, "people-watch-bob", ops)
	alice.space(t, "people-watch-a", withTTL("2h"))
	bob.space(t, "people-watch-b")
	table := bob.follow(t, "get", "spaces", "-w")
	table.await(t, "NAME", "ACCOUNT")
	table.await(t, "people-watch-b", "<none>", "Active", "<never>")
	events := bob.follow(t, "get", "spaces", "-w", "--output-watch-events")
	events.await(t, "EVENT", "NAME")
	events.await(t, "ADDED", "people-watch-b")

	// A RoleBinding of the owner's, who may hand on what the owner has.
	bindings := alice.Kube.RbacV1().RoleBindings("people-watch-a")
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "bob"}, RoleRef: clusterRole("view"), Subjects: []rbacv1.Subject{user(bob.name)}}
	for round := range 3 {
		must(bindings.Create(t.Context(), binding, metav1.CreateOptions{}))(t)
		granted := time.Now()
		shown := table.await(t, "people-watch-a", "<none>", "Active").at.Sub(granted)
		added := events.await(t, "ADDED", "people-watch-a", "<none>", "Active").at.Sub(granted)
		contains(t, bob.kubectl(t, "get", "space", "people-watch-a"), "people-watch-a")

		check(t, bindings.Delete(t.Context(), binding.Name, metav1.DeleteOptions{}))
		revoked := time.Now()
		removed := events.await(t, "DELETED", "people-watch-a", "<none>", "Active").at.Sub(revoked)
		table.await(t, "people-watch-a") // without a word for the event, as for all kinds
		contains(t, bob.kubectlFails(t, "get", "space", "people-watch-a"), `Error from server (NotFound)`)

		t.Logf("Round %d: a grant is shown after %v, as an event after %v, its end after %v", round, shown, added, removed)
		if slowest := max(shown, added, removed); slowest > promised {
			t.Errorf("want at most %v, have %v", promised, slowest)
		}
	}
}

func TestPeopleNeedRightsInTheSpace(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "people-rights-alice", devs)
	const (
		toChange = `spaces.spaces.tenancy.example.io "%" is forbidden: User "@" cannot manage it, nor update the namespace "%"`
		toDelete = `spaces.spaces.tenancy.example.io "%" is forbidden: User "@" cannot delete the namespace "%"`
	)
	for role, mayChange := range map[string]bool{"view": false, "edit": false, "admin": false, "spaces:operator": false, "spaces:owner": true} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			id := strings.ReplaceAll(role, ":", "-")
			bob := newCaller(t, "people-rights-bob-"+id, ops)
			space := alice.space(t, "people-rights-"+id, withTTL("2h")).Name
			bind(t, shared.Admin(t), space, "bob", clusterRole(role), user(bob.name))
			awaitSight(t, bob.Clients, space)
			contains(t, bob.kubectl(t, "describe", "space", space), "Ttl: 2h")
			expand := strings.NewReplacer("%", space, "@", bob.name)
			for _, tc := range []struct{ args, missing string }{
				{"label space % a=b", toChange},
				{"annotate space % a=b --dry-run=server", toChange},
				{`patch space % --type=merge -p {"spec":{"ttl":"3h"}}`, toChange},
				{`patch space % --type=json -p [{"op":"replace","path":"/spec/ttl","value":"4h"}]`, toChange},
				{`patch space % -p {"spec":{"ttl":"5h"}}`, toChange},
				{"replace -f " + manifest(t, "name: "+space), toChange},
				{"apply --server-side --force-conflicts -f " + manifest(t, "name: "+space, "spec: {ttl: 6h}"), toChange},
				{"apply -f " + manifest(t, "name: "+space, "spec: {ttl: 7h}"), toChange},
				{"delete space % --dry-run=server", toDelete},
				{"delete space % --wait=false", toDelete},
			} {
				got := bob.try(t, strings.Fields(expand.Replace(tc.args))...)
				if mayChange != (got.exit == 0) {
					t.Errorf("kubectl %s: may %v, and have %+v", tc.args, mayChange, got)
				}
				if !mayChange {
					contains(t, got.stderr, "Error from server (Forbidden)", expand.Replace(tc.missing))
				}
			}
			if got := alice.get(t, space); !mayChange && (ttl(got) != "2h" || got.Status.Phase != v1alpha1.SpaceActive || got.Generation != 1) {
				t.Errorf("the Space was changed: %+v", got)
			}
		})
	}
}
