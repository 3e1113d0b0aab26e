// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package population

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
)

func populated(t *testing.T, first int, ks ...int) *Population {
	t.Helper()
	p, err := New(&rest.Config{Host: "https://nowhere.example.io"}, first, ks, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCallersHaveWhatTheyAreToHave(t *testing.T) {
	const first = 100
	p := populated(t, first, 10, 100)
	for _, caller := range p.Callers() {
		byName, byGroup := 0, 0
		for place := range 2 * first {
			subjects, labels := p.members(place)
			has := false
			for _, subject := range subjects {
				switch subject.Name {
				case caller.User:
					byName, has = byName+1, true
				case caller.Group:
					byGroup, has = byGroup+1, true
				}
			}
			labelled := false
			for _, label := range labels {
				labelled = labelled || label == caller.Label
			}
			if has != labelled || has && place >= first {
				t.Errorf("K=%d, Space %d: has it: %t, labelled: %t, want both or none, and none of the later ones", caller.K, place, has, labelled)
			}
		}
		if byName+byGroup != caller.K || byName == 0 || byGroup == 0 {
			t.Errorf("K=%d: %d by name and %d by group", caller.K, byName, byGroup)
		}
	}
}

func TestNobodyHasMoreThanThereIs(t *testing.T) {
	if _, err := New(&rest.Config{}, 10, []int{11}, rand.New(rand.NewPCG(1, 1))); err == nil {
		t.Error("somebody is to have 11 of 10 Spaces")
	}
}

func TestInParallelDoesAllOnce(t *testing.T) {
	var lock sync.Mutex
	done := map[int]int{}
	err := inParallel(t.Context(), 5, 105, func(_ context.Context, number int) error {
		lock.Lock()
		defer lock.Unlock()
		done[number]++
		return nil
	})
	if err != nil || len(done) != 100 || done[5] != 1 || done[104] != 1 {
		t.Errorf("did %d, the first %d times and the last %d times, %v", len(done), done[5], done[104], err)
	}
}

func TestInParallelEndsAtTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	err := inParallel(t.Context(), 0, 1<<30, func(_ context.Context, number int) error {
		if number >= 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
