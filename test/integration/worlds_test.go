// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

var (
	worldCount = flag.Int("worlds", 200, "in how many random worlds TestWorlds compares what is listed with what RBAC allows")
	worldSeed  = flag.Uint64("seed", 0, "the number of the first random world of TestWorlds; 0 chooses one")
)

// Whatever RBAC says: whoever lists Spaces is shown exactly the namespaces that the kube-apiserver lets the caller get.
func TestWorlds(t *testing.T) {
	t.Parallel()
	first := *worldSeed
	if first == 0 {
		first = rand.Uint64N(1 << 32)
	}
	began := time.Now()
	u := newUniverse(t)
	for number := first; number < first+uint64(*worldCount); number++ {
		u.enter(t, newWorld(number))
		if u.compare(t); t.Failed() {
			u.dump(t)
			t.Fatalf("Failed in world %d. To get there again: go test ./test/integration -run TestWorlds -seed=%d -worlds=2", number, number-1)
		}
	}
	t.Logf("Compared %d worlds, -seed=%d, in %s: %d times a caller saw a namespace, %d times not; the API refused %d objects",
		*worldCount, first, time.Since(began).Round(time.Second), u.seen, u.unseen, u.refused)
}

// universe is the cluster where the worlds come and go.
type universe struct {
	admin cluster.Clients
	// reviews asks in a form that costs little.
	reviews kubernetes.Interface
	// namespaces are all that there are.
	namespaces []string
	now        *world

	// fencesUp tells what the fences let see at present.
	fencesUp bool

	seen, unseen, refused int
}

func newUniverse(t *testing.T) *universe {
	admin := cluster.ForTest(t).Admin(t)
	config := rest.CopyConfig(admin.Config)
	config.ContentType = runtime.ContentTypeProtobuf
	u := &universe{
		admin:   admin,
		reviews: must(kubernetes.NewForConfig(config))(t),
		now:     &world{objects: map[string]metav1.Object{}},
	}
	for _, name := range worldNamespaces {
		createNamespace(t, admin, name, nil)
	}
	all := must(admin.Kube.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}))(t)
	for i := range all.Items {
		u.namespaces = append(u.namespaces, all.Items[i].Name)
	}
	u.bindFences(t)
	return u
}

// enter makes the world the present one, and returns when both our server and the kube-apiserver know it.
func (u *universe) enter(t *testing.T, w *world) {
	before := u.now
	u.now = w
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if old, object := before.objects[key], w.objects[key]; !apiequality.Semantic.DeepEqual(old, object) {
			u.set(t, key, object)
		}
	}
	eventually(t, "ClusterRoles are aggregated", u.aggregated)
	u.awaitFences(t)
}

// set has the object be there or, if it is nil, not. What the API refuses is not there.
func (u *universe) set(t *testing.T, key string, object metav1.Object) {
	t.Helper()
	remove, put := u.client(t.Context(), key, object)
	if object == nil {
		u.remove(t, remove)
		return
	}
	err := put()
	if apierrors.IsInvalid(err) {
		u.refused++
		u.remove(t, remove)
		return
	}
	check(t, err)
}

func (u *universe) remove(t *testing.T, remove func() error) {
	t.Helper()
	if err := remove(); !apierrors.IsNotFound(err) {
		check(t, err)
	}
}

// client returns what removes the object of the key, and what puts this one there.
func (u *universe) client(ctx context.Context, key string, object metav1.Object) (remove, put func() error) {
	kind, rest, _ := strings.Cut(key, "/")
	namespace, name, _ := strings.Cut(rest, "/")
	rbac := u.admin.Kube.RbacV1()
	switch kind {
	case "Role":
		return write[*rbacv1.Role](ctx, rbac.Roles(namespace), name, object)
	case "ClusterRole":
		return write[*rbacv1.ClusterRole](ctx, rbac.ClusterRoles(), name, object)
	case "RoleBinding":
		return write[*rbacv1.RoleBinding](ctx, rbac.RoleBindings(namespace), name, object)
	default:
		return write[*rbacv1.ClusterRoleBinding](ctx, rbac.ClusterRoleBindings(), name, object)
	}
}

func write[T metav1.Object](ctx context.Context, client writer[T], name string, object metav1.Object) (remove, set func() error) {
	return func() error { return client.Delete(ctx, name, metav1.DeleteOptions{}) },
		func() error { return put(ctx, client, object.(T)) }
}

// aggregated tells whether the kube-controller-manager has done its part.
func (u *universe) aggregated(ctx context.Context) error {
	list, err := u.admin.Kube.RbacV1().ClusterRoles().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	slices.SortFunc(list.Items, func(a, b rbacv1.ClusterRole) int { return strings.Compare(a.Name, b.Name) })
	for i := range list.Items {
		role := &list.Items[i]
		if want := parts(role, list.Items); role.AggregationRule != nil && !apiequality.Semantic.DeepEqual(role.Rules, want) {
			return fmt.Errorf("ClusterRole %q has the rules %v, want %v", role.Name, role.Rules, want)
		}
	}
	return nil
}

