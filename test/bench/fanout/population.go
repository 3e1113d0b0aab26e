// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned"
)

const (
	// writers is how many write at the same time, which is more than the cores can keep busy.
	writers = 16
	// settleTimeout is for what the controllers make in new namespaces, which they do at their leisure.
	settleTimeout = 5 * time.Minute
)

// populate makes the namespaces of the world, and lets its users see them. Each is a Space, as if made by our API; most
// are copies, since that is quicker.
func populate(ctx context.Context, admin *rest.Config, w world) error {
	kube, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("preparing to make namespaces: %w", err)
	}
	slim, err := template(ctx, admin, kube, "fanout-slim", 1)
	if err != nil {
		return err
	}
	fat, err := template(ctx, admin, kube, "fanout-fat", w.FatBytes)
	if err != nil {
		return err
	}
	seenBy := w.seenBy()
	return parallel(ctx, writers, w.Namespaces, func(ctx context.Context, namespace int) error {
		object := slim
		if namespace >= w.slim() {
			object = fat
		}
		return makeNamespace(ctx, kube, namespace, object, seenBy[namespace])
	})
}

// template makes a Space with an annotation of this size, and returns its namespace, as our server has made it.
func template(ctx context.Context, admin *rest.Config, kube kubernetes.Interface, name string, size int) (*corev1.Namespace, error) {
	client, err := spacesclient.NewForConfig(admin)
	if err != nil {
		return nil, fmt.Errorf("preparing to make a Space: %w", err)
	}
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{
		GenerateName: name + "-", Annotations: map[string]string{"example.com/ballast": strings.Repeat("x", size)},
	}}
	if space, err = client.SpacesV1alpha1().Spaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("making a Space: %w", err)
	}
	namespace, err := kube.CoreV1().Namespaces().Get(ctx, space.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the namespace of a Space: %w", err)
	}
	return namespace, nil
}

func makeNamespace(ctx context.Context, kube kubernetes.Interface, number int, like *corev1.Namespace, users []int) error {
	name := namespaceName(number)
	labels := maps.Clone(like.Labels)
	delete(labels, corev1.LabelMetadataName)
	labels[markLabel] = mark{namespace: number}.String()
	for _, user := range users {
		labels[sightLabel(user)] = ""
	}
	_, err := kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: labels, Annotations: like.Annotations,
	}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("making a namespace: %w", err)
	}
	_, err = kube.RbacV1().RoleBindings(name).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "fanout"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   subjects(number, users),
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("letting users see a namespace: %w", err)
	}
	return nil
}

// subjects are users in one half of the namespaces, and their groups in the other.
func subjects(namespace int, users []int) []rbacv1.Subject {
	result := make([]rbacv1.Subject, 0, len(users))
	for _, user := range users {
		who := account(user)
		subject := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: who.Name}
		if namespace%2 == 1 {
			subject.Kind, subject.Name = rbacv1.GroupKind, who.Groups[0]
		}
		result = append(result, subject)
	}
	return result
}

// settle waits until the controllers have made in each new namespace what they make, so that they do nothing during the
// measurement.
func settle(ctx context.Context, admin *rest.Config, namespaces int) error {
	kube, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("preparing to wait for the controllers: %w", err)
	}
	const every = time.Second
	err = wait.PollUntilContextTimeout(ctx, every, settleTimeout, true, func(ctx context.Context) (bool, error) {
		accounts, err := kube.CoreV1().ServiceAccounts("").List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=default"})
		if err != nil || len(accounts.Items) < namespaces {
			return false, err
		}
		roots, err := kube.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=kube-root-ca.crt"})
		return err == nil && len(roots.Items) >= namespaces, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the controllers: %w", err)
	}
	return nil
}

// parallel does n things, so many at a time, until one of them fails.
func parallel(ctx context.Context, workers, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range numbers {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		select {
		case numbers <- i:
		case <-ctx.Done():
		}
	}
	close(numbers)
	running.Wait()
	return context.Cause(ctx)
}
