// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package population fills a cluster with Spaces, and with people who may see some of them.
//
// Each Space is made by our API, as one of many owners, who thereby gets a RoleBinding. A second RoleBinding has other
// people in it: Callers, who have a fixed number of Spaces, and members, who have one or a few. What a Caller has is
// among the first Spaces that are made, and does not change when more are made later.
package population

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Population is all the Spaces made so far. Its methods are not for concurrent use.
type Population struct {
	kube   kubernetes.Interface
	owners []owner
	random *rand.Rand

	callers []Caller
	names   []string
}

// Caller is somebody who may see K Spaces: by name in one half of them, as one of a group in the other.
type Caller struct {
	K           int
	User, Group string
	// Label is the key of a label that their namespaces have.
	Label string
	// places are those of the Spaces among all, by the order in which these are made.
	places []int
}

// workers is how many Spaces are made at a time.
const workers = 8

// New returns an empty Population. It will have a Caller for each of the given numbers of Spaces, all of them among the
// first so many. The administrator must be allowed to impersonate.
func New(admin *rest.Config, first int, ks []int, random *rand.Rand) (*Population, error) {
	kube, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return nil, fmt.Errorf("preparing to make Spaces: %w", err)
	}
	owners, err := newOwners(admin)
	if err != nil {
		return nil, err
	}
	p := &Population{kube: kube, owners: owners, random: random}
	for _, k := range ks {
		if k > first {
			return nil, fmt.Errorf("nobody can see %d of %d Spaces", k, first)
		}
		p.callers = append(p.callers, Caller{
			K:      k,
			User:   fmt.Sprintf("caller-%d", k),
			Group:  fmt.Sprintf("callers-%d", k),
			Label:  fmt.Sprintf("bench.example.io/of-%d", k),
			places: random.Perm(first)[:k],
		})
	}
	return p, nil
}

// Callers are those who may see some, in the order in which they were asked for.
func (p *Population) Callers() []Caller { return p.callers }

// Len is how many Spaces there are.
func (p *Population) Len() int { return len(p.names) }

// Names are those of the Spaces that the caller may see, sorted.
func (p *Population) Names(caller Caller) []string {
	names := make([]string, 0, caller.K)
	for _, place := range caller.places {
		names = append(names, p.names[place])
	}
	return slices.Sorted(slices.Values(names))
}

// Grow makes Spaces until there are n. It reports how many there are now and then.
func (p *Population) Grow(ctx context.Context, n int, progress func(done int)) error {
	from := len(p.names)
	for range n - from {
		// The old ones are spread among the new ones, by name.
		p.names = append(p.names, fmt.Sprintf("team-%08x", p.random.Uint32()))
	}
	var done atomic.Int64
	done.Store(int64(from))
	return inParallel(ctx, from, n, func(ctx context.Context, place int) error {
		if err := p.makeSpace(ctx, place); err != nil {
			return fmt.Errorf("making Space %d of %d: %w", place+1, n, err)
		}
		if now := done.Add(1); now%1000 == 0 {
			progress(int(now))
		}
		return nil
	})
}

func (p *Population) makeSpace(ctx context.Context, place int) error {
	name := p.names[place]
	if err := p.owners[place%len(p.owners)].create(ctx, name, place); err != nil {
		return err
	}
	subjects, labels := p.members(place)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "members"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   subjects,
	}
	if _, err := p.kube.RbacV1().RoleBindings(name).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return err
	}
	return p.label(ctx, name, labels)
}

// members are the subjects of the second RoleBinding, and the labels that tell whose Space it is.
func (p *Population) members(place int) ([]rbacv1.Subject, []string) {
	subjects := []rbacv1.Subject{
		subject(rbacv1.UserKind, fmt.Sprintf("member-%d", place)),
		subject(rbacv1.GroupKind, fmt.Sprintf("members-%d", place/10)),
	}
	var labels []string
	for _, caller := range p.callers {
		if !slices.Contains(caller.places, place) {
			continue
		}
		labels = append(labels, caller.Label)
		if place%2 == 0 {
			subjects = append(subjects, subject(rbacv1.UserKind, caller.User))
		} else {
			subjects = append(subjects, subject(rbacv1.GroupKind, caller.Group))
		}
	}
	return subjects, labels
}

func subject(kind, name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

func (p *Population) label(ctx context.Context, name string, labels []string) error {
	if len(labels) == 0 {
		return nil
	}
	values := map[string]string{}
	for _, label := range labels {
		values[label] = "true"
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": values}})
	if err != nil {
		return err
	}
	_, err = p.kube.CoreV1().Namespaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
