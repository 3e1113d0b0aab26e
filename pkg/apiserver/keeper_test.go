// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	applyrbacv1 "k8s.io/client-go/applyconfigurations/rbac/v1"
	"k8s.io/client-go/kubernetes"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	rbacclient "k8s.io/client-go/kubernetes/typed/rbac/v1"
	testingclock "k8s.io/utils/clock/testing"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// house is a cluster of one namespace that has a Space, as far as a keeper that fills it asks.
type house struct {
	kubernetes.Interface
	rbacclient.RbacV1Interface

	t         *testing.T
	namespace *corev1.Namespace
	applied   []string
	events    []string
	// refuses is what the next applied object is answered, and patching what the next change of the namespace is.
	refuses, patching error
	patches           int
}

func (h *house) RbacV1() rbacclient.RbacV1Interface                  { return h }
func (h *house) RoleBindings(string) rbacclient.RoleBindingInterface { return roleBindings{} }
func (*house) Self(context.Context) (string, error)                  { return "server", nil }
func (*house) Enters(context.Context, string) (bool, error)          { return true, nil }
func (*house) Sees(context.Context, string) (bool, error)            { return true, nil }
func (h *house) Apply(_ context.Context, o *unstructured.Unstructured) error {
	h.applied = append(h.applied, o.GetName())
	return h.refuses
}

func (*house) Remove(context.Context, string, string, spacesapi.TemplateObject) error { return nil }

// roleBindings are what a filler comes and goes by.
type roleBindings struct {
	rbacclient.RoleBindingInterface
}

func (roleBindings) Apply(_ context.Context, config *applyrbacv1.RoleBindingApplyConfiguration, _ metav1.ApplyOptions) (*rbacv1.RoleBinding, error) {
	binding := &rbacv1.RoleBinding{}
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, binding)
	}
	return binding, err
}

func (roleBindings) Delete(context.Context, string, metav1.DeleteOptions) error { return nil }

// rooms are the namespaces of a house.
type rooms struct {
	coreclient.NamespaceInterface
	coreclient.CoreV1Interface

	of *house
}

func (r rooms) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	if r.of.namespace == nil {
		return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), name)
	}
	return r.of.namespace.DeepCopy(), nil
}

func (r rooms) Patch(_ context.Context, _ string, _ types.PatchType, data []byte, _ metav1.PatchOptions, _ ...string) (*corev1.Namespace, error) {
	if r.of.patching != nil {
		return nil, r.of.patching
	}
	r.of.patches++
	must(r.of.t, json.Unmarshal(data, r.of.namespace))
	return r.of.namespace, nil
}

func (r rooms) Events(string) coreclient.EventInterface { return reports{of: r.of} }

// reports are the Events in a house.
type reports struct {
	coreclient.EventInterface

	of *house
}

func (r reports) Create(_ context.Context, event *corev1.Event, _ metav1.CreateOptions) (*corev1.Event, error) {
	r.of.events = append(r.of.events, event.Type+" "+event.Reason)
	return event, nil
}

