// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

// Kind is that of the ClusterQuota.
var Kind = backing.Kind{
	Resource:   "clusterquotas",
	Singular:   "clusterquota",
	New:        func() runtime.Object { return &spaces.ClusterQuota{} },
	NewList:    func() runtime.Object { return &spaces.ClusterQuotaList{} },
	Attributes: attributes,
}

// Mapping shows the system namespace as the ClusterQuota. Without an annotation it is one that says nothing.
type Mapping struct {
	codec backing.Codec
}

var _ namespacestore.Mapping = Mapping{}

// NewMapping returns a Mapping that encodes the ClusterQuota by the codec.
func NewMapping(codec runtime.Codec) Mapping { return Mapping{codec: backing.Codec{Codec: codec}} }

// Name implements namespacestore.Mapping. Behind other names than that of the ClusterQuota are names that no namespace
// can have, and that sort alike.
func (Mapping) Name(key string) string {
	name := strings.TrimPrefix(key, Kind.KeyPrefix())
	rest, found := strings.CutPrefix(name, spaces.ClusterQuotaName)
	switch {
	case found:
		return spaces.SystemNamespace + rest
	case name == "":
		return ""
	case name < spaces.ClusterQuotaName:
		return belowAll + name
	default:
		return aboveAll + name
	}
}

// These begin names that sort before that of every namespace, and after it.
const belowAll, aboveAll = ".", "~"

// Key implements namespacestore.Mapping.
func (Mapping) Key(name string) string {
	if rest, found := strings.CutPrefix(name, spaces.SystemNamespace); found {
		return Kind.KeyPrefix() + spaces.ClusterQuotaName + rest
	}
	return Kind.KeyPrefix() + strings.TrimPrefix(strings.TrimPrefix(name, belowAll), aboveAll)
}

// Annotation implements namespacestore.Mapping.
func (Mapping) Annotation() string { return spaces.AnnotationObject }

// Shows implements namespacestore.Mapping.
func (Mapping) Shows(namespace *corev1.Namespace) bool {
	return namespace.Name == spaces.SystemNamespace
}

// Decode implements namespacestore.Mapping.
func (m Mapping) Decode(namespace *corev1.Namespace) runtime.Object {
	object, err := m.codec.Decode(namespace)
	quota, ok := object.(*spaces.ClusterQuota)
	if !ok {
		quota = &spaces.ClusterQuota{}
		if err == nil && object != nil {
			err = fmt.Errorf("it is a %T", object)
		}
		if err != nil {
			quota.Status.Conditions = []metav1.Condition{
				backing.Undecodable(namespace, "a ClusterQuota", err, "Restore the annotation, or remove it and set the ClusterQuota again."),
			}
		}
	}
	quota.ObjectMeta = backing.Shown(namespace, spaces.ClusterQuotaName, quota.ObjectMeta)
	return quota
}

// Encode implements namespacestore.Mapping.
func (m Mapping) Encode(object runtime.Object, _ *corev1.Namespace) (string, error) {
	quota, ok := object.(*spaces.ClusterQuota)
	if !ok {
		return "", errNotAClusterQuota(object)
	}
	return m.codec.Encode(&spaces.ClusterQuota{ObjectMeta: backing.Kept(quota.ObjectMeta), Spec: quota.Spec, Status: quota.Status})
}

// attributes returns what selectors can select it by.
func attributes(object runtime.Object) (labels.Set, fields.Set, error) {
	quota, ok := object.(*spaces.ClusterQuota)
	if !ok {
		return nil, nil, errNotAClusterQuota(object)
	}
	return quota.Labels, fields.Set{"metadata.name": quota.Name}, nil
}

func errNotAClusterQuota(object runtime.Object) error {
	return fmt.Errorf("want a ClusterQuota, have a %T", object)
}
