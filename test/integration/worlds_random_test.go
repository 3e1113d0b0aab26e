// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"math/rand/v2"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/client-go/rest"
)

// world is RBAC at one moment, as one number says: the same number makes the same world. A third of it differs from
// the world before.
type world struct {
	number uint64
	// objects are by kind, namespace and name; those that are not there are nil.
	objects map[string]metav1.Object
	callers []rest.ImpersonationConfig
}

// How many objects of each kind there can be.
const (
	roleSlots               = 6
	clusterRoleSlots        = 6
	roleBindingSlots        = 8
	clusterRoleBindingSlots = 3
	callersPerWorld         = 6
	// lasting is how many worlds an object lasts.
	lasting = 3
)

// worldNamespaces are those that are made for the worlds.
var worldNamespaces = []string{"w-0", "w-1", "w-2", "w-3", "w-4", "w-5", "w-6", "w-7", "account-w"}

// partOf is the label by which ClusterRoles are aggregated.
const partOf = "example.com/part-of"

func newWorld(number uint64) *world {
	w := &world{number: number, objects: map[string]metav1.Object{}}
	slots := uint64(0)
	fill := func(count int, random func(d *dice, i int) (key string, object metav1.Object)) {
		for i := range count {
			key, object := random(newDice((number+slots)/lasting, slots), i)
			w.objects[key] = object
			slots++
		}
	}
	fill(roleSlots, randomRole)
	fill(clusterRoleSlots, randomClusterRole)
	fill(roleBindingSlots, randomRoleBinding)
	fill(clusterRoleBindingSlots, randomClusterRoleBinding)
	d := newDice(number, slots)
	for range callersPerWorld {
		w.callers = append(w.callers, d.caller())
	}
	return w
}

// dice are thrown to make a world.
type dice struct {
	*rand.Rand
}

func newDice(number, slot uint64) *dice { return &dice{rand.New(rand.NewPCG(number, slot))} }

// one tells whether one in n has come up.
func (d *dice) one(n int) bool { return d.IntN(n) == 0 }

func (d *dice) pick(from ...string) string { return from[d.IntN(len(from))] }

// some returns from 1 to n, of which the first are likely.
func (d *dice) some(n int, from ...string) []string {
	var picked []string
	for range 1 + d.IntN(n) {
		picked = append(picked, from[min(d.IntN(len(from)), d.IntN(len(from)))])
	}
	return picked
}

func (d *dice) namespace() string { return worldNamespaces[d.IntN(len(worldNamespaces))] }

func randomRole(d *dice, i int) (string, metav1.Object) {
	namespace, name := worldNamespaces[i%len(worldNamespaces)], fmt.Sprintf("role-%d", i%2)
	key := "Role/" + namespace + "/" + name
	if d.one(5) {
		return key, nil
	}
	return key, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Rules: d.rules()}
}

func randomClusterRole(d *dice, i int) (string, metav1.Object) {
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("w-role-%d", i)}}
	key := "ClusterRole//" + role.Name
	switch d.IntN(15) {
	case 0, 1, 2:
		return key, nil
	case 3, 4, 5:
		role.AggregationRule = aggregationOf("a")
		role.Labels = map[string]string{partOf: d.pick("b", "none")}
	case 6, 7:
		role.AggregationRule = aggregationOf(d.some(2, "b", "a")...)
	default:
		role.Rules = d.rules()
		role.Labels = map[string]string{partOf: d.pick("a", "b", "none")}
		if d.one(8) {
			role.Rules = append(role.Rules, rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{"*"}})
		}
	}
	return key, role
}

// aggregationOf selects the ClusterRoles that are parts of the given. Those that are parts of "a" select none, and
// those that are parts of "b" none but "a": aggregation in a circle does not come to an end.
func aggregationOf(parts ...string) *rbacv1.AggregationRule {
	rule := &rbacv1.AggregationRule{}
	for _, part := range parts {
		selector := metav1.LabelSelector{MatchLabels: map[string]string{partOf: part}}
		rule.ClusterRoleSelectors = append(rule.ClusterRoleSelectors, selector)
	}
	return rule
}

