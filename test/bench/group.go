// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/url"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/bench/population"
)

// subject is what a row is about.
type subject string

// The subjects. The letters are those of docs/benchmarks.md.
const (
	ours       subject = "Spaces"
	idealList  subject = "(b) ideal backend"
	oursDirect subject = "Spaces, asked directly"
	labelled   subject = "(c) namespaces by label"
	oneGet     subject = "(a) one namespace"
	oneReview  subject = "(d) one access review"
	manyReview subject = "(d) N access reviews"
	namespaces subject = "(e) all namespaces"
)

const (
	spacesPath     = "/apis/spaces.tenancy.example.io/v1alpha1/spaces"
	namespacesPath = "/api/v1/namespaces"
	reviewsPath    = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
	reviewBody     = `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"resourceAttributes":{"verb":"get","version":"v1","resource":"namespaces","namespace":%q,"name":%q}}}`
)

// group is the subjects that are measured side by side, and who is asked for what.
type group struct {
	subjects []subject
	targets  []load.Target
	// resource is that of the ideal server.
	resource string
	// least is how many items a list must have, and names are theirs, if there must be no others.
	least int
	names map[string]bool
}

func (g *group) add(s subject, target load.Target) {
	target.Name = string(s)
	g.subjects = append(g.subjects, s)
	g.targets = append(g.targets, target)
}

// compared is how many of the first are those that a goal compares: ours, and the ideal backend.
const compared = 2

// addLists adds ours and what is closest to it, at first.
func (g *group) addLists(s *stage, config *rest.Config, gzip bool) {
	g.add(ours, load.Target{Config: config, Path: spacesPath, Gzip: gzip})
	g.add(idealList, load.Target{Config: config, Path: ideal.Path(g.resource), Gzip: gzip})
	g.add(oursDirect, load.Target{Config: s.plane.DirectConfig(config, s.server), Path: spacesPath, Gzip: gzip})
}

// some is for a caller who sees some of the Spaces.
func (l *lister) some(where setting, caller population.Caller, config *rest.Config) group {
	g := group{resource: fmt.Sprintf("lists-%d", where.k), least: where.k, names: namesOf(l.people, caller)}
	g.addLists(l.stage, config, where.gzip)
	one := l.people.Names(caller)[0]
	selector := "?labelSelector=" + url.QueryEscape(caller.Label)
	g.add(labelled, load.Target{Config: l.reader, Path: namespacesPath + selector, Gzip: where.gzip})
	g.add(oneGet, load.Target{Config: config, Path: namespacesPath + "/" + one, Gzip: where.gzip})
	g.add(oneReview, load.Target{Config: config, Path: reviewsPath, Body: fmt.Sprintf(reviewBody, one, one), Gzip: where.gzip})
	return g
}

// all is for the administrator.
func (l *lister) all(where setting) group {
	g := group{resource: "lists-all", least: where.n}
	config := l.plane.AdminConfig()
	g.addLists(l.stage, config, where.gzip)
	g.add(namespaces, load.Target{Config: config, Path: namespacesPath, Gzip: where.gzip})
	return g
}

// newReader is a user like others who may list namespaces.
func (l *lister) newReader(ctx context.Context) (*rest.Config, error) {
	const name = "bench-reader"
	client, err := kubernetes.NewForConfig(l.plane.AdminConfig())
	if err != nil {
		return nil, fmt.Errorf("preparing a reader of namespaces: %w", err)
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"list"}}},
	}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("making the role of a reader: %w", err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	}
	if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("making the binding of a reader: %w", err)
	}
	return l.plane.UserConfig(name)
}
