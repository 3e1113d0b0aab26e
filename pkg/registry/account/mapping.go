// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

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

// Kind is that of accounts.
var Kind = backing.Kind{
	Resource:   "accounts",
	Singular:   "account",
	New:        func() runtime.Object { return &spaces.Account{} },
	NewList:    func() runtime.Object { return &spaces.AccountList{} },
	Attributes: attributes,
}

// Mapping shows the homes of accounts as accounts: namespaces of their names that have an account in their annotation.
type Mapping struct {
	backing.Names

	codec backing.Codec
}

var _ namespacestore.Mapping = Mapping{}

// NewMapping returns a Mapping that encodes accounts by the codec.
func NewMapping(codec runtime.Codec) Mapping {
	return Mapping{Names: backing.NewNames(Kind, spaces.AccountHomePrefix), codec: backing.Codec{Codec: codec}}
}

// Annotation implements namespacestore.Mapping.
func (Mapping) Annotation() string { return spaces.AnnotationObject }

// Shows implements namespacestore.Mapping.
func (Mapping) Shows(namespace *corev1.Namespace) bool {
	_, ours := namespace.Annotations[spaces.AnnotationObject]
	return ours && strings.HasPrefix(namespace.Name, spaces.AccountHomePrefix)
}

// Decode implements namespacestore.Mapping.
func (m Mapping) Decode(namespace *corev1.Namespace) runtime.Object {
	name := strings.TrimPrefix(namespace.Name, spaces.AccountHomePrefix)
	account, err := backing.DecodeAs[*spaces.Account](m.codec, namespace)
	if err != nil {
		account = &spaces.Account{Status: spaces.AccountStatus{Conditions: []metav1.Condition{
			backing.Undecodable(namespace, "an Account", err, "Restore the annotation, or delete the account."),
		}}}
	}
	account.ObjectMeta = backing.Shown(namespace, name, account.ObjectMeta)
	return account
}

// Encode implements namespacestore.Mapping.
func (m Mapping) Encode(object runtime.Object, _ *corev1.Namespace) (string, error) {
	account, ok := object.(*spaces.Account)
	if !ok {
		return "", errNotAnAccount(object)
	}
	return m.codec.Encode(&spaces.Account{ObjectMeta: backing.Kept(account.ObjectMeta), Spec: account.Spec, Status: account.Status})
}

// attributes returns what selectors can select accounts by.
func attributes(object runtime.Object) (labels.Set, fields.Set, error) {
	account, ok := object.(*spaces.Account)
	if !ok {
		return nil, nil, errNotAnAccount(object)
	}
	return account.Labels, fields.Set{"metadata.name": account.Name}, nil
}

func errNotAnAccount(object runtime.Object) error {
	return fmt.Errorf("want an Account, have a %T", object)
}
