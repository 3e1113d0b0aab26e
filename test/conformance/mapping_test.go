// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	"k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	"k8s.io/apiserver/pkg/storage/value"

	"tenancy.example.io/spaces/pkg/namespacestore"
)

const (
	// keyPrefix is where all keys of the suite begin.
	keyPrefix = "/pods/"
	// podAnnotation holds the pod that a namespace is shown as.
	podAnnotation = "conformance.tenancy.example.io/pod"
	// storedPrefix is what the transformer puts before everything that is stored.
	storedPrefix = "stored!"
)

// podMapping shows the namespaces whose names begin with its prefix as the pods of the suite, each of which is in an
// annotation as a whole, its UID included. A namespace is not shown from the moment that it is being deleted: the suite
// knows of no deletion that takes its time.
type podMapping struct {
	prefix string
	codec  runtime.Codec

	lock sync.Mutex
	// transformer stands between the encoded pod and what is stored. The suite changes it.
	transformer value.Transformer
	// undecodable says that no pod can be decoded.
	undecodable bool
}

var _ namespacestore.Mapping = &podMapping{}

func newPodMapping(prefix string) (*podMapping, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	if err := errors.Join(example.AddToScheme(scheme), examplev1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return &podMapping{
		prefix:      prefix,
		codec:       serializer.NewCodecFactory(scheme).LegacyCodec(examplev1.SchemeGroupVersion),
		transformer: storagetesting.NewPrefixTransformer([]byte(storedPrefix), false),
	}, nil
}

// A key may have dashes, dots and slashes, in this order, before digits and letters; a name has dashes only. In a name
// each of the three is a dash and a digit, so that names sort as keys do, and the prefix of a key is that of its name.
var (
	toName = strings.NewReplacer("-", "-0", ".", "-1", "/", "-2")
	toKey  = strings.NewReplacer("-0", "-", "-1", ".", "-2", "/")
)

// Name implements namespacestore.Mapping.
func (m *podMapping) Name(key string) string {
	return m.prefix + toName.Replace(strings.TrimPrefix(key, keyPrefix))
}

// Key implements namespacestore.Mapping.
func (m *podMapping) Key(name string) string {
	return keyPrefix + toKey.Replace(strings.TrimPrefix(name, m.prefix))
}

// Annotation implements namespacestore.Mapping.
func (m *podMapping) Annotation() string { return podAnnotation }

// Shows implements namespacestore.Mapping.
func (m *podMapping) Shows(namespace *corev1.Namespace) bool {
	_, stored := namespace.Annotations[podAnnotation]
	return stored && strings.HasPrefix(namespace.Name, m.prefix) && namespace.DeletionTimestamp == nil
}

// Decode implements namespacestore.Mapping.
func (m *podMapping) Decode(namespace *corev1.Namespace) runtime.Object {
	pod, _, err := m.stored(context.Background(), namespace)
	if err != nil {
		pod = &example.Pod{Status: example.PodStatus{Reason: "Undecodable", Message: err.Error()}}
	}
	pod.ResourceVersion = namespace.ResourceVersion
	return pod
}

// Encode implements namespacestore.Mapping. What is stored in an outdated way is stored anew, even if it stays the same.
func (m *podMapping) Encode(object runtime.Object, namespace *corev1.Namespace) (string, error) {
	object = object.DeepCopyObject()
	if err := (storage.APIObjectVersioner{}).PrepareObjectForStorage(object); err != nil {
		return "", err
	}
	encoded, err := runtime.Encode(m.codec, object)
	if err != nil {
		return "", fmt.Errorf("encode pod: %w", err)
	}
	ctx := context.Background()
	transformer, _ := m.state()
	transformed, err := transformer.TransformToStorage(ctx, bytes.TrimSpace(encoded), value.DefaultContext{})
	if err != nil {
		return "", fmt.Errorf("transform pod: %w", err)
	}
	result := string(transformed)
	if namespace != nil && namespace.Annotations[podAnnotation] == result {
		if _, stale, err := m.stored(ctx, namespace); err == nil && stale {
			result += "\n"
		}
	}
	return result, nil
}

// stored returns the pod in the annotation, and whether it is stored in an outdated way.
func (m *podMapping) stored(ctx context.Context, namespace *corev1.Namespace) (*example.Pod, bool, error) {
	transformer, undecodable := m.state()
	if undecodable {
		return nil, false, errors.New("nothing can be decoded")
	}
	encoded, stale, err := transformer.TransformFromStorage(ctx, []byte(namespace.Annotations[podAnnotation]), value.DefaultContext{})
	if err != nil {
		return nil, false, fmt.Errorf("transform pod: %w", err)
	}
	pod := &example.Pod{}
	return pod, stale, runtime.DecodeInto(m.codec, encoded, pod)
}

func (m *podMapping) state() (transformer value.Transformer, undecodable bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.transformer, m.undecodable
}

// setUndecodable has all decoding fail, or not.
func (m *podMapping) setUndecodable(undecodable bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.undecodable = undecodable
}

// setTransformer has everything that is stored and read from now on pass the transformer. It returns the one before.
func (m *podMapping) setTransformer(transformer value.Transformer) value.Transformer {
	m.lock.Lock()
	defer m.lock.Unlock()
	before := m.transformer
	m.transformer = transformer
	return before
}