// rules are rather about namespaces than not.
func (d *dice) rules() []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for range d.IntN(4) {
		rules = append(rules, rbacv1.PolicyRule{
			Verbs:         d.some(3, "get", "get", "*", "list", "delete", "GET"),
			APIGroups:     d.some(2, "", "", "*", "apps"),
			Resources:     d.some(3, "namespaces", "namespaces", "*", "pods", "namespaces/status", "*/status", "namespaces/*"),
			ResourceNames: d.resourceNames(),
		})
	}
	return rules
}

func (d *dice) resourceNames() []string {
	if d.one(3) {
		return nil
	}
	return d.some(4, append(worldNamespaces[:8:8], "", "*", "kube-system", "spaces-system", "account-w", "nothing")...)
}

func randomRoleBinding(d *dice, i int) (string, metav1.Object) {
	namespace, name := worldNamespaces[i%len(worldNamespaces)], fmt.Sprintf("binding-%d", i%3)
	key := "RoleBinding/" + namespace + "/" + name
	if d.one(6) {
		return key, nil
	}
	ref := d.clusterRoleRef()
	if d.one(2) {
		ref = role(fmt.Sprintf("role-%d", d.IntN(3)))
	}
	return key, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, RoleRef: ref, Subjects: d.subjects(true),
	}
}

func randomClusterRoleBinding(d *dice, i int) (string, metav1.Object) {
	name := fmt.Sprintf("w-binding-%d", i)
	key := "ClusterRoleBinding//" + name
	if d.one(3) {
		return key, nil
	}
	return key, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: d.clusterRoleRef(), Subjects: d.subjects(false),
	}
}

// clusterRoleRef may be to a ClusterRole that is not there.
func (d *dice) clusterRoleRef() rbacv1.RoleRef {
	if d.one(6) {
		return clusterRole(d.pick("view", "edit", "admin", "cluster-admin", "spaces:owner", "spaces:user", "nothing"))
	}
	return clusterRole(fmt.Sprintf("w-role-%d", d.IntN(clusterRoleSlots)))
}

func (d *dice) subjects(namespaced bool) []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for range d.IntN(4) {
		subjects = append(subjects, d.subject(namespaced))
	}
	return subjects
}

func (d *dice) subject(namespaced bool) rbacv1.Subject {
	switch d.IntN(8) {
	case 0, 1, 2:
		return user(d.user())
	case 3, 4:
		return group(d.group())
	case 5:
		return user(serviceaccount.MakeUsername(d.namespace(), d.serviceAccount()))
	case 6:
		if namespaced || d.one(6) { // which the API refuses
			return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: d.serviceAccount()}
		}
		return group(d.pick("system:authenticated", "system:masters", "system:serviceaccounts"))
	default:
		return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: d.namespace(), Name: d.serviceAccount()}
	}
}

func (d *dice) user() string { return d.pick("ann", "ben", "cat", "group-0") }
func (d *dice) group() string {
	return d.pick("group-0", "group-1", "group-2", "ann", "system:serviceaccounts:w-0")
}
func (d *dice) serviceAccount() string { return d.pick("robot", "default") }

// caller is somebody who has been authenticated, with the groups that this brings.
func (d *dice) caller() rest.ImpersonationConfig {
	caller := rest.ImpersonationConfig{UserName: d.user()}
	for range d.IntN(3) {
		caller.Groups = append(caller.Groups, d.group())
	}
	if d.one(4) {
		namespace := d.namespace()
		caller.UserName = serviceaccount.MakeUsername(namespace, d.serviceAccount())
		caller.Groups = serviceaccount.MakeGroupNames(namespace)
	}
	if d.one(12) {
		caller.Groups = append(caller.Groups, "system:masters")
	}
	caller.Groups = append(caller.Groups, "system:authenticated")
	return caller
}
