// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// The reasons of the condition Ready of an object that is not an intact one of ours.
const (
	// ReasonUndecodable is that of an object whose namespace has an annotation that cannot be read.
	ReasonUndecodable = "Undecodable"
	// ReasonTerminating is that of an object which is being deleted.
	ReasonTerminating = "Terminating"
)

// Codec keeps objects in the annotation spaces.AnnotationObject of their namespaces.
type Codec struct {
	runtime.Codec
}

// Decode returns the object in the annotation of the namespace, whose metadata is what Kept has left of it; or nil if
// there is no such annotation.
func (c Codec) Decode(namespace *corev1.Namespace) (runtime.Object, error) {
	value, ok := namespace.Annotations[spaces.AnnotationObject]
	if !ok {
		return nil, nil
	}
	return runtime.Decode(c.Codec, []byte(value))
}

// DecodeAs returns the object in the annotation of the namespace, or an error if there is none of that type.
func DecodeAs[T runtime.Object](codec Codec, namespace *corev1.Namespace) (T, error) {
	object, err := codec.Decode(namespace)
	typed, ok := object.(T)
	switch {
	case err != nil || ok:
		return typed, err
	case object == nil:
		return typed, errors.New("there is nothing")
	default:
		return typed, fmt.Errorf("it is a %T", object)
	}
}

// Encode returns the value of the annotation for an object whose metadata is what Kept leaves of it.
func (c Codec) Encode(object runtime.Object) (string, error) {
	value, err := runtime.Encode(c.Codec, object)
	if err != nil {
		return "", fmt.Errorf("encode a %T: %w", object, err)
	}
	return strings.TrimSpace(string(value)), nil
}

// Kept returns what is kept of the metadata in the annotation: all else is that of the namespace.
func Kept(meta metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Generation:    meta.Generation,
		Labels:        meta.Labels,
		Annotations:   meta.Annotations,
		ManagedFields: meta.ManagedFields,
	}
}

// Shown returns the metadata of the object behind which is the namespace.
func Shown(namespace *corev1.Namespace, name string, kept metav1.ObjectMeta) metav1.ObjectMeta {
	shown := Kept(kept)
	shown.Name = name
	shown.UID = uidOf(namespace.UID)
	shown.ResourceVersion = namespace.ResourceVersion
	shown.CreationTimestamp = namespace.CreationTimestamp
	shown.DeletionTimestamp = namespace.DeletionTimestamp
	shown.DeletionGracePeriodSeconds = namespace.DeletionGracePeriodSeconds
	return shown
}

// Undecodable is the condition of an object that cannot be read from the annotation of its namespace.
func Undecodable(namespace *corev1.Namespace, kind string, why error, remedy string) metav1.Condition {
	return Unreadable(namespace, fmt.Sprintf("The annotation %s of the namespace does not hold %s: %v. %s",
		spaces.AnnotationObject, kind, why, remedy))
}

// Unreadable is the same, in other words.
func Unreadable(namespace *corev1.Namespace, message string) metav1.Condition {
	return metav1.Condition{
		Type:               spaces.ConditionReady,
		Status:             metav1.ConditionFalse,
		Reason:             ReasonUndecodable,
		Message:            message,
		LastTransitionTime: namespace.CreationTimestamp,
	}
}

// HasReason tells whether the condition Ready has the reason.
func HasReason(conditions []metav1.Condition, reason string) bool {
	for _, condition := range conditions {
		if condition.Type == spaces.ConditionReady && condition.Reason == reason {
			return true
		}
	}
	return false
}

// uidSpace is the name space (RFC 9562, section 5.5) of the UIDs of our objects.
var uidSpace = uuid.MustParse("6f1d3a0e-5c0b-4c52-9d53-3f6a3a1c2b7e")

// uidOf derives the UID of an object from that of its namespace. It is another one, since the garbage collector knows
// objects of all kinds by their UID alone.
func uidOf(namespace types.UID) types.UID {
	return types.UID(uuid.NewSHA1(uidSpace, []byte(namespace)).String())
}
