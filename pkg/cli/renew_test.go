// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// later is when the renewed Spaces of these tests expire: so late that everybody reads the same days.
var later = metav1.Date(2126, 11, 20, 10, 0, 0, 0, time.UTC)

// newRenewer starts a server that renews every Space until later, or for ever if it is asked for 0s.
func newRenewer(t *testing.T) *server {
	t.Helper()
	var s *server
	s = newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked := s.requests[len(s.requests)-1].Renewal
		if asked.Spec.TTL == nil || *asked.Spec.TTL != "0s" {
			asked.Status.ExpiresAt = &later
		}
		answer(w, http.StatusCreated, asked)
	})
	return s
}

func TestRenew(t *testing.T) {
	const renewed = "space.spaces.tenancy.example.io/dev renewed"
	path, dryRun := spacesPath+"/dev/renew", url.Values{"dryRun": {"All"}}
	for name, tc := range map[string]struct {
		args      []string
		want      string
		wantAsked []request
	}{
		"keeps the ttl":               {args: []string{"dev"}, want: renewed + ": expires in NNN (2126-11-20T10:00:00Z)\n", wantAsked: []request{{Path: path}}},
		"takes what -o name prints":   {args: []string{"space/dev"}, want: renewed + ": expires in NNN (2126-11-20T10:00:00Z)\n", wantAsked: []request{{Path: path}}},
		"changes the ttl":             {args: []string{"dev", "--ttl=2h"}, want: renewed + ": expires in NNN (2126-11-20T10:00:00Z)\n", wantAsked: []request{{Path: path, Renewal: v1alpha1.SpaceRenewal{Spec: v1alpha1.SpaceRenewalSpec{TTL: new(v1alpha1.Duration("2h"))}}}}},
		"for ever":                    {args: []string{"dev", "--ttl=0s"}, want: renewed + ": never expires\n", wantAsked: []request{{Path: path, Renewal: v1alpha1.SpaceRenewal{Spec: v1alpha1.SpaceRenewalSpec{TTL: new(v1alpha1.Duration("0s"))}}}}},
		"the server only tries":       {args: []string{"dev", "--dry-run=server"}, want: renewed + ": expires in NNN (2126-11-20T10:00:00Z) (server dry run)\n", wantAsked: []request{{Path: path, Query: dryRun}}},
		"no server is asked":          {args: []string{"dev", "--dry-run=client"}, want: renewed + " (dry run)\n"},
		"prints the name of a Space":  {args: []string{"dev", "-o", "name"}, want: "space.spaces.tenancy.example.io/dev\n", wantAsked: []request{{Path: path}}},
		"prints what a script needs":  {args: []string{"dev", "-o", "jsonpath={.status.expiresAt}"}, want: "2126-11-20T10:00:00Z", wantAsked: []request{{Path: path}}},
		"prints what would be posted": {args: []string{"dev", "--ttl=1h", "--dry-run=client", "-o", "yaml"}, want: "apiVersion: spaces.tenancy.example.io/v1alpha1\nkind: SpaceRenewal\nmetadata:\n  name: dev\nspec:\n  ttl: 1h\nstatus: {}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRenewer(t)
			got := invoke(t, "kubectl-space", append([]string{"renew"}, tc.args...)...)
			got.out = withoutCountdown(got.out)
			if diff := cmp.Diff(success(tc.want), got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
			for i := range tc.wantAsked {
				want := &tc.wantAsked[i]
				want.Method = http.MethodPost
				want.Renewal.TypeMeta = metav1.TypeMeta{APIVersion: "spaces.tenancy.example.io/v1alpha1", Kind: "SpaceRenewal"}
				want.Renewal.Name = "dev"
				if want.Query == nil {
					want.Query = url.Values{}
				}
			}
			if diff := cmp.Diff(tc.wantAsked, s.requests); diff != "" {
				t.Errorf("the server was asked something else (-want +got):\n%s", diff)
			}
		})
	}
}

// withoutCountdown replaces the time that is left, which nobody can foresee.
func withoutCountdown(text string) string {
	before, rest, ok := strings.Cut(text, "expires in ")
	_, after, found := strings.Cut(rest, " ")
	if !ok || !found {
		return text
	}
	return before + "expires in NNN " + after
}

func TestRenewFails(t *testing.T) {
	ttl := field.Forbidden(field.NewPath("spec", "ttl"), "12h is longer than 4h")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"without a name":     {want: "error: exactly one NAME is required, got 0\nSee 'kubectl space renew -h' for help and examples\n"},
		"with two names":     {args: []string{"a", "b"}, want: "error: exactly one NAME is required, got 2\nSee 'kubectl space renew -h' for help and examples\n"},
		"for something else": {args: []string{"pod/dev"}, want: `error: "pod/dev" is not a Space: say NAME or space/NAME` + "\n"},
		"for such a dry run": {args: []string{"dev", "--dry-run=maybe"}, want: `error: invalid dry-run value (maybe), must be "none", "server", or "client"` + "\n"},
		"when it is refused": {args: []string{"dev", "--ttl=12h"}, want: `The Space "dev" is invalid: spec.ttl: Forbidden: 12h is longer than 4h` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				refuse(w, apierrors.NewInvalid(v1alpha1.Kind("Space"), "dev", field.ErrorList{ttl}).Status())
			})
			got := invoke(t, "kubectl-space", append([]string{"renew"}, tc.args...)...)
			if diff := cmp.Diff(failure(tc.want), got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	now := later.Time
	for want, after := range map[string]time.Duration{
		"expires in 2h (2126-11-20T12:00:00Z)":    2 * time.Hour,
		"expires in 1h30m (2126-11-20T11:30:00Z)": 90 * time.Minute,
		"expires in 10m (2126-11-20T10:10:00Z)":   10 * time.Minute,
		"expires in 9m30s (2126-11-20T10:09:30Z)": 9*time.Minute + 30*time.Second,
		"expires in 30s (2126-11-20T10:00:30Z)":   30 * time.Second,
		"expires in 100h (2126-11-24T14:00:00Z)":  100 * time.Hour,
		"expires in 1h10m (2126-11-20T11:10:00Z)": 70 * time.Minute,
		"expires in 20h (2126-11-21T06:00:00Z)":   20 * time.Hour,
		"expires now (2126-11-20T10:00:00Z)":      0,
		"expires now (2126-11-20T09:59:00Z)":      -time.Minute,
	} {
		// What the server has rounded up, and the way that the answer took, do not show.
		for _, off := range []time.Duration{0, -400 * time.Millisecond, 400 * time.Millisecond} {
			if after <= 0 && off != 0 {
				continue
			}
			if got := expiry(new(metav1.NewTime(now.Add(after))), now.Add(off)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	if got := expiry(nil, now); got != "never expires" {
		t.Errorf("got %q for what never expires", got)
	}
}
