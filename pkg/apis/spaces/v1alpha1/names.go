// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "tenancy.example.io/spaces/pkg/apis/spaces"

const (
	// ReservedKeyPrefix starts the keys of the labels and annotations that belong to the platform.
	ReservedKeyPrefix = spaces.ReservedKeyPrefix
	// AnnotationObject is the annotation of a namespace that holds the whole Space, encoded as JSON of this version.
	AnnotationObject = spaces.AnnotationObject
	// AnnotationContact is the annotation of an account, or of the ClusterQuota, that says whom to ask for more: free text
	// of up to 256 printable characters, such as an address or a channel. Who is refused for its budget is told. It is the
	// only key with the prefix of the platform that callers may set.
	AnnotationContact = spaces.AnnotationContact
	// ResourceSpaces is the resource of which each Space takes one. Only budgets name it.
	ResourceSpaces = spaces.ResourceSpaces
	// ConditionReady is the type of the condition that is True once everything a Space contains is in place.
	ConditionReady = spaces.ConditionReady
	// ConditionExpired is the type of the condition that is True if the time of a Space is over, and it cannot be deleted.
	ConditionExpired = spaces.ConditionExpired
	// ConditionDeleted is the type of the condition that is False if something holds up the deletion of a Space.
	ConditionDeleted = spaces.ConditionDeleted
)
