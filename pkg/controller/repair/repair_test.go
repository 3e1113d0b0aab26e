// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/utils/clock"
)

func TestMain(m *testing.M) {
	// The second handler slows errors down by the wall clock, across all tests and their clocks.
	utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1] //nolint:reassign // there is no other way
	m.Run()
}

// world is where namespaces are kept, and where a foe changes them whenever they have been repaired.
type world struct {
	repairer *Repairer
	start    time.Time

	lock sync.Mutex
	// foe is how many repairs the foe undoes yet.
	foe int
	// refuseEnsure and refuseContest are what goes wrong next.
	refuseEnsure, refuseContest []error
	ensured                     []time.Duration
	contested                   []string
}

func (w *world) Ensure(_ context.Context, namespace string) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if err := next(&w.refuseEnsure); err != nil {
		return err
	}
	w.ensured = append(w.ensured, time.Since(w.start))
	if w.foe > 0 {
		w.foe--
		w.repairer.Changed(namespace)
	}
	return nil
}

func (w *world) Contest(_ context.Context, namespace string, contested bool) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if err := next(&w.refuseContest); err != nil {
		return err
	}
	w.contested = append(w.contested, fmt.Sprintf("%s is contested after %v: %v", namespace, time.Since(w.start), contested))
	return nil
}

func next(refuse *[]error) error {
	if len(*refuse) == 0 {
		return nil
	}
	err := (*refuse)[0]
	*refuse = (*refuse)[1:]
	return err
}

// run changes the namespace "a" once, and returns after so long what has happened. It is to be called in a bubble.
func (w *world) run(t *testing.T, long time.Duration) {
	t.Helper()
	w.start = time.Now()
	w.repairer = New(w, clock.RealClock{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.repairer.Run(ctx, 2) })
	w.repairer.Changed("a")
	time.Sleep(long)
	cancel()
	running.Wait()
}

// seconds are so many, each as a duration.
func seconds(all ...int) []time.Duration {
	var durations []time.Duration
	for _, each := range all {
		durations = append(durations, time.Duration(each)*time.Second)
	}
	return durations
}

func TestRepairer(t *testing.T) {
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), "a")
	atOnce := slices.Repeat(seconds(0), patience)
	// After these the foe comes later than peace would.
	fought := slices.Concat(atOnce, seconds(1, 3, 7, 15, 31, 63, 123))
	for name, tc := range map[string]struct {
		world         *world
		long          time.Duration
		wantEnsured   []time.Duration
		wantContested []string
	}{
		"repairs at once": {world: &world{}, long: time.Hour, wantEnsured: seconds(0)},
		"repairs at once what is edited by hand": {
			world: &world{foe: patience - 1}, long: time.Hour,
			wantEnsured: atOnce,
		},
		"backs off in a fight, and says so once": {
			world: &world{foe: 1_000_000}, long: 124 * time.Second,
			wantEnsured:   fought,
			wantContested: []string{"a is contested after 0s: true"},
		},
		"goes on once a minute while a fight lasts": {
			world: &world{foe: 1_000_000}, long: 400 * time.Second,
			wantEnsured:   slices.Concat(fought, seconds(183, 243, 303, 363)),
			wantContested: []string{"a is contested after 0s: true"},
		},
		"takes it back once there was peace": {
			world: &world{foe: len(fought) - 1}, long: time.Hour,
			wantEnsured:   slices.Concat(fought, seconds(63+180)), // the last change was when it was repaired before the last time
			wantContested: []string{"a is contested after 0s: true", "a is contested after 4m3s: false"},
		},
		"tries again what did not succeed": {
			world: &world{refuseEnsure: []error{errors.New("nobody answers"), errors.New("nobody answers")}}, long: time.Hour,
			wantEnsured: []time.Duration{30 * time.Millisecond},
		},
		"leaves alone what is gone": {
			world: &world{refuseEnsure: []error{gone}}, long: time.Hour,
		},
		"says again what did not arrive": {
			world: &world{foe: patience, refuseContest: []error{errors.New("nobody answers")}}, long: time.Minute,
			wantEnsured:   append(slices.Clone(atOnce), 10*time.Millisecond),
			wantContested: []string{"a is contested after 10ms: true"},
		},
		"says nothing of what is gone meanwhile": {
			world: &world{foe: patience, refuseContest: []error{gone}}, long: time.Minute,
			wantEnsured: slices.Concat(atOnce, seconds(1)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.world.run(t, tc.long)
				if diff := cmp.Diff(tc.wantEnsured, tc.world.ensured); diff != "" {
					t.Errorf("repaired after (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.wantContested, tc.world.contested); diff != "" {
					t.Errorf("said (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A namespace of that name that comes later has no fights of its predecessor.
func TestRepairerForgetsWhatIsGone(t *testing.T) {
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), "a")
	r := &Repairer{keeper: &world{refuseEnsure: []error{gone}}, fights: newFights(clock.RealClock{})}
	for range patience {
		r.fights.delay("a")
	}
	if _, err := r.reconcile(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if delay := r.fights.delay("a"); delay > 0 {
		t.Errorf("the next repair takes %v", delay)
	}
}
