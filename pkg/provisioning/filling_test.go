// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// manifests writes what is done to objects into the journal of a world.
type manifests struct {
	*world

	// outside is how often we are not let in yet.
	outside int
	// during is called when the first object is applied, once.
	during func()
}

func (*manifests) Self(context.Context) (string, error) { return "server", nil }

func (m *manifests) Enters(_ context.Context, namespace string) (bool, error) {
	m.outside--
	return m.outside < 0, m.journal.add("enter", namespace)
}

func (m *manifests) Apply(ctx context.Context, object *unstructured.Unstructured) error {
	if during := m.during; during != nil {
		m.during = nil
		during()
	}
	return errors.Join(ctx.Err(), m.journal.add("apply", object.GetKind(), object.GetName()))
}

func (m *manifests) Remove(_ context.Context, namespace, template string, object spaces.TemplateObject) error {
	return m.journal.add("remove", object.APIVersion, object.Kind, object.Name, "of", template, "from", namespace)
}

// nobody is an Objects that does not know who it is.
type nobody struct{ *manifests }

func (nobody) Self(context.Context) (string, error) { return "", errors.New("nobody answers") }

// newFilled returns a world whose plan fills the Space.
func newFilled(edits ...func(*Plan)) (*world, *manifests) {
	w := newWorld(aPlan(append([]func(*Plan){filled}, edits...)...))
	m := &manifests{world: w}
	w.Objects = m
	return w, m
}

// filled has the plan fill the Space with two objects.
func filled(plan *Plan) {
	plan.Filling = &Filling{Template: "small", Hash: "new", Objects: []*unstructured.Unstructured{object("v1", "ConfigMap", "z"), object("apps/v1", "Deployment", "a")}}
}

func object(version, kind, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(version)
	u.SetKind(kind)
	u.SetName(name)
	return u
}

// filling are the lines of the plan of newFilled.
func filling() []string {
	return []string{"apply RoleBinding spaces-template", "enter a", "apply ConfigMap z", "apply Deployment a", "delete RoleBinding spaces-template"}
}

// each makes each line a stage.
func each(lines []string) [][]string {
	var stages [][]string
	for _, line := range lines {
		stages = append(stages, []string{line})
	}
	return stages
}

func small() *spaces.AppliedTemplate {
	return &spaces.AppliedTemplate{Name: "small", Hash: "new", Objects: []spaces.TemplateObject{
		{APIVersion: "v1", Kind: "ConfigMap", Name: "z"}, {APIVersion: "apps/v1", Kind: "Deployment", Name: "a"},
	}}
}

func TestProvisionFillsBehindGuardsAndBeforeAccess(t *testing.T) {
	w, _ := newFilled(fresh)
	done, err := w.Provision(t.Context(), w.plan.Space)
	if err != nil {
		t.Fatal(err)
	}
	guarded := [][]string{{"plan"}, slices.Concat(created(guards()...), enforced(), []string{"create ServiceAccount default"})}
	wantStages(t, w.journal.take(), slices.Concat(guarded, each(filling()), [][]string{created(accesses()...)})...)
	if diff := cmp.Diff(small(), done.(*spaces.Space).Status.Template); diff != "" {
		t.Errorf("the status says (-want +got):\n%s", diff)
	}

	w, _ = newFilled(fresh)
	w.journal.fails["apply Deployment a"] = errors.New("it is wrong")
	if _, err := w.Provision(t.Context(), w.plan.Space); err == nil {
		t.Error("there is no error")
	}
	wantStages(t, w.journal.take(), slices.Concat(guarded, each(filling()))...)
}

