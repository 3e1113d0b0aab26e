// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Complete provisions the namespace, whose creation was interrupted. Errors are those of the kube-apiserver.
func (s *Store) Complete(ctx context.Context, name string) error {
	namespace, err := s.Namespaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	_, err = s.provision(ctx, namespace)
	return err
}
