// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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

// populate makes the Spaces of the world by our API, and lets their users see them.
func populate(ctx context.Context, admin *rest.Config, w world) error {
	kube, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("preparing to let users see Spaces: %w", err)
	}
	spaces, err := spacesclient.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("preparing to make Spaces: %w", err)
	}
	seenBy := w.seenBy()
	return parallel(ctx, writers, w.Namespaces, func(ctx context.Context, number int) error {
		if _, err := spaces.SpacesV1alpha1().Spaces().Create(ctx, w.space(number), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("making a Space: %w", err)
		}
		if err := show(ctx, kube, number, seenBy[number]); err != nil {
			return fmt.Errorf("letting users see a Space: %w", err)
		}
		return nil
	})
}

// space is a new one, which those who do not read are to see if it is fat.
func (w world) space(number int) *v1alpha1.Space {
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: namespaceName(number)}}
	if number >= w.slim() {
		space.Annotations = map[string]string{"example.com/ballast": strings.Repeat("x", w.FatBytes)}
	}
	return space
}

// show grants the users the sight of the namespace, labels it for those who cannot be granted that, and marks it.
func show(ctx context.Context, kube kubernetes.Interface, number int, users []int) error {
	name := namespaceName(number)
	labels := map[string]string{markLabel: mark{namespace: number}.String()}
	for _, user := range users {
		labels[sightLabel(user)] = ""
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return err
	}
	if _, err := kube.CoreV1().Namespaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	_, err = kube.RbacV1().RoleBindings(name).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "fanout"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   subjects(number, users),
	}, metav1.CreateOptions{})
	return err
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
