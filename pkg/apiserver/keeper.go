// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// keeper implements repair.Keeper. It is safe for concurrent use.
type keeper struct {
	feeds       feeds
	policies    policies
	mapping     space.Mapping
	provisioner *provisioning.Provisioner
	namespaces  namespaces
	clock       clock.PassiveClock
	// later has the namespace looked at in a while.
	later func(namespace string)
}

// Ensure implements repair.Keeper. A Space that is being provisioned is looked at when it is in place; one that is being
// deleted is not found.
func (k keeper) Ensure(ctx context.Context, namespace string) error {
	if strings.HasPrefix(namespace, spacesapi.AccountHomePrefix) {
		return k.ensureHome(ctx, namespace)
	}
	row := k.feeds.spaces.Get(namespace)
	switch {
	case isGone(row):
		return notFound(namespace)
	case !isOurs(row):
		return nil
	case !inPlace(row):
		k.later(namespace)
		return nil
	}
	live, own, err := k.live(ctx, namespace)
	if own == nil || own.Status.Phase != spacesapi.SpaceActive || err != nil {
		return err
	}
	plan, err := k.align(ctx, live, own)
	if err != nil {
		return err
	}
	failed := k.provisioner.Ensure(ctx, plan)
	if err := k.tellRepaired(ctx, own, failed); err != nil {
		return err
	}
	if err := k.free(ctx, live, own); err != nil {
		return err
	}
	return k.fill(ctx, plan)
}

// free has the Space be charged no more than it is to have, once it can take no more. If its namespace has changed since it was
// read, it is looked at again.
func (k keeper) free(ctx context.Context, live *corev1.Namespace, own *spacesapi.Space) error {
	if _, held := live.Annotations[spacesapi.AnnotationHeld]; !held {
		return nil
	}
	freed, err := k.provisioner.Free(ctx, own)
	if err != nil {
		return err
	}
	if !freed {
		k.later(own.Name)
		return nil
	}
	_, err = k.namespaces.Annotate(ctx, live, namespacestore.Annotations{spacesapi.AnnotationHeld: nil})
	if apierrors.IsConflict(err) {
		k.later(own.Name)
		return nil
	}
	return err
}

// reasonNotRepaired is the reason of the condition Ready of a Space that cannot be put right.
const reasonNotRepaired = "NotRepaired"

// tellRepaired says of a Space that it could not be put right, or that it could after all, and returns why not. What may
// go by itself, such as a server that does not answer, is not worth saying.
func (k keeper) tellRepaired(ctx context.Context, before *spacesapi.Space, failed error) error {
	told := meta.FindStatusCondition(before.Status.Conditions, spacesapi.ConditionReady)
	switch {
	case isRefused(failed):
		return errors.Join(failed, k.tell(ctx, before.Name, func(own *spacesapi.Space) metav1.Condition {
			return k.notReady(own, reasonNotRepaired, "What the platform keeps in the Space cannot be put right: "+failed.Error()+". It is tried again and again.")
		}))
	case failed == nil && told != nil && told.Reason == reasonNotRepaired:
		return k.tell(ctx, before.Name, k.ready)
	default:
		return failed
	}
}

// isRefused tells whether the cluster does not want it so.
func isRefused(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err)
}

func (k keeper) ready(own *spacesapi.Space) metav1.Condition {
	return provisioning.Ready(own, k.clock.Now())
}

// tell says how a Space is that is in place, and what else the function sets in its status, unless it says so already.
func (k keeper) tell(ctx context.Context, name string, how func(*spacesapi.Space) metav1.Condition) error {
	live, own, err := k.live(ctx, name)
	if own == nil || own.Status.Phase != spacesapi.SpaceActive || err != nil {
		return err
	}
	before := own.Status.DeepCopy()
	condition := how(own)
	news := meta.SetStatusCondition(&own.Status.Conditions, condition)
	if apiequality.Semantic.DeepEqual(before, &own.Status) {
		return nil
	}
	if err := k.store(ctx, live, own); err != nil || !news {
		return err
	}
	return k.namespaces.report(ctx, name, condition)
}

// reasonOverdue is the reason of the condition Expired of a Space whose time is over, and that cannot be deleted.
const reasonOverdue = "NotDeleted"

// tellOverdue says of a Space why it has not been deleted though its time is over, unless it says so already: the causes may
// be told in other words each time.
func (k keeper) tellOverdue(ctx context.Context, name string, why error) error {
	return k.tell(ctx, name, func(own *spacesapi.Space) metav1.Condition {
		if told := meta.FindStatusCondition(own.Status.Conditions, spacesapi.ConditionExpired); told != nil {
			return *told
		}
		return metav1.Condition{
			Type:               spacesapi.ConditionExpired,
			Status:             metav1.ConditionTrue,
			ObservedGeneration: own.Generation,
			LastTransitionTime: metav1.NewTime(k.clock.Now()),
			Reason:             reasonOverdue,
			Message:            "The time of the Space is over, and the cluster does not let it be deleted: " + why.Error() + ". It is tried again and again; renew the Space if it is to stay.",
		}
	})
}

