// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Filling is what a Space is filled with from a template.
type Filling struct {
	// Template is the name of the template, and Hash what it was filled by; see package template.
	Template, Hash string
	// Objects are applied in this order.
	Objects []*unstructured.Unstructured
}

// Objects writes objects of all kinds. Errors are those of the kube-apiserver. It is safe for concurrent use.
type Objects interface {
	// Self returns the name of the user who writes them.
	Self(ctx context.Context) (string, error)
	// Enters tells whether that user may already write in the namespace what ClusterRoleAdmin grants.
	Enters(ctx context.Context, namespace string) (bool, error)
	Apply(ctx context.Context, object *unstructured.Unstructured) error
	// Remove deletes the object, unless it has not come from that template.
	Remove(ctx context.Context, namespace, template string, object spaces.TemplateObject) error
}

// Fill applies what the plan fills the Space with, and then deletes what the Space has from a template and what is not among
// it any more. It returns what Status is to say of it, or nil if the plan fills it with nothing.
//
// We may not write everything everywhere: what it takes is granted in this Space alone, and only meanwhile. Ensure revokes
// what is left of that if the process ends here.
func (p *Provisioner) Fill(ctx context.Context, plan Plan) (filled *spaces.AppliedTemplate, err error) {
	filling, namespace := plan.Filling, plan.Space.Name
	if filling == nil {
		return nil, nil
	}
	leave, err := p.enter(ctx, namespace)
	if err != nil {
		return nil, fmt.Errorf("enter Space %q to fill it: %w", namespace, err)
	}
	defer func() { err = errors.Join(err, leave()) }()
	for _, object := range filling.Objects {
		if err := p.Objects.Apply(ctx, object); err != nil {
			return nil, fmt.Errorf("apply the %s %q of the template %q: %w", object.GetKind(), object.GetName(), filling.Template, err)
		}
	}
	return filling.applied(), p.empty(ctx, plan)
}

// empty deletes what the Space has from a template, and what the plan does not fill it with.
func (p *Provisioner) empty(ctx context.Context, plan Plan) error {
	before := plan.Space.Status.Template
	if before == nil {
		return nil
	}
	keep := plan.Filling.applied().Objects
	for _, object := range before.Objects {
		if slices.ContainsFunc(keep, func(kept spaces.TemplateObject) bool { return sameObject(kept, object) }) {
			continue
		}
		if err := p.Objects.Remove(ctx, plan.Space.Name, before.Name, object); err != nil {
			return fmt.Errorf("delete the %s %q of the template %q: %w", object.Kind, object.Name, before.Name, err)
		}
	}
	return nil
}

// sameObject ignores versions: they are of the same object.
func sameObject(a, b spaces.TemplateObject) bool {
	return a.Name == b.Name && a.Kind == b.Kind && groupOf(a) == groupOf(b)
}

func groupOf(object spaces.TemplateObject) string {
	u := unstructured.Unstructured{}
	u.SetAPIVersion(object.APIVersion)
	return u.GroupVersionKind().Group
}

func (f *Filling) applied() *spaces.AppliedTemplate {
	applied := &spaces.AppliedTemplate{Name: f.Template, Hash: f.Hash}
	for _, object := range f.Objects {
		applied.Objects = append(applied.Objects, spaces.TemplateObject{
			APIVersion: object.GetAPIVersion(), Kind: object.GetKind(), Name: object.GetName(),
		})
	}
	return applied
}

// leaveTimeout is how long it may take to take away again what was granted to fill a Space.
const leaveTimeout = 10 * time.Second

// enter lets us write what a template may contain, until leave is called.
func (p *Provisioner) enter(ctx context.Context, namespace string) (leave func() error, err error) {
	self, err := p.Objects.Self(ctx)
	if err != nil {
		return nil, err
	}
	binding, err := p.kinds.bindings.put(ctx, fillerGrant(self).binding(namespace), false)
	if err != nil {
		return nil, err
	}
	leave = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
		defer cancel()
		return p.kinds.bindings.remove(ctx, binding)
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) { return p.Objects.Enters(ctx, namespace) })
	if err != nil {
		return nil, errors.Join(err, leave())
	}
	return leave, nil
}

// fillerGrant is what we may do in a Space while we fill it.
func fillerGrant(self string) grant {
	return grant{name: "spaces-template", role: spaces.ClusterRoleAdmin, subjects: []rbacv1.Subject{
		{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: self},
	}}
}
