// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// Kind is that of Spaces.
var Kind = backing.Kind{
	Resource:   "spaces",
	Singular:   "space",
	New:        func() runtime.Object { return &spaces.Space{} },
	NewList:    func() runtime.Object { return &spaces.SpaceList{} },
	Attributes: attributes,
}

// reasonUnmanaged is the reason of the condition Ready for a namespace which was not made as a Space.
const reasonUnmanaged = "Unmanaged"

// Mapping shows namespaces as Spaces. What a namespace has no field for is the encoded Space in its annotation
// spaces.AnnotationObject; a namespace without that is shown too, as unmanaged.
type Mapping struct {
	backing.Names

	codec backing.Codec
	texts *namespacestore.Texts
}

var (
	_ namespacestore.Mapping   = Mapping{}
	_ namespacestore.Redecoder = Mapping{}
)

// NewMapping returns a Mapping that encodes Spaces by the codec.
func NewMapping(codec runtime.Codec) Mapping {
	return Mapping{Names: backing.NewNames(Kind, ""), codec: backing.Codec{Codec: codec}, texts: namespacestore.NewTexts()}
}

// Annotation implements namespacestore.Mapping.
func (Mapping) Annotation() string { return spaces.AnnotationObject }

// Shows implements namespacestore.Mapping: the platform's own namespace and the homes of accounts are not Spaces, nor is one
// that was made for a Space which has not been granted.
func (Mapping) Shows(namespace *corev1.Namespace) bool {
	_, isNew := namespace.Annotations[spaces.AnnotationNew]
	_, granted := namespace.Annotations[spaces.AnnotationObject]
	return (granted || !isNew) && MayBe(namespace)
}

// MayBe tells whether the namespace may be that of a Space, by its name.
func MayBe(namespace *corev1.Namespace) bool {
	return namespace.Name != spaces.SystemNamespace && !strings.HasPrefix(namespace.Name, spaces.AccountHomePrefix)
}

// Decode implements namespacestore.Mapping.
func (m Mapping) Decode(namespace *corev1.Namespace) runtime.Object {
	space := m.stored(namespace)
	m.share(space)
	space.Labels = overlay(provisioning.LabelsOf(namespace), space.Labels)
	show(space, namespace)
	return space
}

// share has the Space share the texts that most Spaces have in common.
func (m Mapping) share(space *spaces.Space) {
	if space.Spec.TTL != nil {
		*space.Spec.TTL = namespacestore.Shared(m.texts, *space.Spec.TTL)
	}
	space.Status.Phase = namespacestore.Shared(m.texts, space.Status.Phase)
	space.Status.CreatedBy = namespacestore.Shared(m.texts, space.Status.CreatedBy)
	for i := range space.ManagedFields {
		fields := &space.ManagedFields[i]
		fields.Manager = namespacestore.Shared(m.texts, fields.Manager)
		fields.Operation = namespacestore.Shared(m.texts, fields.Operation)
		fields.APIVersion = namespacestore.Shared(m.texts, fields.APIVersion)
		fields.FieldsType = namespacestore.Shared(m.texts, fields.FieldsType)
	}
	for i := range space.Status.Conditions {
		condition := &space.Status.Conditions[i]
		condition.Type = namespacestore.Shared(m.texts, condition.Type)
		condition.Status = namespacestore.Shared(m.texts, condition.Status)
		condition.Reason = namespacestore.Shared(m.texts, condition.Reason)
		condition.Message = namespacestore.Shared(m.texts, condition.Message)
	}
}

// Redecode implements namespacestore.Redecoder.
func (m Mapping) Redecode(object runtime.Object, namespace *corev1.Namespace) runtime.Object {
	before, ok := object.(*spaces.Space)
	if !ok {
		return m.Decode(namespace)
	}
	space := *before
	space.Status.Conditions = slices.Clone(before.Status.Conditions)
	show(&space, namespace)
	return &space
}

// show has the Space be what is behind it, but for its labels.
func show(space *spaces.Space, namespace *corev1.Namespace) {
	space.ObjectMeta = backing.Shown(namespace, namespace.Name, space.ObjectMeta)
	if namespace.DeletionTimestamp != nil || namespace.Status.Phase == corev1.NamespaceTerminating {
		terminate(space)
		if condition := heldUp(namespace, space.Generation); condition != nil {
			meta.SetStatusCondition(&space.Status.Conditions, *condition)
		}
	}
}

// Own returns the Space of the namespace with its own labels alone: it is shown with those of its namespace, too. It is nil
// if the namespace is none of ours, or cannot be read.
func (m Mapping) Own(namespace *corev1.Namespace) *spaces.Space {
	space, err := m.read(namespace)
	if err != nil || space == nil {
		return nil
	}
	space.ObjectMeta = backing.Shown(namespace, namespace.Name, space.ObjectMeta)
	return space
}

// terminate says of the Space that it is being deleted. Why it cannot be changed anyway stays.
func terminate(space *spaces.Space) {
	space.Status.Phase = spaces.SpaceTerminating
	if hasReason(space, reasonUnmanaged) || hasReason(space, backing.ReasonUndecodable) {
		return
	}
	meta.SetStatusCondition(&space.Status.Conditions, metav1.Condition{
		Type:               spaces.ConditionReady,
		Status:             metav1.ConditionFalse,
		ObservedGeneration: space.Generation,
		LastTransitionTime: ptr.Deref(space.DeletionTimestamp, space.CreationTimestamp),
		Reason:             backing.ReasonTerminating,
		Message:            "The Space is being deleted, with everything in it.",
	})
}

