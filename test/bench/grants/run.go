// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"context"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"tenancy.example.io/spaces/test/bench/report"
	"tenancy.example.io/spaces/test/bench/wire"
	"tenancy.example.io/spaces/test/controlplane"
)

// Run measures. An error says that something was told wrongly, or not at all; that something is slow is in the Tables
// alone, which are there as far as it came. The namespaces that it has made, it leaves behind.
func Run(ctx context.Context, plane *controlplane.ControlPlane, config Config) ([]report.Table, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	b, err := newBench(plane, config)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if err := b.makeNamespaces(ctx); err != nil {
		return nil, err
	}
	config.log("Granting and revoking %d times", config.Rounds)
	err = b.measure(ctx)
	return []report.Table{b.found.table(config.Rounds)}, err
}

type bench struct {
	Config
	kube kubernetes.Interface
	// watch and ask have connections of their own, so that neither waits for the other.
	watch, ask *wire.Client
	found      found
}

func newBench(plane *controlplane.ControlPlane, config Config) (b *bench, err error) {
	b = &bench{Config: config}
	admin := plane.AdminConfig()
	if b.kube, err = kubernetes.NewForConfig(admin); err != nil {
		return nil, fmt.Errorf("preparing to grant: %w", err)
	}
	if b.watch, err = wire.NewClient(admin, 0); err != nil {
		return nil, err
	}
	b.ask, err = wire.NewClient(admin, 0)
	return b, err
}

func (b *bench) close() {
	b.watch.Close()
	b.ask.Close()
}

func (b *bench) makeNamespaces(ctx context.Context) error {
	for number := range b.Namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespaceName(number)}}
		_, err := b.kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("making a namespace: %w", err)
		}
	}
	return nil
}

func (b *bench) measure(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	tales := make(chan tale)
	watching := make(chan struct{})
	defer func() {
		stop()
		<-watching
	}()
	stream, err := b.watch.Open(ctx, "/apis/spaces.tenancy.example.io/v1alpha1/spaces?watch=true", somebody())
	if err != nil {
		close(watching)
		return fmt.Errorf("opening the watch: %w", err)
	}
	go func() {
		defer close(watching)
		listen(ctx, stream, tales)
	}()
	for number := range b.Rounds {
		if err := b.round(ctx, namespaceName(number%b.Namespaces), tales); err != nil {
			return fmt.Errorf("round %d: %w", number, err)
		}
	}
	return nil
}

// round is a grant and its end.
func (b *bench) round(ctx context.Context, namespace string, tales <-chan tale) error {
	granted, err := b.try(ctx, attempt{
		write:  func(ctx context.Context) error { return b.grant(ctx, namespace) },
		want:   tale{kind: "ADDED", name: namespace},
		status: http.StatusOK,
	}, tales)
	if err != nil {
		return fmt.Errorf("granting: %w", err)
	}
	revoked, err := b.try(ctx, attempt{
		write:  func(ctx context.Context) error { return b.revoke(ctx, namespace) },
		want:   tale{kind: "DELETED", name: namespace},
		status: http.StatusForbidden,
	}, tales)
	if err != nil {
		return fmt.Errorf("revoking: %w", err)
	}
	b.found.granted = append(b.found.granted, granted)
	b.found.revoked = append(b.found.revoked, revoked)
	return nil
}

const bindingName = "grants"

func (b *bench) grant(ctx context.Context, namespace string) error {
	_, err := b.kube.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: bindingName},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: somebody().Name}},
	}, metav1.CreateOptions{})
	return err
}

func (b *bench) revoke(ctx context.Context, namespace string) error {
	return b.kube.RbacV1().RoleBindings(namespace).Delete(ctx, bindingName, metav1.DeleteOptions{})
}
