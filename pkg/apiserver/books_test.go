// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/quota"
)

// budget returns a budget of so many pods.
func budget(pods string) *spacesapi.Quota {
	return &spacesapi.Quota{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse(pods)}}
}

// A budget is that of the namespace that says it, and goes with it.
func TestBooksForgetBudgetsOfWhatGoes(t *testing.T) {
	for name, leave := range map[string]func(*books, *corev1.Namespace){
		"it is deleted":              func(b *books, namespace *corev1.Namespace) { b.remove(namespace) },
		"it is not listed any more":  func(b *books, _ *corev1.Namespace) { b.replace(nil, 9) },
		"it says nothing any longer": func(b *books, namespace *corev1.Namespace) { b.setBudget(bare(namespace.Name)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(newLedger(nil), listeners{func(string) {}, func(string) {}})
			home := homeOf(t, "red", spacesapi.AccountSpec{Quota: budget("1")})
			system := bare(spacesapi.SystemNamespace)
			system.Annotations = map[string]string{spacesapi.AnnotationObject: `{"spec":{"quota":{"hard":{"pods":"2"}}}}`}
			b.setBudget(home)
			b.setBudget(system)
			if diff := cmp.Diff(quota.Amounts(budget("1").Hard), b.ledger.Account("red").Hard); diff != "" {
				t.Fatalf("budget of the account (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(quota.Amounts(budget("2").Hard), b.ledger.Cluster().Hard); diff != "" {
				t.Fatalf("budget of the cluster (-want +got):\n%s", diff)
			}
			leave(b, home)
			leave(b, system)
			if account, cluster := b.ledger.Account("red").Hard, b.ledger.Cluster().Hard; len(account)+len(cluster) > 0 {
				t.Errorf("left are %v of the account and %v of the cluster", account, cluster)
			}
		})
	}
}

// What follows from the nodes is what the status says, for everybody.
func TestBudgetIn(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want map[corev1.ResourceName]string
	}{
		"nothing":                      {},
		"what cannot be read":          {text: "{"},
		"no budget":                    {text: `{"spec":{},"status":{"quota":{"hard":{"pods":"5"}}}}`},
		"amounts":                      {text: `{"spec":{"quota":{"hard":{"pods":"5"}}},"status":{"quota":{"hard":{"pods":"6"}}}}`, want: map[corev1.ResourceName]string{"pods": "5"}},
		"parts that are not known yet": {text: `{"spec":{"overcommit":{"requests.cpu":"50%"}}}`, want: map[corev1.ResourceName]string{"requests.cpu": "0"}},
		"parts, and amounts":           {text: `{"spec":{"quota":{"hard":{"pods":"5"}},"overcommit":{"requests.cpu":"50%"}},"status":{"quota":{"hard":{"requests.cpu":"3","secrets":"1"}}}}`, want: map[corev1.ResourceName]string{"pods": "5", "requests.cpu": "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, texts(budgetIn(tc.text))); diff != "" {
				t.Errorf("budget (-want +got):\n%s", diff)
			}
		})
	}
}

// Only what was not granted when it was heard of is born, and only once.
func TestBooksKnowWhatIsBorn(t *testing.T) {
	b := newBooks(newLedger(nil), listeners{func(string) {}, func(string) {}})
	says := func(name string, annotations map[string]string) {
		must(t, b.set(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "1", Annotations: annotations}}))
	}
	const text = `{"spec":{"account":"team"}}`
	says("new", map[string]string{spacesapi.AnnotationNew: text})
	says("new", map[string]string{spacesapi.AnnotationObject: text})
	says("found", map[string]string{spacesapi.AnnotationObject: text})
	says("grown", map[string]string{spacesapi.AnnotationObject: text, spacesapi.AnnotationClaim: `{"account":"team"}`})
	says("gone", map[string]string{spacesapi.AnnotationNew: text})
	b.remove(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gone"}})
	for name, want := range map[string]bool{"new": true, "found": false, "grown": false, "gone": false} {
		if got := b.born(name); got != want {
			t.Errorf("%s is born: %v, want %v", name, got, want)
		}
		if b.born(name) {
			t.Errorf("%s is born again", name)
		}
	}
}

// Who is charged is told when what is charged becomes another amount, or that of somebody else; not when the Space says the
// same again, as it does with each change of anything else.
func TestBooksTellWhoIsChargedSomethingElse(t *testing.T) {
	var told []string
	b := newBooks(newLedger(nil), listeners{func(string) {}, func(name string) { told = append(told, name) }})
	revision := 0
	for _, step := range []struct {
		what, text string
		want       []string
	}{
		{"a Space", `{"spec":{"account":"red","quota":{"hard":{"pods":"1"}}}}`, []string{"spaces-system", "account-red"}},
		{"another label", `{"metadata":{"labels":{"a":"b"}},"spec":{"account":"red","quota":{"hard":{"pods":"1"}}}}`, nil},
		{"the same amount, in other words", `{"spec":{"account":"red","quota":{"hard":{"pods":"1000m"}}}}`, nil},
		{"another amount", `{"spec":{"account":"red","quota":{"hard":{"pods":"2"}}}}`, []string{"spaces-system", "account-red", "account-red"}},
		{"another account", `{"spec":{"account":"blue","quota":{"hard":{"pods":"2"}}}}`, []string{"spaces-system", "account-red", "account-blue"}},
		{"nothing any more", "", []string{"spaces-system", "account-blue"}},
		{"nothing, as before", "", nil},
	} {
		told = nil
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "one", ResourceVersion: strconv.Itoa(revision)}}
		revision++
		if step.text == "" {
			b.remove(namespace)
		} else {
			namespace.Annotations = map[string]string{spacesapi.AnnotationObject: step.text}
			must(t, b.set(namespace))
		}
		if diff := cmp.Diff(step.want, told, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +told):\n%s", step.what, diff)
		}
	}
}
