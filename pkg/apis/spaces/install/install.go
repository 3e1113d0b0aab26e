// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package install makes every version of the API group spaces.tenancy.example.io known to a scheme.
package install

import (
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// Install adds the hub and all versions of the group to the scheme, the preferred version first. It panics if a type is
// registered twice in different ways, which no input can cause.
func Install(scheme *runtime.Scheme) {
	utilruntime.Must(spaces.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(scheme.SetVersionPriority(v1alpha1.SchemeGroupVersion))
}
