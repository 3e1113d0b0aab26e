// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Admission admits updates of Spaces that the server makes for a caller, by all plugins that those of the caller pass.
// What an administrator forbids there, no subresource is a way around.
type Admission struct {
	Plugins admission.Interface
	Scheme  *runtime.Scheme
}

// of returns what admits one update of the Space by the caller, who comes with the context.
func (a Admission) of(ctx context.Context, name string, options *metav1.UpdateOptions) admissionOfUpdate {
	caller, _ := request.UserFrom(ctx)
	return admissionOfUpdate{
		plugins:    admission.WithAudit(a.Plugins),
		interfaces: admission.NewObjectInterfacesFromScheme(a.Scheme),
		attributes: func(space, old runtime.Object) admission.Attributes {
			return admission.NewAttributesRecord(space, old, v1alpha1.SchemeGroupVersion.WithKind("Space"), "", name,
				v1alpha1.SchemeGroupVersion.WithResource(Kind.Resource), "", admission.Update, options, len(options.DryRun) > 0, caller)
		},
	}
}

// admissionOfUpdate is that of one update.
type admissionOfUpdate struct {
	plugins    admission.Interface
	interfaces admission.ObjectInterfaces
	attributes func(space, old runtime.Object) admission.Attributes
}

// mutate lets the plugins change the Space.
func (a admissionOfUpdate) mutate(ctx context.Context, space, old runtime.Object) error {
	plugins, ok := a.plugins.(admission.MutationInterface)
	if !ok || !plugins.Handles(admission.Update) {
		return nil
	}
	return plugins.Admit(ctx, a.attributes(space, old), a.interfaces)
}

// validate lets the plugins refuse the Space.
func (a admissionOfUpdate) validate(ctx context.Context, space, old runtime.Object) error {
	return rest.AdmissionToValidateObjectUpdateFunc(a.plugins, a.attributes(space, old), a.interfaces)(ctx, space, old)
}
