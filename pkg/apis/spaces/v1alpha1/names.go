// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "tenancy.example.io/spaces/pkg/apis/spaces"

const (
	// ReservedKeyPrefix starts the keys of the labels and annotations that belong to the platform.
	ReservedKeyPrefix = spaces.ReservedKeyPrefix
	// AnnotationObject is the annotation of a namespace that holds the whole Space, encoded as JSON of this version.
	AnnotationObject = spaces.AnnotationObject
	// ConditionReady is the type of the condition that is True once everything a Space contains is in place.
	ConditionReady = spaces.ConditionReady
)
