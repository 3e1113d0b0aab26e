// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/test/cluster"
)

const (
	// attemptTime is how long one request may take, and writeTime how long a write may, with all that it is in the way.
	attemptTime = 15 * time.Second
	writeTime   = 3 * time.Minute
	retryEvery  = 100 * time.Millisecond
)

// scribe writes for the test, through all faults, and puts into the history what that means for who could get what. It is
// safe for concurrent use, but for writes of the same object.
type scribe struct {
	admin   cluster.Clients
	history *history

	lock  sync.Mutex
	notes []note
	total int
}

// note is what the scribe has written.
type note struct {
	sent, answered  time.Time
	namespace, text string
}

func (n note) String() string {
	return fmt.Sprintf("%s–%s %s", n.sent.Format(clock), n.answered.Format(clock), n.text)
}

// notesLength is how many writes are remembered.
const notesLength = 20000

func (s *scribe) note(sent time.Time, namespace, text string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.total++
	if len(s.notes) >= 2*notesLength {
		s.notes = append(s.notes[:0], s.notes[notesLength:]...)
	}
	s.notes = append(s.notes, note{sent, time.Now(), namespace, text})
}

// latest returns the last writes that are about the namespace, or about none.
func (s *scribe) latest(namespace string, count int) []note {
	s.lock.Lock()
	defer s.lock.Unlock()
	notes := slices.DeleteFunc(slices.Clone(s.notes), func(n note) bool { return n.namespace != namespace && n.namespace != "" })
	return notes[max(0, len(notes)-count):]
}

func (s *scribe) count() int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.total
}

// persist sends the request until it is answered, and tells what came of it. Only that it never is, is an error.
func (s *scribe) persist(ctx context.Context, namespace, what string, request func(context.Context) error) (outcome, error) {
	sent := time.Now()
	for again := false; ; again = true {
		attempt, cancel := context.WithTimeout(ctx, attemptTime)
		err := request(attempt)
		cancel()
		switch {
		case err == nil:
			s.note(sent, namespace, what)
			return done, nil
		case definite(err) && !again:
			s.note(sent, namespace, what+": "+string(apierrors.ReasonForError(err)))
			return refused, nil
		case definite(err):
			s.note(sent, namespace, what+": at last "+string(apierrors.ReasonForError(err)))
			return unknown, nil
		case time.Since(sent) > writeTime:
			return unknown, fmt.Errorf("%s, %s long: %w", what, writeTime, err)
		}
		if err := sleep(ctx, retryEvery); err != nil {
			return unknown, err
		}
	}
}

// write gives the object a state.
func (s *scribe) write(ctx context.Context, o object, state fact, request func(context.Context) error) error {
	what := fmt.Sprintf("%s %s/%s: %s", o.kind, o.namespace, o.name, state)
	f := s.history.begin(o, state)
	result, err := s.persist(ctx, o.namespace, what, request)
	s.history.end(o, f, result)
	return err
}

func (f fact) String() string {
	text := []string{"nothing"}
	for _, rule := range f.rules {
		text = append(text, fmt.Sprint(rule.Verbs, rule.Resources, rule.ResourceNames))
	}
	for _, subject := range f.subjects {
		text = append(text, subject.Name)
	}
	return strings.Join(text[min(1, len(text)-1):], " ")
}

func roleState(rules ...rbacv1.PolicyRule) fact { return fact{rules: rules} }

func bindingState(namespace string, ref rbacv1.RoleRef, subjects ...rbacv1.Subject) fact {
	if ref.Kind == "ClusterRole" {
		namespace = ""
	}
	return fact{ref: object{ref.Kind, namespace, ref.Name}, subjects: subjects}
}

// bind creates a RoleBinding.
func (s *scribe) bind(ctx context.Context, namespace string, b *rbacv1.RoleBinding) error {
	o, state := object{"RoleBinding", namespace, b.Name}, bindingState(namespace, b.RoleRef, b.Subjects...)
	return s.write(ctx, o, state, create(s.admin.Kube.RbacV1().RoleBindings(namespace), b))
}

// rebind gives a RoleBinding other subjects.
func (s *scribe) rebind(ctx context.Context, namespace string, b *rbacv1.RoleBinding) error {
	o, state := object{"RoleBinding", namespace, b.Name}, bindingState(namespace, b.RoleRef, b.Subjects...)
	return s.write(ctx, o, state, update(s.admin.Kube.RbacV1().RoleBindings(namespace), b))
}

// unbind deletes a RoleBinding.
func (s *scribe) unbind(ctx context.Context, namespace, name string) error {
	return s.write(ctx, object{"RoleBinding", namespace, name}, fact{}, remove(s.admin.Kube.RbacV1().RoleBindings(namespace), name))
}

// setRole creates a Role or gives it other rules.
func (s *scribe) setRole(ctx context.Context, namespace, name string, rules ...rbacv1.PolicyRule) error {
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
	return s.write(ctx, object{"Role", namespace, name}, roleState(rules...), put(s.admin.Kube.RbacV1().Roles(namespace), role))
}

// removeRole deletes a Role.
func (s *scribe) removeRole(ctx context.Context, namespace, name string) error {
	return s.write(ctx, object{"Role", namespace, name}, fact{}, remove(s.admin.Kube.RbacV1().Roles(namespace), name))
}

// bindEverywhere creates a ClusterRoleBinding.
func (s *scribe) bindEverywhere(ctx context.Context, b *rbacv1.ClusterRoleBinding) error {
	o, state := object{kind: "ClusterRoleBinding", name: b.Name}, bindingState("", b.RoleRef, b.Subjects...)
	return s.write(ctx, o, state, create(s.admin.Kube.RbacV1().ClusterRoleBindings(), b))
}

// unbindEverywhere deletes a ClusterRoleBinding.
func (s *scribe) unbindEverywhere(ctx context.Context, name string) error {
	return s.write(ctx, object{kind: "ClusterRoleBinding", name: name}, fact{}, remove(s.admin.Kube.RbacV1().ClusterRoleBindings(), name))
}

// setClusterRole creates a ClusterRole or gives it other rules.
func (s *scribe) setClusterRole(ctx context.Context, name string, rules ...rbacv1.PolicyRule) error {
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
	return s.write(ctx, object{kind: "ClusterRole", name: name}, roleState(rules...), put(s.admin.Kube.RbacV1().ClusterRoles(), role))
}

// removeClusterRole deletes a ClusterRole.
func (s *scribe) removeClusterRole(ctx context.Context, name string) error {
	return s.write(ctx, object{kind: "ClusterRole", name: name}, fact{}, remove(s.admin.Kube.RbacV1().ClusterRoles(), name))
}
