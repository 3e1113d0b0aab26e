// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// GroupName is the name of the API group.
const GroupName = spaces.GroupName

// SchemeGroupVersion is the group and the version of the types in this package.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

var (
	// SchemeBuilder collects the functions that add the types of this package to a scheme, with their conversions,
	// defaults and validations: the generated files register theirs here.
	SchemeBuilder      runtime.SchemeBuilder
	localSchemeBuilder = &SchemeBuilder
	// AddToScheme adds the types of this package to a scheme.
	AddToScheme = localSchemeBuilder.AddToScheme
)

func init() {
	localSchemeBuilder.Register(addKnownTypes, addDefaultingFuncs, addFieldLabelConversionFuncs)
}

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
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}
