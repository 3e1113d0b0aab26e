// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// limitedTo returns a Space with this quota, which may be nil.
func limitedTo(hard corev1.ResourceList) *spaces.Space {
	space := &spaces.Space{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	if hard != nil {
		space.Spec.Quota = &spaces.Quota{Hard: hard}
	}
	return space
}

func TestResourceQuotas(t *testing.T) {
	quota := func(hard corev1.ResourceList) []*applycorev1.ResourceQuotaApplyConfiguration {
		return []*applycorev1.ResourceQuotaApplyConfiguration{
			applycorev1.ResourceQuota("spaces", "a").
				WithLabels(map[string]string{"app.kubernetes.io/managed-by": "spaces", "spaces.tenancy.example.io/managed": "true"}).
				WithSpec(applycorev1.ResourceQuotaSpec().WithHard(hard)),
		}
	}
	for name, tc := range map[string]struct {
		hard corev1.ResourceList
		want []*applycorev1.ResourceQuotaApplyConfiguration
	}{
		"a Space without a quota":       {hard: nil, want: nil},
		"a quota that names nothing":    {hard: amounts(), want: nil},
		"a quota":                       {hard: amounts("cpu", "2", "pods", "5"), want: quota(amounts("cpu", "2", "pods", "5"))},
		"a quota of zero":               {hard: amounts("pods", "0"), want: quota(amounts("pods", "0"))},
		"less than can be told is more": {hard: amounts("cpu", "100u"), want: quota(amounts("cpu", "1m"))},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, resourceQuotas(limitedTo(tc.hard))); diff != "" {
				t.Errorf("ResourceQuotas (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLimitRanges(t *testing.T) {
	for name, tc := range map[string]struct {
		hard             corev1.ResourceList
		requests, limits corev1.ResourceList // none of both means no LimitRange
	}{
		"no quota":                        {hard: nil},
		"a quota that asks for no amount": {hard: amounts("pods", "5", "requests.storage", "5Gi", "requests.nvidia.com/gpu", "1")},
		"requests":                        {hard: amounts("requests.cpu", "2", "requests.memory", "4Gi"), requests: amounts("cpu", "100m", "memory", "128Mi")},
		"requests by their short names":   {hard: amounts("cpu", "2", "ephemeral-storage", "9Gi"), requests: amounts("cpu", "100m", "ephemeral-storage", "1Gi")},
		"limits have requests below them": {hard: amounts("limits.cpu", "2"), requests: amounts("cpu", "100m"), limits: amounts("cpu", "500m")},
		"everything": {
			hard: amounts("requests.cpu", "2", "requests.memory", "4Gi", "requests.ephemeral-storage", "9Gi",
				"limits.cpu", "4", "limits.memory", "8Gi", "limits.ephemeral-storage", "9Gi"),
			requests: amounts("cpu", "100m", "memory", "128Mi", "ephemeral-storage", "1Gi"),
			limits:   amounts("cpu", "500m", "memory", "512Mi", "ephemeral-storage", "2Gi"),
		},
		"a quota below what is usual":        {hard: amounts("requests.cpu", "50m", "limits.cpu", "200m"), requests: amounts("cpu", "50m"), limits: amounts("cpu", "200m")},
		"limits below the requests":          {hard: amounts("requests.cpu", "2", "limits.cpu", "60m"), requests: amounts("cpu", "60m"), limits: amounts("cpu", "60m")},
		"two names of the same thing":        {hard: amounts("requests.memory", "64Mi", "memory", "32Mi"), requests: amounts("memory", "32Mi")},
		"no requests at all":                 {hard: amounts("requests.cpu", "0", "limits.cpu", "1"), requests: amounts("cpu", "0"), limits: amounts("cpu", "500m")},
		"no limits at all, so that none fit": {hard: amounts("requests.cpu", "1", "limits.cpu", "0"), requests: amounts("cpu", "100m")},
	} {
		t.Run(name, func(t *testing.T) {
			requests, limits := defaults(limitRanges(limitedTo(tc.hard)))
			if diff := cmp.Diff([]corev1.ResourceList{tc.requests, tc.limits}, []corev1.ResourceList{requests, limits}); diff != "" {
				t.Errorf("requests and limits (-want +got):\n%s", diff)
			}
		})
	}
}

// defaults returns what a container gets by the LimitRanges.
func defaults(ranges []*applycorev1.LimitRangeApplyConfiguration) (requests, limits corev1.ResourceList) {
	for _, limitRange := range ranges {
		for _, item := range limitRange.Spec.Limits {
			if item.DefaultRequest != nil {
				requests = *item.DefaultRequest
			}
			if item.Default != nil {
				limits = *item.Default
			}
		}
	}
	return requests, limits
}

// Whatever the quota: a pod of one container that asks for nothing is one that the kube-apiserver admits, unless the
// quota leaves no limit to give.
func TestDefaultsFitIntoTheQuota(t *testing.T) {
	names := []corev1.ResourceName{"cpu", "memory", "ephemeral-storage"}
	quantities := []string{"1m", "1", "100m", "130M", "500m", "600Mi", "3Gi", "40", "1k"}
	for i := range 1000 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		hard := corev1.ResourceList{}
		for _, name := range names {
			for _, prefix := range []corev1.ResourceName{"", "requests.", "limits."} {
				if random.IntN(2) == 0 {
					hard[prefix+name] = resource.MustParse(quantities[random.IntN(len(quantities))])
				}
			}
		}
		requests, limits := defaults(limitRanges(limitedTo(hard)))
		for _, name := range names {
			if err := fits(name, hard, requests, limits); err != nil {
				t.Errorf("With the quota %v, a container requests %v and has the limits %v: %v", hard, requests, limits, err)
			}
		}
	}
}

func fits(name corev1.ResourceName, hard, requests, limits corev1.ResourceList) error {
	request, requested := requests[name]
	limit, limited := limits[name]
	for bound, given := range map[corev1.ResourceName]resource.Quantity{name: request, "requests." + name: request, "limits." + name: limit} {
		most, ok := hard[bound]
		switch {
		case ok && given.IsZero():
			return fmt.Errorf("%s is missing", bound)
		case ok && given.Cmp(most) > 0:
			return fmt.Errorf("%s is too much", bound)
		}
	}
	if limited && (!requested || request.Cmp(limit) > 0) {
		return fmt.Errorf("the request of %s is not within its limit", name)
	}
	return nil
}

// Who was stopped for long finds that the Space is another one, or that its quota was written since, and writes nothing.
func TestQuotaOfAChangedSpaceIsNotWritten(t *testing.T) {
	for name, harm := range map[string]func(*world){
		"it is there":          func(w *world) { w.quotas.objects["spaces"].Spec.Hard = amounts("pods", "1") },
		"it is not there":      func(w *world) { delete(w.quotas.objects, "spaces") },
		"it is said by others": func(w *world) { w.journal.fails["apply ResourceQuota spaces"] = conflict() },
	} {
		t.Run(name, func(t *testing.T) {
			w := ensured(t, aPlan())
			harm(w)
			before := w.quotas.objects["spaces"]
			if name != "it is said by others" {
				w.changed = conflict()
			}
			if err := w.Ensure(t.Context(), w.plan); !apierrors.IsConflict(err) {
				t.Errorf("error: %v, want a conflict", err)
			}
			if diff := cmp.Diff(before, w.quotas.objects["spaces"]); diff != "" {
				t.Errorf("the quota has changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestFree(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, status map[string]string
		gone, want   bool
	}{
		"there is none":              {gone: true, want: true},
		"it is small enough":         {spec: map[string]string{"pods": "5"}, status: map[string]string{"pods": "4"}, want: true},
		"it allows more":             {spec: map[string]string{"pods": "6"}},
		"it has allowed more so far": {spec: map[string]string{"pods": "5"}, status: map[string]string{"pods": "6"}},
		"it says nothing of it":      {spec: map[string]string{"secrets": "6"}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := ensured(t, aPlan())
			quota := w.quotas.objects["spaces"]
			quota.Spec.Hard, quota.Status.Hard = listOf(tc.spec), listOf(tc.status)
			if tc.gone {
				delete(w.quotas.objects, "spaces")
			}
			space := w.plan.Space.DeepCopy()
			space.ResourceVersion = "77"
			got, err := w.Free(t.Context(), space)
			if err != nil || got != tc.want {
				t.Errorf("free: %v, %v, want %v", got, err, tc.want)
			}
			if touched := w.quotas.objects["spaces"]; !tc.gone && (touched.Annotations["spaces.tenancy.example.io/freed"] == "77") != tc.want {
				t.Errorf("its annotations are %v", touched.Annotations)
			}
		})
	}
}

func listOf(texts map[string]string) corev1.ResourceList {
	var pairs []string
	for name, amount := range texts {
		pairs = append(pairs, name, amount)
	}
	return amounts(pairs...)
}
