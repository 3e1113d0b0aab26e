// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/cluster"
)

// direct returns the same user, who talks to our server and not to the kube-apiserver in front.
func direct(t *testing.T, user cluster.Clients, edits ...func(*rest.Config)) cluster.Clients {
	t.Helper()
	config := shared.DirectConfig(user.Config, shared.Server)
	for _, edit := range edits {
		edit(config)
	}
	return cluster.ClientsFor(t, config)
}

// claiming has a client claim, as the kube-apiserver does in front of our server, to speak for the administrator.
func claiming(config *rest.Config) {
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			request = request.Clone(request.Context())
			request.Header.Set("X-Remote-User", "admin")
			request.Header.Set("X-Remote-Group", "system:masters")
			return next.RoundTrip(request)
		})
	})
}

func withoutCertificate(config *rest.Config) {
	config.CertData, config.KeyData = nil, nil
}

func withToken(token string) func(*rest.Config) {
	return func(config *rest.Config) {
		withoutCertificate(config)
		config.BearerToken = token
	}
}

func impersonating(name string, groups ...string) func(*rest.Config) {
	return func(config *rest.Config) {
		config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: groups}
	}
}

// wantSees checks that the user is shown these Spaces, and can get these and not those that are hidden.
func wantSees(t *testing.T, user cluster.Clients, shown sets.Set[string], hidden ...string) {
	t.Helper()
	list := must(spacesOf(user).List(t.Context(), metav1.ListOptions{}))(t)
	if diff := cmp.Diff(sets.List(shown), sets.List(namesOf(list.Items))); diff != "" {
		t.Errorf("The list is not what it should be (-want +got):\n%s", diff)
	}
	for name := range shown {
		if _, err := spacesOf(user).Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Errorf("The get of %s was answered %v", name, err)
		}
	}
	for _, name := range hidden {
		if _, err := spacesOf(user).Get(t.Context(), name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("The get of %s was answered %v, want 404", name, err)
		}
	}
}

func TestClaimsWithoutProofAreNotBelieved(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	hidden := createNamespace(t, admin, unique("claims"), nil).Name

	eve := shared.As(t, unique("claims-eve"))
	for what, somebody := range map[string]cluster.Clients{
		"a user who claims": direct(t, eve, claiming),
		// The name is right, and the authority is that of users.
		"a user named as the front proxy": direct(t, shared.As(t, "front-proxy-client"), claiming),
	} {
		t.Run(what, func(t *testing.T) { wantSees(t, somebody, sets.New[string](), hidden, "default") })
	}
}

// However a caller comes, the caller is the same.
func TestCallersAreTheSameOnEveryWay(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("ways")
	mine, ours, theirs := name+"-mine", name+"-ours", name+"-theirs"
	for _, namespace := range []string{mine, ours, theirs} {
		createNamespace(t, admin, namespace, nil)
	}
	bind(t, admin, mine, "sight", clusterRole("view"), user(name))
	bind(t, admin, ours, "sight", clusterRole("view"), group(name))
	alice := shared.As(t, name, name)
	awaitSight(t, alice, mine, ours)

	for way, caller := range map[string]cluster.Clients{
		"with a certificate":               alice,
		"with a certificate, directly":     direct(t, alice),
		"impersonated":                     cluster.ClientsFor(t, edited(admin, impersonating(name, name))),
		"impersonated, directly":           direct(t, admin, impersonating(name, name)),
		"with a certificate, and claiming": direct(t, alice, claiming),
	} {
		t.Run(way, func(t *testing.T) {
			wantSees(t, caller, sets.New(mine, ours), theirs)
			_, err := spacesOf(caller).Create(t.Context(), newSpace(name+"-new"), metav1.CreateOptions{})
			if !apierrors.IsForbidden(err) {
				t.Errorf("The create was answered %v, want 403: nobody lets the caller create Spaces", err)
			}
		})
	}
}

func edited(user cluster.Clients, edit func(*rest.Config)) *rest.Config {
	config := rest.CopyConfig(user.Config)
	edit(config)
	return config
}

func TestServiceAccountsAreTheSameOnEveryWay(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	home, other := unique("robot"), unique("robot-other")
	createNamespace(t, admin, home, nil)
	createNamespace(t, admin, other, nil)
	robots := admin.Kube.CoreV1().ServiceAccounts(home)
	must(robots.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{}))(t)
	bind(t, admin, home, "sight", clusterRole("view"), rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: "robot"})
	bind(t, admin, other, "sight", clusterRole("view"), group(serviceaccount.MakeNamespaceGroupName(home)))
	token := must(robots.CreateToken(t.Context(), "robot", &authenticationv1.TokenRequest{}, metav1.CreateOptions{}))(t).Status.Token

	through := cluster.ClientsFor(t, edited(admin, withToken(token)))
	awaitSight(t, through, home, other)
	name := serviceaccount.MakeUsername(home, "robot")
	for way, caller := range map[string]cluster.Clients{
		"with a token":           through,
		"with a token, directly": direct(t, admin, withToken(token)),
		"impersonated":           cluster.ClientsFor(t, edited(admin, impersonating(name, serviceaccount.MakeGroupNames(home)...))),
	} {
		t.Run(way, func(t *testing.T) { wantSees(t, caller, sets.New(home, other), "default") })
	}
}

// Our server asks for the same rights as the kube-apiserver does, and gives the creator the same.
func TestDirectCreate(t *testing.T) {
	t.Parallel()
	admin := shared.Admin(t)
	name := unique("direct")
	alice := direct(t, shared.As(t, name, "devs"))
	space := must(spacesOf(alice).Create(t.Context(), newSpace(name), metav1.CreateOptions{}))(t)
	deleteLater(t, admin, name)
	if space.Status.CreatedBy != name {
		t.Errorf("It was created by %q, want %q", space.Status.CreatedBy, name)
	}
	wantSees(t, alice, sets.New(name), "default")
	check(t, spacesOf(alice).Delete(t.Context(), name, metav1.DeleteOptions{}))
}
