// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// KubeconfigRequest asks for a kubeconfig that reaches into one Space. It is answered, and never kept.
type KubeconfigRequest struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   KubeconfigRequestSpec
	Status KubeconfigRequestStatus
}

// KubeconfigRequestSpec is what the caller asks for.
type KubeconfigRequestSpec struct {
	// ExpirationSeconds is how long the credentials are to be valid, in seconds.
	ExpirationSeconds *int64
	// Server is the URL of the kube-apiserver as whoever gets the kubeconfig reaches it.
	Server string
}

// KubeconfigRequestStatus is the answer.
type KubeconfigRequestStatus struct {
	// Kubeconfig is the file, as YAML.
	Kubeconfig string
	// ExpirationTimestamp is until when its credentials are valid.
	ExpirationTimestamp metav1.Time
}