// stored returns the Space in the annotation, or what stands for it if there is none that can be read.
func (m Mapping) stored(namespace *corev1.Namespace) *spaces.Space {
	space, err := m.read(born(namespace))
	switch {
	case err != nil:
		return unmanaged(backing.Undecodable(namespace, "a Space", err, "Restore the annotation, or delete the Space."))
	case space == nil:
		return unmanaged(metav1.Condition{
			Type:               spaces.ConditionReady,
			Status:             metav1.ConditionTrue,
			Reason:             reasonUnmanaged,
			Message:            "This namespace was not created as a Space: it is shown here, but changed and deleted only as a namespace.",
			LastTransitionTime: namespace.CreationTimestamp,
		})
	default:
		return space
	}
}

// read returns the Space in the annotation, or nil if there is none.
func (m Mapping) read(namespace *corev1.Namespace) (*spaces.Space, error) {
	object, err := m.codec.Decode(namespace)
	space, ok := object.(*spaces.Space)
	switch {
	case err != nil || object == nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("it is a %T", object)
	}
	if space.Status.Phase == spaces.SpaceActive && meta.FindStatusCondition(space.Status.Conditions, spaces.ConditionReady) == nil {
		space.Status.Conditions = slices.Insert(space.Status.Conditions, 0, readyFromTheStart(space, namespace))
	}
	return space, nil
}

// readyFromTheStart is the condition Ready that nearly all Spaces have. It is not written into their namespaces: these are read
// and sent to and fro whenever anything happens to them, so every byte of them costs, and an active Space always has one.
func readyFromTheStart(space *spaces.Space, namespace *corev1.Namespace) metav1.Condition {
	return provisioning.Ready(space, namespace.CreationTimestamp.Time)
}

// born returns the namespace with its Space as if that were granted.
func born(namespace *corev1.Namespace) *corev1.Namespace {
	value, isNew := namespace.Annotations[spaces.AnnotationNew]
	if _, granted := namespace.Annotations[spaces.AnnotationObject]; granted || !isNew {
		return namespace
	}
	of := *namespace
	of.Annotations = map[string]string{spaces.AnnotationObject: value}
	return &of
}

func unmanaged(ready metav1.Condition) *spaces.Space {
	return &spaces.Space{Status: spaces.SpaceStatus{Phase: spaces.SpaceActive, Conditions: []metav1.Condition{ready}}}
}

// overlay returns the labels of the namespace, and above them those of the Space. What says how the namespace is guarded, whom
// it is charged to, or which one it is, shows as it is there: whoever selects by it must not be deceived.
func overlay(below, above map[string]string) map[string]string {
	if len(above) == 0 {
		return below
	}
	labels := maps.Clone(below)
	if labels == nil {
		return above
	}
	maps.Copy(labels, above)
	for key, value := range below {
		if isOfNamespace(key) {
			labels[key] = value
		}
	}
	return labels
}

// isOfNamespace tells whether the label always shows as the namespace has it. Who manages the Space, which tools such as Helm
// write into what is theirs, may be another than who manages the namespace.
func isOfNamespace(key string) bool {
	return key == corev1.LabelMetadataName || key != spaces.LabelManagedBy && provisioning.IsPlatformLabel(key)
}

// Encode implements namespacestore.Mapping.
func (m Mapping) Encode(object runtime.Object, namespace *corev1.Namespace) (string, error) {
	space, ok := object.(*spaces.Space)
	if !ok {
		return "", fmt.Errorf("encode a Space: it is a %T", object)
	}
	kept := &spaces.Space{ObjectMeta: backing.Kept(space.ObjectMeta), Spec: space.Spec, Status: space.Status}
	kept.Labels = m.ownLabels(space, namespace)
	kept.Status.Conditions = keptConditions(space, namespace)
	return m.codec.Encode(kept)
}

// keptConditions returns the conditions of the Space without that which read adds to them.
func keptConditions(space *spaces.Space, namespace *corev1.Namespace) []metav1.Condition {
	conditions := space.Status.Conditions
	if namespace == nil || space.Status.Phase != spaces.SpaceActive || len(conditions) == 0 {
		return conditions
	}
	first, added := conditions[0], readyFromTheStart(space, namespace)
	if first.LastTransitionTime.Unix() == added.LastTransitionTime.Unix() {
		first.LastTransitionTime = added.LastTransitionTime // there is no finer time where it is written
	}
	if first == added {
		return conditions[1:]
	}
	return conditions
}

// ownLabels returns the labels of the Space without those that it has only because the namespace has them. The namespace may
// have a copy of one that the Space had until a moment ago: that is not shown, or whoever sets the label again at once would
// have set nothing, and it would go with the copy.
func (m Mapping) ownLabels(space *spaces.Space, namespace *corev1.Namespace) map[string]string {
	if namespace == nil {
		return space.Labels
	}
	before, below := m.stored(namespace).Labels, provisioning.LabelsOf(namespace)
	own := map[string]string{}
	for key, value := range space.Labels {
		was, mine := before[key]
		shown, ok := below[key]
		switch {
		case mine && shown == value && isOfNamespace(key):
			own[key] = was // its own did not show
		case mine, !ok, shown != value:
			own[key] = value
		}
	}
	return own
}

func hasReason(space *spaces.Space, reason string) bool {
	return backing.HasReason(space.Status.Conditions, reason)
}
