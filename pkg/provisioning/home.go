// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"cmp"
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Homes puts into the homes of accounts what belongs there. It is safe for concurrent use, also for the same account.
type Homes struct {
	*Provisioner
}

// Metadata returns the labels and annotations that the home of an account is to have.
func (Homes) Metadata(runtime.Object) (labels, annotations map[string]string, err error) {
	return map[string]string{spaces.LabelManagedBy: spaces.ManagedBy}, nil, nil
}

// Provision lets the subjects of the account and its creator in, and returns the account as Ready. When Settle returns then,
// the kube-apiserver lets the creator in. It can be called again for an account where it was interrupted.
func (h Homes) Provision(ctx context.Context, object runtime.Object) (runtime.Object, error) {
	account, ok := object.(*spaces.Account)
	if !ok {
		return nil, fmt.Errorf("provision an Account: it is a %T", object)
	}
	c := homeContents(account)
	if err := h.admit(ctx, c); err != nil {
		return nil, err
	}
	done := account.DeepCopy()
	meta.SetStatusCondition(&done.Status.Conditions, ready(done.Generation, h.Clock.Now(), "The subjects of the account are let in."))
	return done, nil
}

// Settle returns when the kube-apiserver lets the creator in.
func (h Homes) Settle(ctx context.Context, object runtime.Object) error {
	account, ok := object.(*spaces.Account)
	if !ok {
		return fmt.Errorf("settle an Account: it is a %T", object)
	}
	if err := h.awaitSight(ctx, account.Status.CreatedBy, spaces.AccountHome(account.Name)); err != nil {
		return fmt.Errorf("wait until the cluster lets %q into account %q: %w", account.Status.CreatedBy, account.Name, err)
	}
	return nil
}

// Ensure has the home contain what the account says, and nothing else of ours.
func (h Homes) Ensure(ctx context.Context, account *spaces.Account) error {
	return h.ensure(ctx, homeContents(account))
}

func homeContents(account *spaces.Account) contents {
	home := spaces.AccountHome(account.Name)
	grants := allow(nil, spaces.ClusterRoleAccountUser, SubjectsOf(account))
	if creator := account.Status.CreatedBy; creator != "" {
		grants = allow(grants, spaces.ClusterRoleAccountOwner, []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: creator}})
	}
	return contents{namespace: home, grants: grants}
}

// SubjectsOf returns the subjects of the account. ServiceAccounts without a namespace are those of its home.
func SubjectsOf(account *spaces.Account) []rbacv1.Subject {
	subjects := make([]rbacv1.Subject, 0, len(account.Spec.Subjects))
	for _, subject := range account.Spec.Subjects {
		if subject.Kind == rbacv1.ServiceAccountKind {
			subject.Namespace = cmp.Or(subject.Namespace, spaces.AccountHome(account.Name))
		}
		subjects = append(subjects, subject)
	}
	return subjects
}
