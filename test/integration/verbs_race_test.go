// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// atOnce sends the calls at the same time, and returns how often which code came back.
func (c caller) atOnce(t *testing.T, calls []call) map[int]int {
	t.Helper()
	codes := map[int]int{}
	var lock sync.Mutex
	var running sync.WaitGroup
	for _, what := range calls {
		running.Go(func() {
			code := c.do(t, what).code
			lock.Lock()
			defer lock.Unlock()
			codes[code]++
		})
	}
	running.Wait()
	return codes
}

func TestVerbsAtOnce(t *testing.T) {
	t.Parallel()
	const n = 8
	alice := newCaller(t, "verbs-once-alice", devs)
	space := alice.space(t, "verbs-once", withTTL("2h"))
	for _, name := range []string{"verbs-once-many", "verbs-once-last", "verbs-once-applied", "verbs-once-deleted"} {
		alice.space(t, name)
	}
	for name, tc := range map[string]struct {
		call func(i int) call
		want map[int]int
	}{
		"creations of one": {func(int) call {
			return call{method: "POST", body: spaceFields("verbs-once-created", nil, nil).String()}
		}, map[int]int{http.StatusCreated: 1, http.StatusConflict: n - 1}},
		"PUTs of one version": {func(i int) call {
			return call{method: "PUT", path: "/verbs-once", body: spaceFields("verbs-once", members{"resourceVersion": space.ResourceVersion}, members{"ttl": fmt.Sprintf("%dh", 3+i)}).String()}
		}, map[int]int{http.StatusOK: 1, http.StatusConflict: n - 1}},
		"patches of many fields": {func(i int) call {
			return call{method: "PATCH", path: "/verbs-once-many", contentType: mergePatch, body: members{"metadata": members{"annotations": members{fmt.Sprintf("a-%d", i): "x"}}}.String()}
		}, map[int]int{http.StatusOK: n}},
		"PUTs of no version": {func(i int) call {
			return call{method: "PUT", path: "/verbs-once-last", body: spaceFields("verbs-once-last", nil, members{"ttl": fmt.Sprintf("%dh", 3+i)}).String()}
		}, map[int]int{http.StatusOK: n}},
		"applies by many": {func(i int) call {
			return call{method: "PATCH", path: fmt.Sprintf("/verbs-once-applied?fieldManager=m-%d", i), contentType: applyPatch,
				body: spaceFields("verbs-once-applied", members{"labels": members{fmt.Sprintf("l-%d", i): "x"}}, nil).String()}
		}, map[int]int{http.StatusOK: n}},
		"deletions": {func(int) call { return call{method: "DELETE", path: "/verbs-once-deleted"} }, map[int]int{http.StatusOK: n}},
	} {
		calls := make([]call, n)
		for i := range calls {
			calls[i] = tc.call(i)
		}
		if diff := cmp.Diff(tc.want, alice.atOnce(t, calls)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if many := alice.get(t, "verbs-once-many"); len(many.Annotations) != n {
		t.Errorf("after patches of many fields: %v", many.Annotations)
	}
	applied, labels := alice.get(t, "verbs-once-applied"), platformLabels("verbs-once-applied")
	for i := range n {
		labels[fmt.Sprintf("l-%d", i)] = "x"
	}
	if diff := cmp.Diff(labels, applied.Labels); diff != "" {
		t.Errorf("labels after applies by many (-want +got):\n%s", diff)
	}
	if managers := strings.Count(fmt.Sprint(applied.ManagedFields), "m-"); managers != n {
		t.Errorf("after applies by many: %+v", applied.ManagedFields)
	}
}

// Of those who apply the same at once, one creates it, and the others wait until they see it, and apply to that.
func TestVerbsApplyAtOnce(t *testing.T) {
	t.Parallel()
	const n = 8
	alice := newCaller(t, "verbs-applies-alice", devs)
	apply := wayOf(t, "creating apply").call("verbs-applies", spaceFields("verbs-applies", nil, members{"ttl": "2h"}))
	want := map[int]int{http.StatusCreated: 1, http.StatusOK: n - 1}
	if diff := cmp.Diff(want, alice.atOnce(t, slices.Repeat([]call{apply}, n))); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if got := alice.do(t, apply); got.code != http.StatusOK || got.space(t).Generation != 1 {
		t.Errorf("afterwards: %d %s", got.code, got.body)
	}
}