// newHouse returns a house of the Space, and its keeper.
func newHouse(t *testing.T, p policies, one *spacesapi.Space) (*house, keeper) {
	t.Helper()
	h := &house{t: t, namespace: behind(t, one.Name, space.NewMapping(codec()), one)}
	now := testingclock.NewFakePassiveClock(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	return h, keeper{
		policies:    p,
		mapping:     space.NewMapping(codec()),
		provisioner: provisioning.New(provisioning.Config{Client: h, Objects: h, Clock: now}),
		namespaces:  namespaces{NamespaceInterface: rooms{of: h}, client: rooms{of: h}},
		clock:       now,
	}
}

// live returns the Space as it is stored.
func (h *house) live() *spacesapi.Space { return space.NewMapping(codec()).Own(h.namespace) }

// ready returns the Space with that condition.
func ready(one *spacesapi.Space, reason, message string) *spacesapi.Space {
	condition := provisioning.Ready(one, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	if reason != "" {
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, reason, message
	}
	one.Status.Conditions = []metav1.Condition{condition}
	return one
}

func TestKeeperFills(t *testing.T) {
	wrong := apierrors.NewBadRequest("it is wrong")
	const told = `The template has changed, and could not be applied again: apply the ConfigMap "a" of the template "again": it is wrong`
	behindTimes := func() *spacesapi.Space { return filledBy(greeting(), asking("again", "hello")) }
	current := func() *spacesapi.Space { return filledBy(reapplied(), asking("again", "hello")) }
	for name, tc := range map[string]struct {
		space             *spacesapi.Space
		refuses, patching error
		wantApplied       []string
		wantEvents        []string
		wantReason        string
		wantMessage       string
		// wantFilled tells whether it is up to date afterwards.
		wantFilled  bool
		wantPatches int
		says        string
	}{
		"not what is current":               {space: ready(current(), "", ""), wantReason: "Provisioned", wantFilled: true},
		"not what has no template":          {space: ready(asking("", ""), "", ""), wantReason: "Provisioned"},
		"what has to follow":                {space: ready(behindTimes(), "", ""), wantApplied: []string{"a"}, wantReason: "Provisioned", wantFilled: true, wantPatches: 1},
		"what it cannot, and tells so":      {space: ready(behindTimes(), "", ""), refuses: wrong, wantApplied: []string{"a"}, wantEvents: []string{"Warning TemplateNotApplied"}, wantReason: "TemplateNotApplied", wantMessage: told, wantPatches: 1, says: "it is wrong"},
		"what it cannot, and has told":      {space: ready(behindTimes(), "TemplateNotApplied", told), refuses: wrong, wantApplied: []string{"a"}, wantReason: "TemplateNotApplied", wantMessage: told, says: "it is wrong"},
		"what it cannot for another reason": {space: ready(behindTimes(), "TemplateNotApplied", "another"), refuses: wrong, wantApplied: []string{"a"}, wantEvents: []string{"Warning TemplateNotApplied"}, wantReason: "TemplateNotApplied", wantMessage: told, wantPatches: 1, says: "it is wrong"},
		"what it could not before":          {space: ready(behindTimes(), "TemplateNotApplied", told), wantApplied: []string{"a"}, wantEvents: []string{"Normal Provisioned"}, wantReason: "Provisioned", wantFilled: true, wantPatches: 1},
		"what needs nothing any more":       {space: ready(current(), "TemplateNotApplied", told), wantEvents: []string{"Normal Provisioned"}, wantReason: "Provisioned", wantFilled: true, wantPatches: 1},
		"what has the wrong parameters":     {space: ready(asking("again", ""), "", ""), wantEvents: []string{"Warning TemplateNotApplied"}, wantReason: "TemplateNotApplied", wantMessage: "spec.parameters[text]: Required value", wantPatches: 1, says: "spec.parameters[text]"},
		"what is contested, and stays so":   {space: ready(current(), reasonContested, "somebody"), wantReason: reasonContested, wantFilled: true},
		"what somebody changes meanwhile":   {space: ready(behindTimes(), "", ""), patching: apierrors.NewConflict(corev1.Resource("namespaces"), "a", errors.New("it has changed")), wantApplied: []string{"a"}, wantReason: "Provisioned", says: "it has changed"},
	} {
		t.Run(name, func(t *testing.T) {
			h, k := newHouse(t, shelved(t, map[string]spacesapi.SpaceTemplateSpec{"again": reapplied()}), tc.space)
			h.refuses, h.patching = tc.refuses, tc.patching
			err := k.fill(t.Context(), provisioning.Plan{Space: tc.space})
			if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error: %v, want one that says %q", err, tc.says)
			}
			if diff := cmp.Diff([][]string{tc.wantApplied, tc.wantEvents}, [][]string{h.applied, h.events}); diff != "" || h.patches != tc.wantPatches {
				t.Errorf("%d patches; applied, and reported (-want +got):\n%s", h.patches, diff)
			}
			after := h.live().Status
			if got := after.Conditions[0]; got.Reason != tc.wantReason || !strings.Contains(got.Message, tc.wantMessage) || (got.Status == metav1.ConditionTrue) != (tc.wantReason == "Provisioned") {
				t.Errorf("the condition is %+v", got)
			}
			if filled := after.Template != nil && cmp.Equal(after.Template.Hash, current().Status.Template.Hash); filled != tc.wantFilled {
				t.Errorf("it is filled with %+v", after.Template)
			}
		})
	}
}

// Nobody is told of a Space that has gone meanwhile.
func TestKeeperFillsWhatGoes(t *testing.T) {
	for name, gone := range map[string]func(*house){
		"nothing is there":    func(h *house) { h.namespace = nil },
		"it is being deleted": func(h *house) { deletion(h.namespace) },
	} {
		t.Run(name, func(t *testing.T) {
			one := ready(asking("again", ""), "", "")
			h, k := newHouse(t, shelved(t, map[string]spacesapi.SpaceTemplateSpec{"again": reapplied()}), one)
			gone(h)
			if err := k.fill(t.Context(), provisioning.Plan{Space: one}); !apierrors.IsInvalid(err) || h.patches > 0 || len(h.events) > 0 {
				t.Errorf("%d patches, events %v: %v", h.patches, h.events, err)
			}
		})
	}
}

func TestKeeperTellsWhatCannotBeCompleted(t *testing.T) {
	gone := apierrors.NewNotFound(spacesapi.Resource("accounts"), "red")
	for name, tc := range map[string]struct {
		phase     spacesapi.SpacePhase
		before    string
		isGone    bool
		patching  error
		wantError string
		wantSaid  string
		patches   int
	}{
		"once":                        {phase: spacesapi.SpaceProvisioning, wantError: gone.Error(), wantSaid: "cannot be completed: " + gone.Error(), patches: 1},
		"and again, if it is another": {phase: spacesapi.SpaceProvisioning, before: "it is Friday", wantError: gone.Error(), wantSaid: gone.Error(), patches: 1},
		"unless it is complete now":   {phase: spacesapi.SpaceActive},
		"unless it is gone":           {phase: spacesapi.SpaceProvisioning, isGone: true},
		"unless it is written":        {phase: spacesapi.SpaceProvisioning, patching: errors.New("conflict"), wantError: "conflict"},
	} {
		t.Run(name, func(t *testing.T) {
			one := ready(&spacesapi.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: spacesapi.SpaceStatus{Phase: tc.phase, CreatedBy: "alice"}}, reasonIncomplete, tc.before)
			h, k := newHouse(t, policies{}, one)
			h.patching = tc.patching
			if tc.isGone {
				h.namespace = nil
			}
			for range 2 { // the second time there is nothing new to say
				err := k.tellIncomplete(t.Context(), "a", gone)
				if (err == nil) != (tc.wantError == "") || err != nil && !strings.Contains(err.Error(), tc.wantError) {
					t.Errorf("the error is %v, want %q", err, tc.wantError)
				}
				if apierrors.IsNotFound(err) {
					t.Error("the error says that the Space is gone")
				}
			}
			if h.patches != tc.patches {
				t.Errorf("it was written %d times, want %d", h.patches, tc.patches)
			}
			if tc.wantSaid != "" && !strings.Contains(h.live().Status.Conditions[0].Message, tc.wantSaid) {
				t.Errorf("it says %q, want %q", h.live().Status.Conditions[0].Message, tc.wantSaid)
			}
		})
	}
}

