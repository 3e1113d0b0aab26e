// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// renewal asks for the ttl, or for the one that the Space has if it is "".
func renewal(ttl v1alpha1.Duration) *v1alpha1.SpaceRenewal {
	asked := &v1alpha1.SpaceRenewal{}
	if ttl != "" {
		asked.Spec.TTL = &ttl
	}
	return asked
}

func renew(t *testing.T, user cluster.Clients, name string, asked *v1alpha1.SpaceRenewal) *v1alpha1.SpaceRenewal {
	t.Helper()
	return must(spacesOf(user).Renew(t.Context(), name, asked, metav1.CreateOptions{}))(t)
}

// wantExpiresIn checks that what was answered just now says so, and that the Space says the same.
func wantExpiresIn(t *testing.T, user cluster.Clients, answer *v1alpha1.SpaceRenewal, want time.Duration, ttl v1alpha1.Duration) {
	t.Helper()
	space := must(spacesOf(user).Get(t.Context(), answer.Name, metav1.GetOptions{}))(t)
	if !space.Status.ExpiresAt.Equal(answer.Status.ExpiresAt) || space.Spec.TTL == nil || *space.Spec.TTL != ttl {
		t.Errorf("The Space expires at %v by the ttl %v, want %v by %s", space.Status.ExpiresAt, space.Spec.TTL, answer.Status.ExpiresAt, ttl)
	}
	if got := time.Until(answer.Status.ExpiresAt.Time); got > want+time.Second || got < want-punctuality {
		t.Errorf("It expires in %s, want %s", got, want)
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	admin, alice := shared.Admin(t), shared.As(t, unique("renew-alice"), devs)
	for what, test := range map[string]func(t *testing.T, name string){
		"counts the ttl from now on": func(t *testing.T, name string) {
			old := createSpace(t, alice, newSpace(name, withTTL("5s")))
			until(t, expiryOf(t, old).Add(-2*time.Second))
			answer := renew(t, alice, name, renewal(""))
			wantExpiresIn(t, alice, answer, 5*time.Second, "5s")
			old.Status.ExpiresAt = answer.Status.ExpiresAt
			wantExpiry(t, admin, old)
		},
		"counts another ttl": func(t *testing.T, name string) {
			before := createSpace(t, alice, newSpace(name, withTTL("1h")))
			wantExpiresIn(t, alice, renew(t, alice, name, renewal("120m")), 2*time.Hour, "120m")
			if after := must(spacesOf(alice).Get(t.Context(), name, metav1.GetOptions{}))(t); after.Generation != before.Generation+1 {
				t.Errorf("The generation is %d, want %d", after.Generation, before.Generation+1)
			}
		},
		"has one expire that did not": func(t *testing.T, name string) {
			createSpace(t, alice, newSpace(name))
			wantExpiresIn(t, alice, renew(t, alice, name, renewal("1h")), time.Hour, "1h")
		},
		"has one expire no more": func(t *testing.T, name string) {
			createSpace(t, alice, newSpace(name, withTTL("1h")))
			answer := renew(t, alice, name, renewal("0s"))
			space := must(spacesOf(alice).Get(t.Context(), name, metav1.GetOptions{}))(t)
			if answer.Status.ExpiresAt != nil || space.Status.ExpiresAt != nil {
				t.Errorf("It expires at %v, and the answer is %v", space.Status.ExpiresAt, answer.Status.ExpiresAt)
			}
		},
		"does nothing in a dry run": func(t *testing.T, name string) {
			before := createSpace(t, alice, newSpace(name, withTTL("1h")))
			answer := must(spacesOf(alice).Renew(t.Context(), name, renewal("2h"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}))(t)
			after := must(spacesOf(alice).Get(t.Context(), name, metav1.GetOptions{}))(t)
			if got := time.Until(answer.Status.ExpiresAt.Time); got < 2*time.Hour-time.Minute {
				t.Errorf("It would expire in %s, want 2h", got)
			}
			if after.ResourceVersion != before.ResourceVersion {
				t.Error("The Space has changed")
			}
		},
		"is not kept from it by other changes": func(t *testing.T, name string) {
			createSpace(t, alice, newSpace(name, withTTL("1h")))
			var others sync.WaitGroup
			others.Go(func() {
				for range 20 {
					if _, err := admin.Kube.CoreV1().Namespaces().Patch(t.Context(), name, types.MergePatchType,
						[]byte(`{"metadata":{"labels":{"changed":"`+unique("at")+`"}}}`), metav1.PatchOptions{}); err != nil {
						t.Error(err)
					}
				}
			})
			for range 20 {
				wantExpiresIn(t, alice, renew(t, alice, name, renewal("")), time.Hour, "1h")
			}
			others.Wait()
		},
		"holds for the one that is meant": func(t *testing.T, name string) {
			space := createSpace(t, alice, newSpace(name, withTTL("1h")))
			meant := renewal("2h")
			meant.UID, meant.ResourceVersion = space.UID, space.ResourceVersion
			wantExpiresIn(t, alice, renew(t, alice, name, meant), 2*time.Hour, "2h")
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			test(t, unique("renew"))
		})
	}
}