// Whatever happens, we do not stay in.
func TestFillLeaves(t *testing.T) {
	const enters, leaves = "apply RoleBinding spaces-template", "delete RoleBinding spaces-template"
	for name, tc := range map[string]struct {
		fails   string
		outside int
		ended   bool
		unknown bool
		want    []string
		says    string
		took    time.Duration
	}{
		"when all is applied":            {want: filling()},
		"when it had to wait":            {outside: 3, want: slices.Concat(filling()[:1], slices.Repeat([]string{"enter a"}, 3), filling()[1:]), took: 3 * admissionPoll},
		"when something is refused":      {fails: "apply ConfigMap z", want: []string{enters, "enter a", "apply ConfigMap z", leaves}, says: `apply the ConfigMap "z" of the template "small": it is wrong`},
		"when the request has ended":     {ended: true, want: []string{enters, "enter a", "apply ConfigMap z", leaves}, says: "context canceled"},
		"when it is never let in":        {outside: 1e9, says: `enter Space "a" to fill it: context deadline exceeded`, took: admissionTimeout},
		"when nobody says whether it is": {fails: "enter a", want: []string{enters, "enter a", leaves}, says: `enter Space "a" to fill it: it is wrong`},
		"when it could not come in":      {fails: enters, want: []string{enters}, says: `apply RoleBinding "spaces-template" in namespace "a": it is wrong`},
		"when it does not know who":      {unknown: true, says: `enter Space "a" to fill it: nobody answers`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, m := newFilled()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tc.ended {
					m.during = cancel
				}
				if tc.unknown {
					w.Objects = nobody{m}
				}
				m.outside, w.journal.fails[tc.fails] = tc.outside, errors.New("it is wrong")
				start := time.Now()
				got, err := w.Fill(ctx, w.plan)
				if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error is %v, want %q", err, tc.says)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("it took %v, want %v", took, tc.took)
				}
				if lines := w.journal.take(); tc.took < admissionTimeout && cmp.Diff(tc.want, lines) != "" {
					t.Errorf("what was done (-want +got):\n%s", cmp.Diff(tc.want, lines))
				}
				if names := w.bindings.names(); len(names) > 0 {
					t.Errorf("left are the RoleBindings %v", names)
				}
				if want := small(); tc.says == "" && cmp.Diff(want, got) != "" || tc.says != "" && got != nil {
					t.Errorf("filled with %+v", got)
				}
			})
		})
	}
}

// Who else fills the Space, or repairs it, may have shut us out.
func TestFillComesInAgain(t *testing.T) {
	const enters, leaves = "apply RoleBinding spaces-template", "delete RoleBinding spaces-template"
	forbidden := apierrors.NewForbidden(corev1.Resource("configmaps"), "z", errors.New("cannot patch"))
	tried := []string{enters, "enter a", "apply ConfigMap z"}
	for name, tc := range map[string]struct {
		once, always error
		want         []string
		fails        bool
	}{
		"when it was shut out":      {once: forbidden, want: slices.Concat(tried, tried, []string{"apply Deployment a", leaves})},
		"but not again and again":   {always: forbidden, want: slices.Concat(tried, tried, tried, []string{leaves}), fails: true},
		"and not for other reasons": {once: conflict(), want: append(slices.Clone(tried), leaves), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newFilled()
			if tc.once != nil {
				w.journal.once["apply ConfigMap z"] = tc.once
			}
			w.journal.fails["apply ConfigMap z"] = tc.always
			_, err := w.Fill(t.Context(), w.plan)
			if (err != nil) != tc.fails {
				t.Errorf("the error is %v, want one: %v", err, tc.fails)
			}
			if diff := cmp.Diff(tc.want, w.journal.take()); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
		})
	}
}

// Others have granted it anew, and need it still: it is not ours to take away.
func TestFillLeavesWhatIsOfOthers(t *testing.T) {
	w, m := newFilled()
	m.during = func() {
		w.bindings.lock.Lock()
		defer w.bindings.lock.Unlock()
		w.bindings.objects["spaces-template"].SetUID("of others")
	}
	if _, err := w.Fill(t.Context(), w.plan); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"spaces-template"}, w.bindings.names()); diff != "" {
		t.Errorf("RoleBindings (-want +got):\n%s", diff)
	}
}

// What was taken away while we waited to be let in is granted again.
func TestFillIsLetInAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, m := newFilled()
		m.outside = grantEvery
		if _, err := w.Fill(t.Context(), w.plan); err != nil {
			t.Error(err)
		}
		granted := slices.DeleteFunc(w.journal.take(), func(line string) bool { return line != "apply RoleBinding spaces-template" })
		if len(granted) != 2 {
			t.Errorf("it was granted %d times", len(granted))
		}
	})
}