func TestKeeperTellsWhatCannotBeRepaired(t *testing.T) {
	invalid := apierrors.NewInvalid(rbacv1.SchemeGroupVersion.WithKind("RoleBinding").GroupKind(), "edit", nil)
	for name, tc := range map[string]struct {
		before     string
		failed     error
		wantReason string
		wantEvents []string
	}{
		"nothing to tell":            {wantReason: "Provisioned"},
		"what is refused":            {failed: fmt.Errorf("apply it: %w", invalid), wantReason: "NotRepaired", wantEvents: []string{"Warning NotRepaired"}},
		"what may go by itself":      {failed: apierrors.NewServiceUnavailable("later"), wantReason: "Provisioned"},
		"what is refused no more":    {before: "NotRepaired", wantReason: "Provisioned", wantEvents: []string{"Normal Provisioned"}},
		"what something else is for": {before: "Contested", wantReason: "Contested"},
		"what is still refused":      {before: "NotRepaired", failed: apierrors.NewServiceUnavailable("later"), wantReason: "NotRepaired"},
	} {
		t.Run(name, func(t *testing.T) {
			one := ready(asking("", ""), tc.before, "because")
			h, k := newHouse(t, policies{}, one)
			if err := k.tellRepaired(t.Context(), one, tc.failed); !errors.Is(err, tc.failed) || (err == nil) != (tc.failed == nil) {
				t.Errorf("error: %v, want %v", err, tc.failed)
			}
			if got := h.live().Status.Conditions[0]; got.Reason != tc.wantReason {
				t.Errorf("the condition is %+v", got)
			}
			if diff := cmp.Diff(tc.wantEvents, h.events); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
		})
	}
}

// The cluster may say why in other words each time: the Space does not change with them.
func TestKeeperTellsWhatIsOverdue(t *testing.T) {
	one := ready(asking("", ""), "", "")
	h, k := newHouse(t, policies{}, one)
	must(t, k.tellOverdue(t.Context(), "a", errors.New("a webhook does not answer")))
	must(t, k.tellOverdue(t.Context(), "a", errors.New("it does not answer still")))
	if diff := cmp.Diff([]string{"Warning NotDeleted"}, h.events); diff != "" || h.patches != 1 {
		t.Errorf("written %d times; reported (-want +got):\n%s", h.patches, diff)
	}
	told := meta.FindStatusCondition(h.live().Status.Conditions, spacesapi.ConditionExpired)
	if told == nil || told.Status != metav1.ConditionTrue || !strings.Contains(told.Message, "a webhook does not answer") {
		t.Errorf("the condition is %+v", told)
	}
}