// parts returns the rules of all that are aggregated to the role.
func parts(role *rbacv1.ClusterRole, all []rbacv1.ClusterRole) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	if role.AggregationRule == nil {
		return nil
	}
	for _, selector := range role.AggregationRule.ClusterRoleSelectors {
		for i := range all {
			if all[i].Name == role.Name || !labels.SelectorFromSet(selector.MatchLabels).Matches(labels.Set(all[i].Labels)) {
				continue
			}
			for _, rule := range all[i].Rules {
				if !slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool { return apiequality.Semantic.DeepEqual(r, rule) }) {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules
}

// awaitFences changes one object of each kind, and returns when both servers show that they know it. Events about one
// kind arrive in order: whoever knows these objects knows the whole world.
func (u *universe) awaitFences(t *testing.T) {
	t.Helper()
	u.fencesUp = !u.fencesUp
	var rules []rbacv1.PolicyRule
	subjects := map[string][]rbacv1.Subject{}
	if u.fencesUp {
		rules = append(rules, getNamespaces())
		for _, kind := range fenceKinds {
			subjects[kind] = []rbacv1.Subject{group(kind)}
		}
	}
	fence := metav1.ObjectMeta{Name: "fence", Namespace: fenced}
	rbac := u.admin.Kube.RbacV1()
	check(t, errors.Join(
		put(t.Context(), rbac.Roles(fenced), &rbacv1.Role{ObjectMeta: fence, Rules: rules}),
		put(t.Context(), rbac.RoleBindings(fenced), &rbacv1.RoleBinding{
			ObjectMeta: fence, RoleRef: clusterRole("view"), Subjects: subjects["RoleBinding"],
		}),
	))
	fence.Namespace = ""
	check(t, errors.Join(
		put(t.Context(), rbac.ClusterRoles(), &rbacv1.ClusterRole{ObjectMeta: fence, Rules: rules}),
		put(t.Context(), rbac.ClusterRoleBindings(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: fence, RoleRef: clusterRole("view"), Subjects: subjects["ClusterRoleBinding"],
		}),
	))
	eventually(t, "both servers know the world", u.fencesPassed)
}

// fenced is the namespace that the fences let see, and fenceKinds are the groups of which each sees it by one kind.
const fenced = "w-0"

var fenceKinds = []string{"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}

// bindFences makes what of the fences does not change. Nothing in any world is about those who are not authenticated.
func (u *universe) bindFences(t *testing.T) {
	t.Helper()
	bind(t, u.admin, fenced, "fence-role", role("fence"), group("Role"))
	for name, binding := range map[string]*rbacv1.ClusterRoleBinding{
		"fence-cluster-role": {RoleRef: clusterRole("fence"), Subjects: []rbacv1.Subject{group("ClusterRole")}},
		"fence-door":         {RoleRef: clusterRole("spaces:discover"), Subjects: []rbacv1.Subject{group("system:unauthenticated")}},
	} {
		binding.Name = name
		check(t, put(t.Context(), u.admin.Kube.RbacV1().ClusterRoleBindings(), binding))
	}
}

func (u *universe) fencesPassed(ctx context.Context) error {
	for _, kind := range fenceKinds {
		watchman := rest.ImpersonationConfig{UserName: "system:anonymous", Groups: []string{kind, "system:unauthenticated"}}
		listed, err := u.listed(ctx, watchman)
		if err != nil {
			return err
		}
		if allowed, err := u.allowed(ctx, watchman, fenced); err != nil || allowed != u.fencesUp {
			return fmt.Errorf("the kube-apiserver does not know the %s (%w)", kind, err)
		}
		if listed.Has(fenced) != u.fencesUp {
			return fmt.Errorf("our server does not know the %s", kind)
		}
	}
	return nil
}

// listed returns the names of all Spaces that the caller lists.
func (u *universe) listed(ctx context.Context, caller rest.ImpersonationConfig) (sets.Set[string], error) {
	config := rest.CopyConfig(u.admin.Config)
	config.Impersonate = caller
	client, err := spacesclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := client.Spaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return namesOf(list.Items), nil
}

// allowed tells whether the kube-apiserver lets the caller get the namespace.
func (u *universe) allowed(ctx context.Context, caller rest.ImpersonationConfig, namespace string) (bool, error) {
	review, err := u.reviews.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:   caller.UserName,
			Groups: caller.Groups,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: "get", Version: "v1", Resource: "namespaces", Namespace: namespace, Name: namespace,
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// compare compares for each caller what is listed with what is allowed.
func (u *universe) compare(t *testing.T) {
	var comparing sync.WaitGroup
	wants := make([]sets.Set[string], len(u.now.callers))
	for i, caller := range u.now.callers {
		comparing.Go(func() {
			want, err := u.wanted(t.Context(), caller)
			if err != nil {
				t.Error("Asking what is allowed:", err)
				return
			}
			got, err := u.listed(t.Context(), caller)
			if err != nil {
				t.Errorf("Listing as %+v: %v", caller, err)
				return
			}
			if diff := cmp.Diff(sets.List(want), sets.List(got)); diff != "" {
				t.Errorf("%+v is not shown what RBAC allows (-want +got):\n%s", caller, diff)
			}
			wants[i] = want
		})
	}
	comparing.Wait()
	for _, want := range wants {
		u.seen += len(want)
		u.unseen += len(u.namespaces) - len(want)
	}
}

// wanted returns the namespaces that the caller may get and that are Spaces.
func (u *universe) wanted(ctx context.Context, caller rest.ImpersonationConfig) (sets.Set[string], error) {
	want := sets.New[string]()
	for _, namespace := range u.namespaces {
		if namespace == "spaces-system" || strings.HasPrefix(namespace, "account-") {
			continue
		}
		allowed, err := u.allowed(ctx, caller, namespace)
		if err != nil {
			return nil, err
		}
		if allowed {
			want.Insert(namespace)
		}
	}
	return want, nil
}

// dump logs the world.
func (u *universe) dump(t *testing.T) {
	for _, key := range slices.Sorted(maps.Keys(u.now.objects)) {
		if object := u.now.objects[key]; object != nil {
			text, err := json.Marshal(object)
			t.Logf("%s: %s %v", key, text, err)
		}
	}
}