func TestRenewIsRefused(t *testing.T) {
	t.Parallel()
	prefix := unique("renew-refused")
	admin, alice := shared.Admin(t), shared.As(t, prefix+"-alice", devs)
	createAccount(t, admin, prefix, withSubjects(group(prefix)), withPolicy(v1alpha1.SpacePolicy{
		DefaultTTL: new(v1alpha1.Duration("1h")), MaxTTL: new(v1alpha1.Duration("2h")), MaxLifetime: new(v1alpha1.Duration("90m")),
	}))
	tenant := newTenant(t, prefix+"-tenant", prefix).Clients
	charged, lasting, gone := prefix+"-charged", prefix+"-lasting", prefix+"-gone"
	createSpace(t, tenant, newSpace(charged))
	createSpace(t, admin, newSpace(prefix+"-hidden", withTTL("1h")))
	createSpace(t, admin, newSpace(prefix+"-seen", withTTL("1h")))
	bind(t, admin, prefix+"-seen", "sight", clusterRole("edit"), user(prefix+"-alice"))
	createNamespace(t, admin, prefix+"-unmanaged", nil)
	createSpace(t, alice, newSpace(lasting))
	createSpace(t, alice, newSpace(gone, withTTL("1h")))
	hold(t, admin, gone)
	check(t, spacesOf(alice).Delete(t.Context(), gone, metav1.DeleteOptions{}))
	awaitSight(t, alice, prefix+"-seen")
	awaitSight(t, admin, prefix+"-unmanaged")
	other := renewal("2h")
	other.UID = "another"
	named := renewal("2h")
	named.Name = "another"
	for what, tc := range map[string]struct {
		by      cluster.Clients
		name    string
		renewal *v1alpha1.SpaceRenewal
		want    metav1.StatusReason
		says    string
	}{
		"of one that the caller does not see":  {alice, prefix + "-hidden", renewal("2h"), metav1.StatusReasonNotFound, "not found"},
		"of one that is not there":             {alice, prefix + "-none", renewal("2h"), metav1.StatusReasonNotFound, "not found"},
		"of one that the caller only works in": {alice, prefix + "-seen", renewal(""), metav1.StatusReasonForbidden, "cannot manage it, nor update the namespace"},
		"of what is no Space":                  {admin, prefix + "-unmanaged", renewal("2h"), metav1.StatusReasonForbidden, "the namespace was not created as a Space"},
		"of one that is being deleted":         {alice, gone, renewal("2h"), metav1.StatusReasonConflict, "it is being deleted, and cannot be changed any more"},
		"of one that does not expire":          {alice, lasting, renewal(""), metav1.StatusReasonInvalid, "spec.ttl: Required value: the Space does not expire"},
		"by what is no duration":               {alice, lasting, renewal("soon"), metav1.StatusReasonInvalid, `spec.ttl: Invalid value: "soon": must be a duration`},
		"of another one":                       {alice, lasting, other, metav1.StatusReasonConflict, "UID"},
		"under another name":                   {alice, lasting, named, metav1.StatusReasonInvalid, "metadata.name"},
		"beyond what the account has":          {tenant, charged, renewal("121m"), metav1.StatusReasonInvalid, "121m is longer than 2h, the maxTTL of account"},
		"for ever, which is beyond":            {tenant, charged, renewal("0s"), metav1.StatusReasonInvalid, "the Space would never expire"},
		"beyond what the account has in all":   {tenant, charged, renewal("91m"), metav1.StatusReasonInvalid, "is left of 90m, the maxLifetime of account"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := spacesOf(tc.by).Renew(t.Context(), tc.name, tc.renewal, metav1.CreateOptions{})
			if got := apierrors.ReasonForError(err); got != tc.want || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("The answer is %s: %v, want %s that says %q", got, err, tc.want, tc.says)
			}
		})
	}
	wantExpiresIn(t, tenant, renew(t, tenant, charged, renewal("80m")), 80*time.Minute, "80m")
}

// What an account has come to allow less of cannot be renewed as it was, though nothing else about it changes.
func TestRenewIsHeldToWhatTheAccountSaysNow(t *testing.T) {
	t.Parallel()
	name := unique("renew-account")
	admin := shared.Admin(t)
	createAccount(t, admin, name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{DefaultTTL: new(v1alpha1.Duration("1h"))}))
	tenant := newTenant(t, name+"-tenant", name).Clients
	createSpace(t, tenant, newSpace(name))
	patchAccount(t, admin, name, `{"spec":{"space":{"maxTTL":"30m","defaultTTL":"30m"}}}`)
	eventually(t, "the account says so", func(ctx context.Context) error {
		_, err := spacesOf(tenant).Renew(ctx, name, renewal(""), metav1.CreateOptions{})
		if apierrors.IsInvalid(err) && strings.Contains(err.Error(), "1h is longer than 30m, the maxTTL of account") {
			return nil
		}
		return errors.Join(errors.New("the answer is"), err)
	})
	wantExpiresIn(t, tenant, renew(t, tenant, name, renewal("30m")), 30*time.Minute, "30m")
}
