// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func shortage(name corev1.ResourceName, asked, used, hard string) Shortage {
	return Shortage{Resource: name, Asked: resource.MustParse(asked), Used: resource.MustParse(used), Hard: resource.MustParse(hard)}
}

func TestRefusal(t *testing.T) {
	const isForbidden = `spaces.spaces.tenancy.example.io "web" is forbidden: `
	cpu, spaces := shortage("requests.cpu", "4", "19", "20"), shortage("spaces", "1", "12", "10")
	cpuCause := metav1.StatusCause{Type: "QuotaExceeded", Message: "requests.cpu: asked for 4, left 1 of 20", Field: "spec.quota.hard[requests.cpu]"}
	for name, tc := range map[string]struct {
		exceeded   *ExceededError
		contact    string
		want       string
		wantCauses []metav1.StatusCause
	}{
		"of an account": {
			exceeded: &ExceededError{Account: "team-a", Shortages: []Shortage{cpu}}, contact: "sre@example.org",
			want:       `exceeded quota of account "team-a": requests.cpu: asked for 4, left 1 of 20; ask sre@example.org for more`,
			wantCauses: []metav1.StatusCause{cpuCause},
		},
		"of the cluster": {
			exceeded: &ExceededError{Shortages: []Shortage{cpu}}, contact: "#platform",
			want:       "exceeded quota of the cluster: requests.cpu: asked for 4, left 1 of 20; ask #platform for more",
			wantCauses: []metav1.StatusCause{cpuCause},
		},
		"nobody to ask, and a number of Spaces": {
			exceeded:   &ExceededError{Account: "team-a", Shortages: []Shortage{cpu, spaces}},
			want:       `exceeded quota of account "team-a": requests.cpu: asked for 4, left 1 of 20; spaces: asked for 1, left 0 of 10; ask its administrator for more`,
			wantCauses: []metav1.StatusCause{cpuCause, {Type: "QuotaExceeded", Message: "spaces: asked for 1, left 0 of 10"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := metav1.Status{
				Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: isForbidden + tc.want,
				Details: &metav1.StatusDetails{Group: "spaces.tenancy.example.io", Kind: "spaces", Name: "web", Causes: tc.wantCauses},
			}
			if diff := cmp.Diff(want, tc.exceeded.Refusal("web", tc.contact).Status()); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}
