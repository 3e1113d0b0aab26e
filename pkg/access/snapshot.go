// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/third_party/forked/golang/btree"
)

// everyNamespace stands in a grant for all namespaces, those to come included. No namespace has this name.
const everyNamespace = ""

// grant says that count bindings let the subject see the namespace.
type grant struct {
	subject   subject
	namespace string
	count     int
}

func (g grant) before(other grant) bool {
	return cmp.Or(g.subject.compare(other.subject), strings.Compare(g.namespace, other.namespace)) < 0
}

// Snapshot is the relation of subjects and namespaces at one moment. It is immutable, and safe for concurrent use.
type Snapshot struct {
	grants *btree.BTree[grant]
}

func newGrants() *btree.BTree[grant] {
	return btree.New(32, grant.before)
}

// Sees tells whether the caller may get the namespace. It costs O(groups · log bindings).
func (s *Snapshot) Sees(caller user.Info, namespace string) bool {
	sees := false
	eachSubject(caller, func(who subject) bool {
		sees = who == masters || s.has(who, everyNamespace) || s.has(who, namespace)
		return !sees
	})
	return sees
}

// Namespaces returns the names of the namespaces that the caller may get, sorted and each once, whether they exist or
// not; or all == true if the caller may get every one. It costs O(groups · log bindings + K log K) for K names.
func (s *Snapshot) Namespaces(caller user.Info) (namespaces []string, all bool) {
	eachSubject(caller, func(who subject) bool {
		all = who == masters || s.has(who, everyNamespace)
		if !all {
			namespaces = s.appendNamespaces(namespaces, who)
		}
		return !all
	})
	if all {
		return nil, true
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}

// masters is the group that the kube-apiserver authorizes for everything, before it looks at any role.
var masters = subject{group: true, name: user.SystemPrivilegedGroup}

func (s *Snapshot) has(who subject, namespace string) bool {
	return s.grants.Has(grant{subject: who, namespace: namespace})
}

func (s *Snapshot) appendNamespaces(namespaces []string, who subject) []string {
	s.grants.AscendGreaterOrEqual(grant{subject: who}, func(g grant) bool {
		if g.subject != who {
			return false
		}
		namespaces = append(namespaces, g.namespace)
		return true
	})
	return namespaces
}

// Change says for whom the view of which namespaces may have changed from one Snapshot to the next. It is immutable.
type Change struct {
	namespaces map[subject][]string
}

// Namespaces returns the namespaces which the caller may have gained or lost; or all == true if any may be. A caller
// whom the change does not concern gets none.
func (c Change) Namespaces(caller user.Info) (namespaces []string, all bool) {
	eachSubject(caller, func(who subject) bool {
		namespaces = append(namespaces, c.namespaces[who]...)
		return true
	})
	if slices.Contains(namespaces, everyNamespace) {
		return nil, true
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), false
}
