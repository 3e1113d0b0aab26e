// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	eventrecord "k8s.io/client-go/tools/record"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/quota"
)

// reasonExceededQuota is the reason of the Event about a refusal.
const reasonExceededQuota = "ExceededQuota"

// refusalsTotal counts refusals, by whose budget it was and what was too little.
var refusalsTotal = metrics.NewCounterVec(&metrics.CounterOpts{
	Namespace: "spaces", Subsystem: "quota", Name: "refusals_total",
	Help:           "Number of Spaces, or changes of Spaces, for which a budget had too little left, by the kind of the budget (account or cluster) and the resource.",
	StabilityLevel: metrics.ALPHA,
}, []string{"budget", "resource"})

var registerMetrics = sync.OnceFunc(func() { legacyregistry.MustRegister(refusalsTotal) })

// refusals tell of what was refused: by an Event in the home of the account, or in the system namespace, and by a metric. They
// are safe for concurrent use.
type refusals struct {
	broadcaster eventrecord.EventBroadcaster
	recorder    eventrecord.EventRecorder
}

// newRefusals returns refusals that are told once run is called. Those that are alike become one Event.
func newRefusals() refusals {
	registerMetrics()
	broadcaster := eventrecord.NewBroadcaster()
	return refusals{broadcaster, broadcaster.NewRecorder(Scheme, corev1.EventSource{Component: provisioning.FieldManager})}
}

// run writes Events until the broadcaster is shut down.
func (r refusals) run(client kubernetes.Interface) {
	r.broadcaster.StartRecordingToSink(&coreclient.EventSinkImpl{Interface: client.CoreV1().Events("")})
}

// tell tells that the Space was refused.
func (r refusals) tell(space string, exceeded *quota.ExceededError) {
	about, budget := corev1.ObjectReference{
		APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "ClusterQuota", Name: spacesapi.ClusterQuotaName,
		Namespace: spacesapi.SystemNamespace,
	}, "cluster"
	if exceeded.Account != "" {
		about.Kind, about.Name, about.Namespace = "Account", exceeded.Account, spacesapi.AccountHome(exceeded.Account)
		budget = "account"
	}
	for _, shortage := range exceeded.Shortages {
		refusalsTotal.WithLabelValues(budget, string(shortage.Resource)).Inc()
	}
	r.recorder.Eventf(&about, corev1.EventTypeWarning, reasonExceededQuota, "Space %q was refused: %v", space, exceeded)
}
