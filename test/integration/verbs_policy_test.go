// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"net/http"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/test/cluster"
)

// policy is a ValidatingAdmissionPolicy on one resource.
type policy struct {
	name       string
	rule       admissionregistrationv1.Rule
	operations []admissionregistrationv1.OperationType
	condition  string // in which it applies
	expression string
	message    string
}

// enforce creates the policy, and has it deny.
func (p policy) enforce(t *testing.T, admin cluster.Clients) {
	t.Helper()
	admission := admin.Kube.AdmissionregistrationV1()
	must(admission.ValidatingAdmissionPolicies().Create(t.Context(), &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: p.name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
					RuleWithOperations: admissionregistrationv1.RuleWithOperations{Operations: p.operations, Rule: p.rule},
				}},
			},
			MatchConditions: []admissionregistrationv1.MatchCondition{{Name: "ours", Expression: p.condition}},
			Validations:     []admissionregistrationv1.Validation{{Expression: p.expression, Message: p.message}},
		},
	}, metav1.CreateOptions{}))(t)
	must(admission.ValidatingAdmissionPolicyBindings().Create(t.Context(), &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: p.name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        p.name,
			ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}, metav1.CreateOptions{}))(t)
}

// awaitDenial waits until a policy denies the dry creation.
func awaitDenial(t *testing.T, who caller, creation call) {
	t.Helper()
	eventually(t, "the policy is known", func(ctx context.Context) error {
		if got := who.send(ctx, t, creation); got.code == http.StatusCreated {
			return errors.New("it is not")
		}
		return nil
	})
}

func resources(group, resource string) admissionregistrationv1.Rule {
	return admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}}
}

// A policy of the cluster on Spaces applies, as it would to a built-in kind.
func TestVerbsObeyPoliciesOnSpaces(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "verbs-policy-alice", devs), shared.Admin(t)
	policy{
		name:       "verbs-policy",
		rule:       resources("spaces.tenancy.example.io", "spaces"),
		operations: []admissionregistrationv1.OperationType{"CREATE", "UPDATE", "DELETE"},
		condition:  `(request.operation == "DELETE" ? oldObject : object).metadata.name.startsWith("verbs-policy-")`,
		expression: `request.operation == "DELETE" ? !oldObject.metadata.name.endsWith("-kept") : has(object.spec.ttl) && object.spec.ttl != "0s"`,
		message:    "every Space needs an end",
	}.enforce(t, admin)
	denied := refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid,
		message: []string{"ValidatingAdmissionPolicy 'verbs-policy' with binding 'verbs-policy' denied request: every Space needs an end"}}
	dry := call{method: "POST", path: "?dryRun=All", body: spaceFields("verbs-policy-probe", nil, nil).String()}
	awaitDenial(t, alice, dry)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			name := "verbs-policy-new"
			if !way.creates {
				name = alice.space(t, unique("verbs-policy"), withTTL("2h")).Name
			}
			alice.do(t, way.call(name, spaceFields(name, nil, members{"ttl": "0s"}))).refused(t, denied)
		})
	}
	t.Run("renew", func(t *testing.T) {
		name := alice.space(t, unique("verbs-policy"), withTTL("2h")).Name
		alice.do(t, call{method: "POST", path: "/" + name + "/renew", body: `{"kind":"SpaceRenewal","apiVersion":"spaces.tenancy.example.io/v1alpha1","spec":{"ttl":"0s"}}`}).refused(t, denied)
	})
	if left := namespaces(t, "verbs-policy-new"); len(left) > 0 {
		t.Errorf("there are %q", left)
	}
	kept := alice.space(t, "verbs-policy-kept", withTTL("2h")).Name
	alice.do(t, call{method: "DELETE", path: "/" + kept}).refused(t, denied)
	alice.do(t, call{method: "DELETE", path: "/" + kept + "?dryRun=All"}).refused(t, denied)
	alice.do(t, call{method: "DELETE", path: "?fieldSelector=metadata.name%3D" + kept}).refused(t, denied)
	if got := namespace(t, kept); got.DeletionTimestamp != nil {
		t.Error("it was deleted all the same")
	}
}

// What the cluster says against the namespace is said about the Space.
func TestVerbsObeyPoliciesOnNamespaces(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "verbs-behind-alice", devs), shared.Admin(t)
	policy{
		name:       "verbs-behind",
		rule:       resources("", "namespaces"),
		operations: []admissionregistrationv1.OperationType{"CREATE"},
		condition:  `object.metadata.name.startsWith("verbs-behind-")`,
		expression: "false",
		message:    "no more namespaces",
	}.enforce(t, admin)
	probe := call{method: "POST", path: "/api/v1/namespaces?dryRun=All", body: `{"metadata":{"name":"verbs-behind-probe"}}`}
	awaitDenial(t, caller{Clients: admin}, probe)
	for _, way := range ways {
		if !way.creates || way.dry {
			continue
		}
		got := alice.do(t, way.call("verbs-behind-a", spaceFields("verbs-behind-a", nil, nil)))
		got.refused(t, refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid,
			message: []string{`spaces.spaces.tenancy.example.io "verbs-behind-a" is forbidden`, "no more namespaces"}})
		if details := got.status(t).Details; details == nil || details.Name != "verbs-behind-a" || details.Kind != "spaces" {
			t.Errorf("%s: %s", way.name, got.body)
		}
	}
}

// If what belongs into a Space is refused, there is no Space, and the caller is told why.
func TestVerbsObeyPoliciesOnContents(t *testing.T) {
	t.Parallel()
	alice, admin := newCaller(t, "verbs-inside-alice", devs), shared.Admin(t)
	policy{
		name:       "verbs-inside",
		rule:       resources("rbac.authorization.k8s.io", "rolebindings"),
		operations: []admissionregistrationv1.OperationType{"CREATE"},
		condition:  `request.namespace.startsWith("verbs-inside-")`,
		expression: "false",
		message:    "no more bindings",
	}.enforce(t, admin)
	createNamespace(t, admin, "verbs-inside-probe", nil)
	probe := call{method: "POST", path: "/apis/rbac.authorization.k8s.io/v1/namespaces/verbs-inside-probe/rolebindings?dryRun=All",
		body: `{"metadata":{"name":"probe"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}}`}
	awaitDenial(t, caller{Clients: admin}, probe)
	for _, way := range ways {
		if !way.creates || way.dry {
			continue
		}
		for _, who := range []caller{alice, {Clients: admin, name: "admin"}} {
			t.Run(way.name+" by "+who.name, func(t *testing.T) {
				name := unique("verbs-inside")
				got := who.do(t, way.call(name, spaceFields(name, nil, nil)))
				got.refused(t, refusal{code: http.StatusUnprocessableEntity, reason: metav1.StatusReasonInvalid, message: []string{"no more bindings"}})
				if behind := namespaceOrNone(t, name); behind != nil && behind.DeletionTimestamp == nil {
					t.Error("the namespace is still there")
				}
			})
		}
	}
}
