// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// keyPrefix is where the keys of Spaces begin; see RESTOptions.
const keyPrefix = "/" + resourcePrefix + "/"

// The reasons of the condition Ready of a Space that is not an intact one of ours.
const (
	// reasonUnmanaged is that of a namespace which was not made as a Space.
	reasonUnmanaged = "Unmanaged"
	// reasonTerminating is that of a Space which is being deleted.
	reasonTerminating = "Terminating"
	// reasonUndecodable is that of a namespace whose annotation does not hold a Space.
	reasonUndecodable = "Undecodable"
)

// Mapping shows namespaces as Spaces. What a namespace has no field for is the encoded Space in its annotation
// spaces.AnnotationObject; a namespace without that is shown too, as unmanaged.
type Mapping struct {
	codec runtime.Codec
}

var _ namespacestore.Mapping = Mapping{}

// NewMapping returns a Mapping that encodes Spaces by the codec.
func NewMapping(codec runtime.Codec) Mapping { return Mapping{codec: codec} }

// Name implements namespacestore.Mapping.
func (Mapping) Name(key string) string { return strings.TrimPrefix(key, keyPrefix) }

// Key implements namespacestore.Mapping.
func (Mapping) Key(name string) string { return keyPrefix + name }

// Annotation implements namespacestore.Mapping.
func (Mapping) Annotation() string { return spaces.AnnotationObject }

// Shows implements namespacestore.Mapping: the platform's own namespace and the homes of accounts are not Spaces.
func (Mapping) Shows(namespace *corev1.Namespace) bool {
	return namespace.Name != spaces.SystemNamespace && !strings.HasPrefix(namespace.Name, spaces.AccountHomePrefix)
}

// Decode implements namespacestore.Mapping.
func (m Mapping) Decode(namespace *corev1.Namespace) runtime.Object {
	space := m.stored(namespace)
	own := space.ObjectMeta
	space.ObjectMeta = metav1.ObjectMeta{
		Name:                       namespace.Name,
		UID:                        uidOf(namespace.UID),
		ResourceVersion:            namespace.ResourceVersion,
		CreationTimestamp:          namespace.CreationTimestamp,
		DeletionTimestamp:          namespace.DeletionTimestamp,
		DeletionGracePeriodSeconds: namespace.DeletionGracePeriodSeconds,
		Generation:                 own.Generation,
		Labels:                     overlay(namespace.Labels, own.Labels),
		Annotations:                own.Annotations,
		ManagedFields:              own.ManagedFields,
	}
	if namespace.DeletionTimestamp != nil || namespace.Status.Phase == corev1.NamespaceTerminating {
		terminate(space)
	}
	return space
}

// terminate says of the Space that it is being deleted. Why it cannot be changed anyway stays.
func terminate(space *spaces.Space) {
	space.Status.Phase = spaces.SpaceTerminating
	if hasReason(space, reasonUnmanaged) || hasReason(space, reasonUndecodable) {
		return
	}
	meta.SetStatusCondition(&space.Status.Conditions, metav1.Condition{
		Type:               spaces.ConditionReady,
		Status:             metav1.ConditionFalse,
		ObservedGeneration: space.Generation,
		LastTransitionTime: ptr.Deref(space.DeletionTimestamp, space.CreationTimestamp),
		Reason:             reasonTerminating,
		Message:            "The Space is being deleted, with everything in it.",
	})
}

// stored returns the Space in the annotation, or what stands for it if there is none that can be read.
func (m Mapping) stored(namespace *corev1.Namespace) *spaces.Space {
	value, ok := namespace.Annotations[spaces.AnnotationObject]
	if !ok {
		return unmanaged(namespace, metav1.ConditionTrue, reasonUnmanaged,
			"This namespace was not created as a Space: it is shown here, but changed and deleted only as a namespace.")
	}
	space, err := m.decode(value)
	if err != nil {
		return unmanaged(namespace, metav1.ConditionFalse, reasonUndecodable,
			fmt.Sprintf("The annotation %s of the namespace does not hold a Space: %v. Restore the annotation, or delete the Space.", spaces.AnnotationObject, err))
	}
	return space
}

func (m Mapping) decode(value string) (*spaces.Space, error) {
	object, err := runtime.Decode(m.codec, []byte(value))
	if err != nil {
		return nil, err
	}
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, fmt.Errorf("it is a %T", object)
	}
	return space, nil
}

func unmanaged(namespace *corev1.Namespace, ready metav1.ConditionStatus, reason, message string) *spaces.Space {
	return &spaces.Space{Status: spaces.SpaceStatus{
		Phase: spaces.SpaceActive,
		Conditions: []metav1.Condition{{
			Type:               spaces.ConditionReady,
			Status:             ready,
			Reason:             reason,
			Message:            message,
			LastTransitionTime: namespace.CreationTimestamp,
		}},
	}}
}

// uidSpace is the name space (RFC 9562, section 5.5) of the UIDs of Spaces.
var uidSpace = uuid.MustParse("6f1d3a0e-5c0b-4c52-9d53-3f6a3a1c2b7e")

// uidOf derives the UID of a Space from that of its namespace. It is another one, since the garbage collector knows
// objects of all kinds by their UID alone.
func uidOf(namespace types.UID) types.UID {
	return types.UID(uuid.NewSHA1(uidSpace, []byte(namespace)).String())
}

func overlay(below, above map[string]string) map[string]string {
	if len(above) == 0 {
		return below
	}
	labels := maps.Clone(below)
	if labels == nil {
		return above
	}
	maps.Copy(labels, above)
	return labels
}

// Encode implements namespacestore.Mapping.
func (m Mapping) Encode(object runtime.Object, namespace *corev1.Namespace) (string, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return "", fmt.Errorf("encode a Space: it is a %T", object)
	}
	value, err := runtime.Encode(m.codec, &spaces.Space{
		ObjectMeta: metav1.ObjectMeta{
			Generation:    space.Generation,
			Labels:        m.ownLabels(space, namespace),
			Annotations:   space.Annotations,
			ManagedFields: space.ManagedFields,
		},
		Spec:   space.Spec,
		Status: space.Status,
	})
	if err != nil {
		return "", fmt.Errorf("encode Space %q: %w", space.Name, err)
	}
	return strings.TrimSpace(string(value)), nil
}

// ownLabels returns the labels of the Space without those that it has only because the namespace has them.
func (m Mapping) ownLabels(space *spaces.Space, namespace *corev1.Namespace) map[string]string {
	if namespace == nil {
		return space.Labels
	}
	before := m.stored(namespace).Labels
	own := map[string]string{}
	for key, value := range space.Labels {
		_, mine := before[key]
		if shown, ok := namespace.Labels[key]; mine || !ok || shown != value {
			own[key] = value
		}
	}
	return own
}

func hasReason(space *spaces.Space, reason string) bool {
	for _, condition := range space.Status.Conditions {
		if condition.Type == spaces.ConditionReady && condition.Reason == reason {
			return true
		}
	}
	return false
}