// isGone tells whether there is nothing to keep in order any more.
func isGone(row *namespacestore.Row) bool {
	return row == nil || row.Namespace.DeletionTimestamp != nil
}

func notFound(namespace string) error {
	return apierrors.NewNotFound(corev1.Resource("namespaces"), namespace)
}

// Align has the namespace of a Space of ours have the metadata that it is to have.
func (k keeper) Align(ctx context.Context, namespace string) error {
	live, own, err := k.live(ctx, namespace)
	if own == nil || err != nil {
		return err
	}
	_, err = k.align(ctx, live, own)
	return err
}

func (k keeper) align(ctx context.Context, live *corev1.Namespace, own *spacesapi.Space) (provisioning.Plan, error) {
	plan, err := k.policies.Plan(own)
	if err != nil {
		return plan, err
	}
	labels, annotations := k.provisioner.Metadata(plan)
	return plan, k.namespaces.align(ctx, live, metadata{labels, annotations})
}

// inPlace tells whether the row is of a Space of ours that is complete.
func inPlace(row *namespacestore.Row) bool {
	one, ok := row.Object.(*spacesapi.Space)
	return ok && isOurs(row) && one.Status.Phase == spacesapi.SpaceActive
}

// live returns the namespace as it is now, and its Space, or nil if it has none of ours any more.
func (k keeper) live(ctx context.Context, name string) (*corev1.Namespace, *spacesapi.Space, error) {
	live, err := k.namespaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil || live.DeletionTimestamp != nil {
		return nil, nil, err
	}
	return live, k.mapping.Own(live), nil
}

func (k keeper) ensureHome(ctx context.Context, namespace string) error {
	if isGone(k.feeds.accounts.Get(namespace)) {
		return notFound(namespace)
	}
	account, err := k.policies.account(strings.TrimPrefix(namespace, spacesapi.AccountHomePrefix))
	if err != nil {
		return err
	}
	return provisioning.Homes{Provisioner: k.provisioner}.Ensure(ctx, account)
}

// reasonContested is the reason of the condition Ready of a Space where others are in the way of repairs.
const reasonContested = "Contested"

// Contest implements repair.Keeper.
func (k keeper) Contest(ctx context.Context, namespace string, contested bool) error {
	if !contested {
		return k.tell(ctx, namespace, k.ready)
	}
	return k.tell(ctx, namespace, func(own *spacesapi.Space) metav1.Condition {
		return k.notReady(own, reasonContested, "Somebody keeps changing what the platform has put into the Space, which it puts back once a minute: look for another controller that works on its RoleBindings, NetworkPolicies, ResourceQuota or LimitRange, and stop it.")
	})
}

// reasonIncomplete is the reason of the condition Ready of a Space whose creation was interrupted, and cannot be completed.
const reasonIncomplete = "Incomplete"

// tellIncomplete says of a Space why it could not be completed, and returns that; or nil if there is no such Space any more.
// That something else is not found, such as its account, does not mean that.
func (k keeper) tellIncomplete(ctx context.Context, name string, failed error) error {
	live, own, err := k.live(ctx, name)
	if apierrors.IsNotFound(err) || err == nil && (own == nil || own.Status.Phase != spacesapi.SpaceProvisioning) {
		return nil
	}
	if err != nil {
		return errors.Join(failed, err)
	}
	condition := k.notReady(own, reasonIncomplete,
		"The creation of the Space was interrupted, and cannot be completed: "+failed.Error()+". It is tried again; or delete the Space.")
	if meta.SetStatusCondition(&own.Status.Conditions, condition) {
		err = k.store(ctx, live, own)
	}
	return errors.Join(errors.New(failed.Error()), err)
}

// notReady is the condition Ready of a Space that is not.
func (k keeper) notReady(own *spacesapi.Space, reason, message string) metav1.Condition {
	condition := k.ready(own)
	condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, reason, message
	return condition
}

// store writes the Space to its namespace, if that is as it was read.
func (k keeper) store(ctx context.Context, live *corev1.Namespace, own *spacesapi.Space) error {
	value, err := k.mapping.Encode(own, live)
	if err != nil {
		return err
	}
	_, err = k.namespaces.Annotate(ctx, live, namespacestore.Annotations{spacesapi.AnnotationObject: &value})
	return err
}
