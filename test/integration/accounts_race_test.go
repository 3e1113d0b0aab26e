// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

var firstWrites = flag.Int("first-writes", 50, "into how many new Spaces TestAccountsAreUsableAtOnce writes")

// A Space whose creation is answered is its creator's to work in, without another moment: RBAC, its quota and its limits,
// Pod Security and the default ServiceAccount are in place.
func TestAccountsAreUsableAtOnce(t *testing.T) {
	t.Parallel()
	name := unique("accounts-once")
	createAccount(t, shared.Admin(t), name, withSubjects(group(name)), withPolicy(v1alpha1.SpacePolicy{
		DefaultQuota: quota("pods", "5", "services", "2", "configmaps", "5", "count/deployments.apps", "3", "requests.cpu", "2", "limits.memory", "4Gi"),
	}))
	tenant := newTenant(t, name+"-tenant", name)
	for i := range *firstWrites {
		space := fmt.Sprintf("%s-%d", name, i)
		tenant.space(t, space)
		for what, write := range map[string]call{"pod": podIn(space, ""), "Deployment": deploymentIn(space), "ConfigMap": configMapIn(space)} {
			if got := tenant.do(t, write); !got.fine() {
				t.Errorf("a %s in Space %d: %d %s", what, i, got.code, got.body)
			}
		}
	}
}

// Whatever a Space was begun with, in the end it is as its account says: also if that changes while it is created.
func TestAccountsRollOutIntoNewSpaces(t *testing.T) {
	t.Parallel()
	const races, step = 30, 2 * time.Millisecond
	prefix := unique("accounts-new")
	admin, tenant := shared.Admin(t), newTenant(t, prefix+"-tenant", prefix)
	var running sync.WaitGroup
	for i := range races {
		name := fmt.Sprintf("%s-%d", prefix, i)
		createAccount(t, admin, name, withSubjects(group(prefix), user("accounts-new-bob")))
		running.Go(func() { tenant.space(t, name, withAccount(name)) })
		until(t, time.Now().Add(time.Duration(i)*step))
		patchAccount(t, admin, name, fmt.Sprintf(`{"spec":{"subjects":[{"apiGroup":%q,"kind":"Group","name":%q}]}}`, rbacv1.GroupName, prefix))
		running.Wait()
	}
	eventually(t, "all Spaces are as the account says", func(ctx context.Context) error {
		errs := make([]error, races)
		for i := range races {
			errs[i] = wantBindings(ctx, t, fmt.Sprintf("%s-%d", prefix, i), map[string][]string{"spaces:owner": {prefix, tenant.name}})
		}
		return errors.Join(errs...)
	})
}

func configMapIn(namespace string) call {
	return call{method: "POST", path: "/api/v1/namespaces/" + namespace + "/configmaps", body: `{"metadata":{"generateName":"first-"}}`}
}
