// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// +k8s:openapi-gen=true
// +k8s:openapi-model-package=io.example.tenancy.spaces.pkg.apis.spaces.v1alpha1
// +k8s:deepcopy-gen=package
// +k8s:conversion-gen=tenancy.example.io/spaces/pkg/apis/spaces
// +k8s:defaulter-gen=TypeMeta
// +k8s:validation-gen=TypesWithField=TypeMeta
// +groupName=spaces.tenancy.example.io

// Package v1alpha1 is the v1alpha1 version of the API group spaces.tenancy.example.io.
package v1alpha1
