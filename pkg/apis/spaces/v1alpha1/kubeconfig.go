// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// KubeconfigRequest asks for a kubeconfig that reaches into one Space, and no further. It is posted to the subresource
// kubeconfig of the Space, answered, and never kept.
type KubeconfigRequest struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. It may have the name of the Space.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what you ask for.
	// +optional
	Spec KubeconfigRequestSpec `json:"spec,omitempty"`

	// status is the answer.
	// +optional
	Status KubeconfigRequestStatus `json:"status,omitempty"`
}

// KubeconfigRequestSpec is what you ask for.
type KubeconfigRequestSpec struct {
	// expirationSeconds is for how many seconds the credentials are to be valid: at least 600, which is the shortest that
	// Kubernetes has. If it is not set, they are valid for an hour. They never outlive the Space.
	// +optional
	// +k8s:optional
	// +k8s:minimum=600
	ExpirationSeconds *int64 `json:"expirationSeconds,omitempty"`

	// server is the URL of the Kubernetes API as whoever gets the kubeconfig reaches it, such as
	// "https://kubernetes.example.com:6443". If it is not set, it is the one that the platform itself uses.
	// +optional
	// +k8s:optional
	Server string `json:"server,omitempty"`
}

// KubeconfigRequestStatus is the answer.
type KubeconfigRequestStatus struct {
	// kubeconfig is the file, as YAML.
	// +optional
	// +k8s:optional
	Kubeconfig string `json:"kubeconfig,omitempty"`

	// expirationTimestamp is until when its credentials are valid.
	// +optional
	// +k8s:opaqueType
	ExpirationTimestamp metav1.Time `json:"expirationTimestamp,omitempty"`
}
