// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
)

// second is the time that is so many seconds after some beginning.
func second(n int) time.Time { return time.Unix(1_000_000+int64(n), 0) }

// chronicle writes a history in which every write takes a second.
type chronicle struct {
	*history
	time int
}

func newChronicle() *chronicle {
	c := &chronicle{}
	c.history = newHistory(func() time.Time { return second(c.time) })
	return c
}

// write has a request be sent at a time, and this come of it a second later.
func (c *chronicle) write(at int, o object, state fact, result outcome) {
	c.time = at
	f := c.begin(o, state)
	c.time = at + 1
	c.end(o, f, result)
}

// What the check for leaks stands on: it says "could not" if it was so all the time, and only then.
func TestHistoryKnowsWhoCould(t *testing.T) {
	binding, role := object{"RoleBinding", "a", "binding"}, object{"ClusterRole", "", "role"}
	bound := bindingState("a", clusterRoleRef("role"), userOf("ann"))
	// In each history the role lets get namespaces from 0 on, and ann is bound from 10 on.
	tests := map[string]struct {
		then func(*chronicle)
		// could are the seconds at which ann could get the namespace.
		could []int
	}{
		"granted for ever": {then: func(*chronicle) {}, could: []int{10, 11, 20, 21, 30, 31, 40}},
		"revoked":          {then: func(c *chronicle) { c.write(20, binding, fact{}, done) }, could: []int{10, 11, 20, 21}},
		"not revoked: it was refused": {
			then: func(c *chronicle) { c.write(20, binding, fact{}, refused) }, could: []int{10, 11, 20, 21, 30, 31, 40},
		},
		"perhaps revoked": {
			then: func(c *chronicle) { c.write(20, binding, fact{}, unknown) }, could: []int{10, 11, 20, 21, 30, 31, 40},
		},
		"perhaps revoked, and then for sure": {
			then: func(c *chronicle) {
				c.write(20, binding, fact{}, unknown)
				c.write(30, binding, fact{}, done)
			},
			could: []int{10, 11, 20, 21, 30, 31},
		},
		"the role has lost its rule": {
			then: func(c *chronicle) { c.write(20, role, roleState(getPods()), done) }, could: []int{10, 11, 20, 21},
		},
		"the role has another name in its rule": {
			then: func(c *chronicle) { c.write(20, role, roleState(getNamespaces("b")), done) }, could: []int{10, 11, 20, 21},
		},
		"somebody else is bound": {
			then: func(c *chronicle) {
				c.write(20, binding, bindingState("a", clusterRoleRef("role"), groupOf("ann"), userOf("ben")), done)
			},
			could: []int{10, 11, 20, 21},
		},
		"a namespace that is being deleted is seen until it is there again": {
			then: func(c *chronicle) {
				c.time = 19
				c.leaves("a")
				c.write(20, binding, fact{}, done)
				c.time = 31
				c.created("a", second(30), object{})
			},
			could: []int{10, 11, 20, 21, 30, 31},
		},
		"a namespace that is there again has nothing of what the old one had": {
			then: func(c *chronicle) {
				c.time = 31
				c.created("a", second(30), object{})
			},
			could: []int{10, 11, 20, 21, 30, 31},
		},
		"replicas do not hear of it": {
			then: func(c *chronicle) {
				c.time = 19
				over := c.outage()
				c.write(20, binding, fact{}, done)
				c.time = 30
				over()
			},
			could: []int{10, 11, 20, 21, 30},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newChronicle()
			c.write(0, role, roleState(getNamespaces()), done)
			c.write(10, binding, bound, done)
			tc.then(c)
			var could []int
			for _, at := range []int{5, 10, 11, 20, 21, 30, 31, 40} {
				if c.could(&user.DefaultInfo{Name: "ann"}, "a", second(at), second(at)) {
					could = append(could, at)
				}
			}
			if diff := cmp.Diff(tc.could, could); diff != "" {
				t.Errorf("She could at (-want +got):\n%s", diff)
			}
			if c.could(&user.DefaultInfo{Name: "ann"}, "b", second(0), second(50)) {
				t.Error("She could get another namespace")
			}
			if c.could(&user.DefaultInfo{Name: "eve"}, "a", second(0), second(50)) {
				t.Error("Somebody else could get the namespace")
			}
		})
	}
}

func TestHistoryKnowsSubjects(t *testing.T) {
	robot := &user.DefaultInfo{Name: "system:serviceaccount:a:robot", Groups: []string{"robots"}}
	for name, tc := range map[string]struct {
		subject rbacv1.Subject
		want    bool
	}{
		"its ServiceAccount":              {serviceAccount("a", "robot"), true},
		"one in the binding's namespace":  {serviceAccount("", "robot"), true},
		"one in another namespace":        {serviceAccount("b", "robot"), false},
		"a user of the name":              {userOf("system:serviceaccount:a:robot"), true},
		"its group":                       {groupOf("robots"), true},
		"a group with the name of a user": {groupOf("system:serviceaccount:a:robot"), false},
		"a user with the name of a group": {userOf("robots"), false},
	} {
		t.Run(name, func(t *testing.T) {
			state := bindingState("a", clusterRoleRef("role"), tc.subject)
			if got := binds(object{"RoleBinding", "a", "binding"}, &state, robot); got != tc.want {
				t.Errorf("binds() = %t, want %t", got, tc.want)
			}
		})
	}
}

// The same seed makes the same operations and faults, whatever comes of them.
func TestDiceAreRepeatable(t *testing.T) {
	throw := func(seed uint64) []string {
		dice := rand.New(rand.NewPCG(seed, 1))
		nobody := []*client{{name: "ann"}, {name: "ben"}}
		b := &breaker{dice: dice, lines: make([]*line, 20)}
		var all []operation
		for _, from := range []source{
			&gardener{dice: dice, makers: nobody, admins: nobody, namespaces: plot(0)}, newSteward(dice, nil),
		} {
			for range 500 {
				all = append(all, from.next())
			}
		}
		all = append(all, slices.Concat(b.deck(0), b.deck(1))...)
		var text []string
		for _, op := range all {
			text = append(text, op.what+" "+op.rest.String())
		}
		return text
	}
	if diff := cmp.Diff(throw(1), throw(1)); diff != "" {
		t.Errorf("The same seed makes other operations:\n%s", diff)
	}
	if cmp.Equal(throw(1), throw(2)) {
		t.Error("Another seed makes the same operations")
	}
}
