// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func newSpace(name string) *v1alpha1.Space {
	return &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// createNamespace creates a namespace that is not a Space.
func (s *scribe) createNamespace(ctx context.Context, name string, labels map[string]string) error {
	var sent time.Time
	result, err := s.persist(ctx, name, "create namespace "+name, func(ctx context.Context) error {
		sent = time.Now()
		return create(s.admin.Kube.CoreV1().Namespaces(), namespaceOf(name, labels))(ctx)
	})
	if result == done {
		s.history.created(name, sent, object{})
	}
	return err
}

// createSpace creates a Space. Its maker gets a RoleBinding in it, sooner or later.
func (s *scribe) createSpace(ctx context.Context, maker *client, space *v1alpha1.Space) error {
	name := space.Name
	owner := object{"RoleBinding", name, spaces.ClusterRoleOwner}
	f := s.history.begin(owner, bindingState(name, clusterRoleRef(spaces.ClusterRoleOwner), userOf(maker.name)))
	tries := 0
	var sent time.Time
	result, err := s.persist(ctx, name, "create Space "+name+" as "+maker.name, func(ctx context.Context) error {
		if tries++; tries == 2 { // The server deletes what it could not provide with all that it needs.
			s.history.leaves(name)
		}
		sent = time.Now()
		_, err := spacesOf(maker.Clients).Create(ctx, space, metav1.CreateOptions{})
		return err
	})
	if result == done {
		s.history.created(name, sent, owner)
	}
	s.history.end(owner, f, result)
	return err
}

// deleteNamespace deletes a namespace, Space or not.
func (s *scribe) deleteNamespace(ctx context.Context, name string) error {
	return s.leave(ctx, name, "delete namespace "+name, func(ctx context.Context) error {
		return s.admin.Kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	})
}

// deleteSpace deletes a Space, but no other namespace.
func (s *scribe) deleteSpace(ctx context.Context, by *client, name string) error {
	return s.leave(ctx, name, "delete Space "+name+" as "+by.name, func(ctx context.Context) error {
		return spacesOf(by.Clients).Delete(ctx, name, metav1.DeleteOptions{})
	})
}

func (s *scribe) leave(ctx context.Context, name, what string, request func(context.Context) error) error {
	leaving := s.history.leaves(name)
	result, err := s.persist(ctx, name, what, request)
	if result == refused {
		s.history.stays(leaving)
	}
	return err
}

// labelNamespace merges the labels into those of the namespace.
func (s *scribe) labelNamespace(ctx context.Context, name, labels string) error {
	_, err := s.persist(ctx, name, "label namespace "+name+" "+labels, func(ctx context.Context) error {
		_, err := s.admin.Kube.CoreV1().Namespaces().
			Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"labels":`+labels+`}}`), metav1.PatchOptions{})
		return err
	})
	return err
}

// labelSpace merges the labels into those of the Space.
func (s *scribe) labelSpace(ctx context.Context, by *client, name, labels string) error {
	_, err := s.persist(ctx, name, "label Space "+name+" "+labels+" as "+by.name, func(ctx context.Context) error {
		_, err := spacesOf(by.Clients).
			Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"labels":`+labels+`}}`), metav1.PatchOptions{})
		return err
	})
	return err
}
