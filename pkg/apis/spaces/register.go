// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the name of the API group in every version.
const GroupName = "spaces.tenancy.example.io"

// SchemeGroupVersion is the group with the internal version, under which the hub types are registered.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: runtime.APIVersionInternal}

var (
	// SchemeBuilder collects the functions that add the hub types to a scheme.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	// AddToScheme adds the hub types to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

// Kind qualifies a kind with the group.
func Kind(kind string) schema.GroupKind {
	return SchemeGroupVersion.WithKind(kind).GroupKind()
}

// Resource qualifies a resource with the group.
func Resource(resource string) schema.GroupResource {
	return SchemeGroupVersion.WithResource(resource).GroupResource()
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&Space{},
		&SpaceList{},
		&Account{},
		&AccountList{},
		&ClusterQuota{},
		&ClusterQuotaList{},
		&SpaceTemplate{},
		&SpaceTemplateList{},
		&KubeconfigRequest{},
		&SpaceRenewal{},
	)
	return nil
}
