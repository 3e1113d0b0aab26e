// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package storm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// charge is what a namespace, or a budget, says: CPUs are counted in thousandths.
type charge struct {
	account string
	cpu     int64
}

// moment is what one namespace has come to say at a revision. It is read without any code of the server's.
type moment struct {
	revision uint64
	at       time.Time
	name     string
	// granted, held and claimed are what the Space has, may still take, and asks for; nil for nothing.
	granted, held, claimed *charge
	// phase is that of the Space, as it is stored.
	phase string
	// budget is that of an account's home, or of the cluster.
	budget *budgetSaid
	// enforced is what the ResourceQuota of the namespace says; only moments of those have it.
	enforced    *int64
	ofQuota     bool
	gone        bool
	terminating bool
}

// budgetSaid is a budget by the account that has it; cpu in thousandths.
type budgetSaid struct {
	account     string
	spaces, cpu int64
}

// recorder keeps all that happens to namespaces, and to ResourceQuotas, in two lines.
type recorder struct {
	lock               sync.Mutex
	namespaces, quotas []moment
	broken             error
}

// record begins to follow the cluster. What is there is the beginning.
func record(t *testing.T, s *stage) *recorder {
	t.Helper()
	r := &recorder{}
	namespaces := must(s.admin.Kube.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{}))(t)
	for i := range namespaces.Items {
		r.namespaces = append(r.namespaces, momentOf(&namespaces.Items[i], false))
	}
	quotas := must(s.admin.Kube.CoreV1().ResourceQuotas("").List(t.Context(), metav1.ListOptions{}))(t)
	long := int64(7200)
	r.follow(t, &r.namespaces, must(s.admin.Kube.CoreV1().Namespaces().Watch(t.Context(),
		metav1.ListOptions{ResourceVersion: namespaces.ResourceVersion, TimeoutSeconds: &long}))(t))
	r.follow(t, &r.quotas, must(s.admin.Kube.CoreV1().ResourceQuotas("").Watch(t.Context(),
		metav1.ListOptions{ResourceVersion: quotas.ResourceVersion, TimeoutSeconds: &long}))(t))
	return r
}

func (r *recorder) follow(t *testing.T, line *[]moment, events watch.Interface) {
	t.Helper()
	t.Cleanup(events.Stop)
	go func() {
		for event := range events.ResultChan() {
			var m moment
			switch object := event.Object.(type) {
			case *corev1.Namespace:
				m = momentOf(object, event.Type == watch.Deleted)
			case *corev1.ResourceQuota:
				m = quotaMoment(object, event.Type == watch.Deleted)
			default:
				r.fail(fmt.Errorf("a watch of the test has told of %v: %v", event.Type, object))
				return
			}
			r.lock.Lock()
			*line = append(*line, m)
			r.lock.Unlock()
		}
		if t.Context().Err() == nil {
			r.fail(errors.New("a watch of the test has ended"))
		}
	}()
}

func (r *recorder) fail(err error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.broken = err
}

// all returns what was recorded.
func (r *recorder) all() (namespaces, quotas []moment, err error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	return append([]moment(nil), r.namespaces...), append([]moment(nil), r.quotas...), r.broken
}

const prefix = "spaces.tenancy.example.io/"

func momentOf(namespace *corev1.Namespace, gone bool) moment {
	m := moment{name: namespace.Name, at: time.Now(), gone: gone, terminating: namespace.DeletionTimestamp != nil}
	m.revision, _ = strconv.ParseUint(namespace.ResourceVersion, 10, 64)
	if gone {
		return m
	}
	account, isHome := strings.CutPrefix(namespace.Name, "account-")
	if isHome || namespace.Name == "spaces-system" {
		if !isHome {
			account = theCluster
		}
		m.budget = budgetOf(account, namespace.Annotations[prefix+"object"])
		return m
	}
	m.granted, m.phase = chargeOfSpace(namespace.Annotations[prefix+"object"])
	m.held = chargeOf(namespace.Annotations[prefix+"held"])
	m.claimed = chargeOf(namespace.Annotations[prefix+"claim"])
	if m.granted == nil {
		m.claimed, _ = chargeOfSpace(namespace.Annotations[prefix+"new"])
	}
	return m
}

func quotaMoment(quota *corev1.ResourceQuota, gone bool) moment {
	m := moment{name: quota.Namespace, at: time.Now(), gone: gone, ofQuota: true}
	m.revision, _ = strconv.ParseUint(quota.ResourceVersion, 10, 64)
	if !gone {
		cpu := quota.Spec.Hard[corev1.ResourceRequestsCPU]
		m.enforced = new(cpu.MilliValue())
	}
	return m
}

// said is the part of what is stored that the test reads.
type said struct {
	Account string
	Quota   struct{ Hard corev1.ResourceList }
}

func (s said) charge() *charge {
	cpu := s.Quota.Hard[corev1.ResourceRequestsCPU]
	return &charge{s.Account, cpu.MilliValue()}
}

func chargeOf(text string) *charge {
	var one said
	if text == "" || json.Unmarshal([]byte(text), &one) != nil {
		return nil
	}
	return one.charge()
}

func chargeOfSpace(text string) (*charge, string) {
	var one struct {
		Spec   said
		Status struct{ Phase string }
	}
	if text == "" || json.Unmarshal([]byte(text), &one) != nil {
		return nil, ""
	}
	return one.Spec.charge(), one.Status.Phase
}

func budgetOf(account, text string) *budgetSaid {
	var one struct{ Spec said }
	if text == "" || json.Unmarshal([]byte(text), &one) != nil {
		return nil
	}
	spaces := one.Spec.Quota.Hard["spaces"]
	return &budgetSaid{account, spaces.Value(), one.Spec.charge().cpu}
}
