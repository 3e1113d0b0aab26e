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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

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
// it any more. It returns what Status is to say of it, or nil if that stays as it is. If it cannot go on, it returns that, too:
// what has been applied has to be known until it is gone.
//
// We may not write everything everywhere: what it takes is granted in this Space alone, and only meanwhile. Ensure revokes
// what is left of that if the process ends here.
func (p *Provisioner) Fill(ctx context.Context, plan Plan) (filled *spaces.AppliedTemplate, err error) {
	filling, namespace := plan.Filling, plan.Space.Name
	if filling == nil {
		return nil, nil
	}
	v, err := p.visit(ctx, namespace)
	if err != nil {
		return nil, fmt.Errorf("enter Space %q to fill it: %w", namespace, err)
	}
	defer func() { err = errors.Join(err, v.leave(ctx)) }()
	for i, object := range filling.Objects {
		if err := v.do(ctx, func() error { return p.Objects.Apply(ctx, object) }); err != nil {
			return plan.partly(i), fmt.Errorf("apply the %s %q of the template %q: %w", object.GetKind(), object.GetName(), filling.Template, err)
		}
	}
	if err := p.empty(ctx, plan, v); err != nil {
		return plan.partly(len(filling.Objects)), err
	}
	return filling.applied(), nil
}

// partly is what Status is to say when no more than the first objects were applied, or nil if that is nothing new.
func (p Plan) partly(applied int) *spaces.AppliedTemplate {
	partly := p.Space.Status.Template.DeepCopy()
	if partly == nil {
		partly = &spaces.AppliedTemplate{Name: p.Filling.Template}
	}
	known := len(partly.Objects)
	for _, object := range p.Filling.applied().Objects[:applied] {
		if !isAmong(object, partly.Objects) {
			partly.Objects = append(partly.Objects, object)
		}
	}
	if len(partly.Objects) == known {
		return nil
	}
	return partly
}

// empty deletes what the Space has from a template, and what the plan does not fill it with.
func (p *Provisioner) empty(ctx context.Context, plan Plan, v *visit) error {
	before := plan.Space.Status.Template
	if before == nil {
		return nil
	}
	keep := plan.Filling.applied().Objects
	for _, object := range before.Objects {
		if isAmong(object, keep) {
			continue
		}
		if err := v.do(ctx, func() error { return p.Objects.Remove(ctx, plan.Space.Name, before.Name, object) }); err != nil {
			return fmt.Errorf("delete the %s %q of the template %q: %w", object.Kind, object.Name, before.Name, err)
		}
	}
	return nil
}

// isAmong tells whether the object is one of them, whatever their versions: those are of the same object.
func isAmong(object spaces.TemplateObject, objects []spaces.TemplateObject) bool {
	return slices.ContainsFunc(objects, func(other spaces.TemplateObject) bool {
		return other.Name == object.Name && groupKindOf(other) == groupKindOf(object)
	})
}

func groupKindOf(object spaces.TemplateObject) schema.GroupKind {
	return schema.FromAPIVersionAndKind(object.APIVersion, object.Kind).GroupKind()
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

const (
	// leaveTimeout is how long it may take to take away again what was granted to fill a Space.
	leaveTimeout = 10 * time.Second
	// entries is how often something is tried that is forbidden.
	entries = 3
	// grantEvery is how often we ask whether we are in before that is granted anew.
	grantEvery = 25
)

// visit is our stay in a Space while we fill it. Others may fill or repair the same Space, and shut us out when they are done.
type visit struct {
	*Provisioner
	namespace, self string
	binding         *rbacv1.RoleBinding
}

// visit lets us write what a template may contain, until leave is called.
func (p *Provisioner) visit(ctx context.Context, namespace string) (*visit, error) {
	self, err := p.Objects.Self(ctx)
	if err != nil {
		return nil, err
	}
	v := &visit{Provisioner: p, namespace: namespace, self: self}
	if err := v.enter(ctx); err != nil {
		return nil, errors.Join(err, v.leave(ctx))
	}
	return v, nil
}

func (v *visit) enter(ctx context.Context) error {
	asked := 0
	return poll(ctx, func(ctx context.Context) (bool, error) {
		if asked%grantEvery == 0 {
			binding, err := v.kinds.bindings.put(ctx, fillerGrant(v.self).binding(v.namespace), false)
			if err != nil {
				return false, err
			}
			v.binding = binding
		}
		asked++
		return v.Objects.Enters(ctx, v.namespace)
	})
}

// do does something in the Space. If that is forbidden we may have been shut out, and come in again.
func (v *visit) do(ctx context.Context, task func() error) error {
	err := task()
	for tried := 1; tried < entries && apierrors.IsForbidden(err); tried++ {
		if shutOut := v.enter(ctx); shutOut != nil {
			return errors.Join(err, shutOut)
		}
		err = task()
	}
	return err
}

// leave takes away what enter has granted, even if the request has ended. What others have granted since is theirs.
func (v *visit) leave(ctx context.Context) error {
	if v.binding == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	err := v.kinds.bindings.remove(ctx, v.binding)
	if apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// fillerGrant is what we may do in a Space while we fill it.
func fillerGrant(self string) grant {
	return grant{name: spaces.TemplateBinding, role: spaces.ClusterRoleAdmin, subjects: []rbacv1.Subject{
		{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: self},
	}}
}
