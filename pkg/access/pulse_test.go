// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// beat is what happens to watches, and to time.
type beat func(*Pulse)

func opens(name string) beat { return func(p *Pulse) { p.set(name, true) } }

func closes(name string) beat { return func(p *Pulse) { p.set(name, false) } }

func passes(d time.Duration) beat { return func(*Pulse) { time.Sleep(d) } }

func TestPulse(t *testing.T) {
	const moment = time.Millisecond
	for name, tc := range map[string]struct {
		beats []beat
		want  bool
	}{
		"what has never been open does not count": {want: true},
		"all are open":                                             {beats: []beat{opens("a"), opens("b")}, want: true},
		"one is closed for a moment":                               {beats: []beat{opens("a"), opens("b"), passes(time.Hour), closes("b"), passes(moment)}, want: true},
		"one is closed for the grace":                              {beats: []beat{opens("a"), opens("b"), closes("b"), passes(pulseGrace)}, want: true},
		"one is closed for longer than the grace":                  {beats: []beat{opens("a"), opens("b"), closes("b"), passes(pulseGrace + moment)}},
		"one that was closed for a moment is open again":           {beats: []beat{opens("a"), closes("a"), passes(pulseGrace), opens("a")}, want: true},
		"one that was closed for longer is not open for long":      {beats: []beat{opens("a"), closes("a"), passes(pulseGrace + moment), opens("a"), passes(pulseSettle - moment)}},
		"one that was closed for longer has told what it missed":   {beats: []beat{opens("a"), closes("a"), passes(time.Hour), opens("a"), passes(pulseSettle)}, want: true},
		"one settles and the other is closed":                      {beats: []beat{opens("a"), opens("b"), closes("a"), closes("b"), passes(time.Hour), opens("a"), passes(time.Hour)}},
		"to open what is open and close what is closed is nothing": {beats: []beat{opens("a"), opens("a"), closes("a"), passes(pulseGrace), closes("a"), passes(moment)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPulse(clock.RealClock{})
				for _, beat := range tc.beats {
					beat(p)
				}
				if got, _, _ := p.state(); got != tc.want {
					t.Errorf("fresh = %v, want %v", got, tc.want)
				}
			})
		})
	}
}

func TestPulseAwait(t *testing.T) {
	stale := []beat{opens("a"), opens("b"), closes("a"), passes(time.Hour)}
	for name, tc := range map[string]struct {
		before, after []beat
		want          time.Duration
	}{
		"does not wait where all is well":          {before: []beat{opens("a")}},
		"waits until what opens again settles":     {before: stale, after: []beat{passes(time.Minute), opens("a")}, want: time.Minute + pulseSettle},
		"waits for the one that settles last":      {before: append(stale, closes("b"), passes(time.Minute)), after: []beat{opens("a"), passes(pulseSettle / 2), opens("b")}, want: pulseSettle * 3 / 2},
		"starts over when it is closed again":      {before: stale, after: []beat{opens("a"), passes(pulseSettle / 2), closes("a"), passes(time.Minute), opens("a")}, want: pulseSettle/2 + time.Minute + pulseSettle},
		"ends with what it is waited for, at last": {before: stale, want: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPulse(clock.RealClock{})
				for _, beat := range tc.before {
					beat(p)
				}
				done, waited := make(chan struct{}), make(chan time.Duration, 1)
				begin := time.Now()
				go func() {
					p.Await(done)
					waited <- time.Since(begin)
				}()
				synctest.Wait()
				for _, beat := range tc.after {
					beat(p)
				}
				time.AfterFunc(time.Hour-time.Since(begin), func() { close(done) })
				if got := <-waited; got != tc.want {
					t.Errorf("waited for %v, want %v", got, tc.want)
				}
			})
		})
	}
}

func TestFeltTellsThePulse(t *testing.T) {
	p := newPulse(clock.RealClock{})
	isOpen := func() bool { return p.watches["a"].open }
	errRefused := errors.New("refused")
	lists := felt{&cache.ListWatch{WatchFuncWithContext: func(context.Context, metav1.ListOptions) (watch.Interface, error) { return nil, errRefused }}, p, "a"}
	if _, err := lists.WatchWithContext(t.Context(), metav1.ListOptions{}); !errors.Is(err, errRefused) || isOpen() {
		t.Errorf("a watch that was refused is open = %v, error %v", isOpen(), err)
	}
	inner := watch.NewFake()
	lists.WatchFuncWithContext = func(context.Context, metav1.ListOptions) (watch.Interface, error) { return inner, nil }
	w, err := lists.WatchWithContext(t.Context(), metav1.ListOptions{})
	if err != nil || !isOpen() {
		t.Fatalf("a watch that was granted is open = %v, error %v", isOpen(), err)
	}
	p.listed("a")
	w.Stop()
	w.Stop()
	if isOpen() || !inner.IsStopped() {
		t.Error("a watch that was stopped is open")
	}
}

// TestFeltCountsAWatchThatBeginsWithAListFromItsEnd: before, it tells of nothing new.
func TestFeltCountsAWatchThatBeginsWithAListFromItsEnd(t *testing.T) {
	p := newPulse(clock.RealClock{})
	lists := felt{&cache.ListWatch{WatchFuncWithContext: func(context.Context, metav1.ListOptions) (watch.Interface, error) {
		return watch.NewFake(), nil
	}}, p, "a"}
	w, err := lists.WatchWithContext(t.Context(), metav1.ListOptions{SendInitialEvents: new(true)})
	if err != nil || p.watches["a"].open {
		t.Fatalf("open = %v before the list, error %v", p.watches["a"].open, err)
	}
	p.listed("a")
	if !p.watches["a"].open {
		t.Error("not open after the list")
	}
	w.Stop()
	p.listed("a")
	if p.watches["a"].open {
		t.Error("a list of before has opened what is over")
	}
}

func TestPulseSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPulse(clock.RealClock{})
		for _, tc := range []struct {
			beat beat
			want time.Duration
		}{
			{opens("a"), 0}, {opens("b"), 0}, {closes("a"), 0},
			{passes(time.Minute), time.Minute}, {closes("b"), time.Minute}, {opens("a"), 0}, {passes(time.Second), time.Second},
		} {
			tc.beat(p)
			if got := p.Silence(); got != tc.want {
				t.Errorf("silent for %v, want %v", got, tc.want)
			}
		}
	})
}