// What could not be taken away is told, and Ensure does so.
func TestEnsureEndsFilling(t *testing.T) {
	w, _ := newFilled()
	w.journal.once["delete RoleBinding spaces-template"] = errors.New("it is wrong")
	if _, err := w.Fill(t.Context(), w.plan); err == nil || !strings.Contains(err.Error(), `delete RoleBinding "spaces-template" in namespace "a": it is wrong`) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"spaces-template"}, w.bindings.names()); diff != "" {
		t.Fatalf("RoleBindings (-want +got):\n%s", diff)
	}
	if err := w.Ensure(t.Context(), w.plan); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"spaces:owner", "spaces:role:view"}, w.bindings.names()); diff != "" {
		t.Errorf("RoleBindings (-want +got):\n%s", diff)
	}
}

// What has come from the template is kept only if it is to be there still.
func TestFillDeletesWhatLeft(t *testing.T) {
	before := func(objects ...spaces.TemplateObject) *spaces.AppliedTemplate {
		return &spaces.AppliedTemplate{Name: "large", Hash: "old", Objects: objects}
	}
	for name, tc := range map[string]struct {
		before *spaces.AppliedTemplate
		want   []string
	}{
		"nothing of what was never filled": {},
		"nothing of what is the same":      {before: small()},
		"nothing of what has another version": {before: before(
			spaces.TemplateObject{APIVersion: "apps/v1beta1", Kind: "Deployment", Name: "a"}, spaces.TemplateObject{APIVersion: "v2", Kind: "ConfigMap", Name: "z"})},
		"what is of another group, kind or name": {
			before: before(spaces.TemplateObject{APIVersion: "extensions/v1", Kind: "Deployment", Name: "a"}, spaces.TemplateObject{APIVersion: "v1", Kind: "Service", Name: "z"},
				spaces.TemplateObject{APIVersion: "v1", Kind: "ConfigMap", Name: "z"}, spaces.TemplateObject{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}),
			want: []string{"remove extensions/v1 Deployment a of large from a", "remove v1 Service z of large from a", "remove v1 ConfigMap a of large from a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newFilled(func(plan *Plan) { plan.Space.Status.Template = tc.before })
			got, err := w.Fill(t.Context(), w.plan)
			if err != nil {
				t.Fatal(err)
			}
			all := filling()
			want := slices.Concat(all[:4], tc.want, all[4:])
			if diff := cmp.Diff(want, w.journal.take()); diff != "" {
				t.Errorf("what was done (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(small(), got); diff != "" {
				t.Errorf("filled with (-want +got):\n%s", diff)
			}
			for _, line := range tc.want {
				w.journal.fails[line] = errors.New("it is wrong")
				got, err := w.Fill(t.Context(), w.plan)
				if err == nil || got == nil || got.Hash != "old" || !containsAll(got.Objects, tc.before.Objects, small().Objects) {
					t.Errorf("without %s, filled with %+v: %v", line, got, err)
				}
			}
		})
	}
}

// containsAll tells whether all of those objects are among them.
func containsAll(objects []spaces.TemplateObject, wanted ...[]spaces.TemplateObject) bool {
	for _, want := range slices.Concat(wanted...) {
		if !isAmong(want, objects) {
			return false
		}
	}
	return true
}

// What was applied before something could not be is known, so that it goes with the rest.
func TestFillTellsHowFarItCame(t *testing.T) {
	for name, tc := range map[string]struct {
		before, want *spaces.AppliedTemplate
		fails        int
	}{
		"nothing, of a new one":       {fails: 0},
		"one object, of a new one":    {fails: 1, want: &spaces.AppliedTemplate{Name: "small", Objects: small().Objects[:1]}},
		"one object more than before": {fails: 1, before: &spaces.AppliedTemplate{Name: "small", Hash: "old"}, want: &spaces.AppliedTemplate{Name: "small", Hash: "old", Objects: small().Objects[:1]}},
		"no object more than before":  {fails: 1, before: &spaces.AppliedTemplate{Name: "small", Hash: "old", Objects: small().Objects}},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := newFilled(func(plan *Plan) { plan.Space.Status.Template = tc.before })
			w.journal.fails[filling()[2+tc.fails]] = errors.New("it is wrong")
			got, err := w.Fill(t.Context(), w.plan)
			if err == nil {
				t.Fatal("there is no error")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("filled with (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFillWithNothing(t *testing.T) {
	w, _ := newFilled(func(plan *Plan) { plan.Filling, plan.Space.Status.Template = nil, small() })
	got, err := w.Fill(t.Context(), w.plan)
	if lines := w.journal.take(); got != nil || err != nil || len(lines) > 0 {
		t.Errorf("done is %v, filled with %+v: %v", lines, got, err)
	}
}
