// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/quota"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// books tell the ledger what the namespaces say, in the order in which they came to say it: budgets, too. Only the
// follower's goroutine uses them.
type books struct {
	ledger ledger
	// homes are the namespaces behind accounts, and behind the ClusterQuota, that have been told of.
	homes map[string]bool
	// nascent are the names of Spaces that were not granted yet when they were heard of.
	nascent map[string]bool
	listeners
	// heard is the newest revision that has been taken in. It may be read at any time.
	heard atomic.Uint64
}

// listeners want to know what the books say.
type listeners struct {
	// claimed is called with the name of a Space that claims something, and charged with that of a namespace behind an
	// account, or behind the ClusterQuota, to which something else may be charged, or whose budget may be another.
	claimed, charged func(name string)
}

func newBooks(ledger ledger, listeners listeners) *books {
	return &books{ledger: ledger, homes: map[string]bool{}, nascent: map[string]bool{}, listeners: listeners}
}

// set takes in what a namespace has come to say.
func (b *books) set(namespace *corev1.Namespace) error {
	revision, err := strconv.ParseUint(namespace.ResourceVersion, 10, 64)
	if err != nil {
		return err
	}
	defer b.heard.Store(revision)
	if !space.MayBe(namespace) {
		b.setBudget(namespace)
		return nil
	}
	one := b.ledger.costs.Observed(namespace)
	b.tell(b.ledger.Observe(one, revision))
	if _, isNew := namespace.Annotations[spacesapi.AnnotationNew]; isNew && one.Granted == nil {
		b.nascent[one.Space] = true
	}
	if one.Claimed != nil {
		b.claimed(one.Space)
	}
	return nil
}

// born tells, once, whether the Space was granted under our eyes: then whoever has created it has put everything there.
func (b *books) born(space string) bool {
	defer delete(b.nascent, space)
	return b.nascent[space]
}

// tell tells of these accounts, and of the cluster, that something else is charged to them, if there are any; "" is none.
func (b *books) tell(accounts []string) {
	if len(accounts) == 0 {
		return
	}
	b.charged(spacesapi.SystemNamespace)
	for _, account := range accounts {
		if account != "" {
			b.charged(spacesapi.AccountHome(account))
		}
	}
}

// remove takes in that a namespace has gone.
func (b *books) remove(namespace *corev1.Namespace) {
	if space.MayBe(namespace) {
		delete(b.nascent, namespace.Name)
		b.tell(b.ledger.Gone(namespace.Name))
		return
	}
	b.setHome(namespace.Name, nil)
	delete(b.homes, namespace.Name)
}

// replace takes in that these are all namespaces, as of the revision.
func (b *books) replace(namespaces []*corev1.Namespace, revision uint64) {
	var all []quota.Observed
	gone := maps.Clone(b.homes)
	for _, namespace := range namespaces {
		if !space.MayBe(namespace) {
			delete(gone, namespace.Name)
			b.setBudget(namespace)
			continue
		}
		all = append(all, b.ledger.costs.Observed(namespace))
	}
	for home := range gone {
		b.setHome(home, nil)
		delete(b.homes, home)
	}
	b.ledger.Replace(all)
	b.heard.Store(revision)
	b.charged(spacesapi.SystemNamespace)
	for home := range b.homes {
		b.charged(home)
	}
	clear(b.nascent)
	for _, one := range all {
		if one.Claimed != nil {
			b.claimed(one.Space)
		}
	}
}

// setBudget takes in the budget that the namespace says, if any.
func (b *books) setBudget(namespace *corev1.Namespace) {
	hard := budgetIn(namespace.Annotations[spacesapi.AnnotationObject])
	b.charged(namespace.Name)
	b.setHome(namespace.Name, hard)
}

func (b *books) setHome(home string, hard corev1.ResourceList) {
	b.homes[home] = true
	if home == spacesapi.SystemNamespace {
		b.ledger.SetCluster(hard)
		return
	}
	b.ledger.SetAccount(strings.TrimPrefix(home, spacesapi.AccountHomePrefix), hard)
}

// budgetIn returns the budget in an encoded Account or ClusterQuota, or nil if there is none. What follows from the nodes is
// what the status says it is, so that it is the same for everybody; until it says that, there is nothing of it.
func budgetIn(text string) corev1.ResourceList {
	var one struct {
		Spec struct {
			Quota      *v1alpha1.Quota                         `json:"quota"`
			Overcommit map[corev1.ResourceName]json.RawMessage `json:"overcommit"`
		} `json:"spec"`
		Status struct {
			Quota v1alpha1.QuotaStatus `json:"quota"`
		} `json:"status"`
	}
	if text == "" || json.Unmarshal([]byte(text), &one) != nil || one.Spec.Quota == nil && len(one.Spec.Overcommit) == 0 {
		return nil // nobody can create anything if it cannot be read
	}
	hard := corev1.ResourceList{}
	for name := range one.Spec.Overcommit {
		hard[name] = one.Status.Quota.Hard[name]
	}
	if one.Spec.Quota != nil {
		maps.Copy(hard, one.Spec.Quota.Hard)
	}
	return hard
}
