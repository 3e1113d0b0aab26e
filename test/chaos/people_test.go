// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/cluster"
)

const (
	// home is the namespace of the ServiceAccounts.
	home = "chaos-home"
	// makers may create Spaces.
	makers = "makers"
	// everybody is the group of all who are authenticated.
	everybody = user.AllAuthenticated
	// crowd is how many groups the one has who has many.
	crowd = 200
)

// person is somebody with an informer.
type person struct {
	user.DefaultInfo
	config *rest.Config
	// at are the person's own ways to each replica.
	at [2]cluster.Clients
}

// cast are the people: 20 of them, and how they come by what they see.
func cast(t *testing.T, s *stage) []*person {
	t.Helper()
	var people []*person
	join := func(name string, groups ...string) {
		people = append(people, s.person(t, name, groups...))
	}
	for i := range 5 { // by RoleBindings to the user
		join("user-" + strconv.Itoa(i))
	}
	join("member-0", "group-0") // by RoleBindings to a group
	join("member-1", "group-1")
	join("member-2", "group-0", "group-2")
	join("named-0") // by ClusterRoleBindings to a ClusterRole with names
	join("named-1", "named")
	join("viewer")  // all namespaces, always
	join("toggled") // all namespaces, sometimes
	join("nobody")
	join("crowded", crowdOf(crowd)...)
	join("maker-0", makers) // as owners of Spaces
	join("maker-1", makers)
	join("aggregated") // by RoleBindings to an aggregated ClusterRole
	join("visitor", "group-2", "group-1")
	return append(people, s.robot(t, "robot-0"), s.robot(t, "robot-1"))
}

func crowdOf(n int) []string {
	var groups []string
	for i := range n {
		groups = append(groups, "crowd-"+strconv.Itoa(i))
	}
	return groups
}

// subjects are those to whom RoleBindings are made out.
func subjects() []rbacv1.Subject {
	return []rbacv1.Subject{
		userOf("user-0"), userOf("user-1"), userOf("user-2"), userOf("user-3"), userOf("user-4"), userOf("aggregated"), userOf("visitor"),
		groupOf("group-0"), groupOf("group-1"), groupOf("group-2"), groupOf("crowd-7"), groupOf("crowd-177"), groupOf("named"),
		serviceAccount(home, "robot-0"), serviceAccount(home, "robot-1"), groupOf(serviceaccount.MakeNamespaceGroupName(home)),
	}
}

// person returns somebody who authenticates by a certificate.
func (s *stage) person(t *testing.T, name string, groups ...string) *person {
	t.Helper()
	return &person{
		DefaultInfo: user.DefaultInfo{Name: name, Groups: append(groups, everybody)},
		config:      must(s.UserConfig(name, groups...))(t),
	}
}

// robot returns a ServiceAccount, which authenticates by a token.
func (s *stage) robot(t *testing.T, name string) *person {
	t.Helper()
	accounts := s.admin.Kube.CoreV1().ServiceAccounts(home)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	must(accounts.Create(t.Context(), account, metav1.CreateOptions{}))(t)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(24 * 60 * 60))}}
	token := must(accounts.CreateToken(t.Context(), name, request, metav1.CreateOptions{}))(t).Status.Token
	config := rest.CopyConfig(s.admin.Config)
	config.CertData, config.KeyData, config.BearerToken = nil, nil, token
	return &person{
		DefaultInfo: user.DefaultInfo{
			Name:   serviceaccount.MakeUsername(home, name),
			Groups: append(serviceaccount.MakeGroupNames(home), everybody),
		},
		config: config,
	}
}

// awaitMakers returns when the makers may create Spaces.
func awaitMakers(ctx context.Context, maker cluster.Clients) error {
	return await(ctx, time.Minute, func(ctx context.Context) error {
		_, err := spacesOf(maker).Create(ctx, newSpace("chaos-try"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return fmt.Errorf("trying to create a Space: %w", err)
		}
		return nil
	})
}
