// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
)

const (
	// pulseGrace is how long a watch may be closed before what it feeds counts as stale. The kube-apiserver closes every
	// watch after some minutes, and it is opened again at once.
	pulseGrace = 500 * time.Millisecond
	// pulseSettle is how long a watch is open again, after it was closed for longer, until it has told what it missed.
	pulseSettle = 500 * time.Millisecond
)

// Pulse tells whether an Index is up to date: whether all watches that feed it are connected. A change of access is then
// known within about pulseGrace. Otherwise some kinds may be newer than others, and make up, together, what has never
// been. It is safe for concurrent use.
type Pulse struct {
	clock clock.WithTicker

	lock    sync.Mutex
	watches map[string]connection
	listing sets.Set[string]
	changed chan struct{} // closed when a connection is made or lost
}

// connection is the state of one watch.
type connection struct {
	open bool
	// since is when it was opened or closed.
	since time.Time
	// behind says that it had been closed for longer than pulseGrace, and not been open for pulseSettle, by then.
	behind bool
}

// then returns the state after it was opened or closed.
func (c connection) then(open bool, now time.Time) connection {
	after := connection{open: open, since: now, behind: c.behind}
	if open {
		after.behind = c.behind || now.Sub(c.since) > pulseGrace
	} else if now.Sub(c.since) >= pulseSettle {
		after.behind = false
	}
	return after
}

func newPulse(clock clock.WithTicker) *Pulse {
	return &Pulse{clock: clock, watches: map[string]connection{}, listing: sets.New[string](), changed: make(chan struct{})}
}

// Beats tells whether the Index is up to date. Watches that have never been open do not count.
func (p *Pulse) Beats() bool {
	fresh, _, _ := p.state()
	return fresh
}

// Silence is for how long one of the watches has been closed, or 0 if all are open.
func (p *Pulse) Silence() time.Duration {
	p.lock.Lock()
	defer p.lock.Unlock()
	var longest time.Duration
	for _, c := range p.watches {
		if !c.open {
			longest = max(longest, p.clock.Since(c.since))
		}
	}
	return longest
}

// Await returns when the Index is up to date, at the latest when done is closed.
func (p *Pulse) Await(done <-chan struct{}) {
	for {
		fresh, wait, changed := p.state()
		if fresh {
			return
		}
		select {
		case <-changed:
		case <-p.after(wait):
		case <-done:
			return
		}
	}
}

func (p *Pulse) after(wait time.Duration) <-chan time.Time {
	if wait <= 0 {
		return nil
	}
	return p.clock.After(wait)
}

// state tells whether all connections are fresh; if not, after what time to look again, or 0 if only at the next change.
func (p *Pulse) state() (fresh bool, wait time.Duration, changed <-chan struct{}) {
	p.lock.Lock()
	defer p.lock.Unlock()
	fresh = true
	now := p.clock.Now()
	for _, c := range p.watches {
		left := c.since.Add(pulseSettle).Sub(now)
		switch {
		case !c.open && (c.behind || now.Sub(c.since) > pulseGrace):
			return false, 0, p.changed
		case c.open && c.behind && left > 0:
			fresh, wait = false, max(wait, left)
		}
	}
	return fresh, wait, p.changed
}

func (p *Pulse) set(name string, open bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	now := p.clock.Now()
	before, known := p.watches[name]
	if !known {
		before.since = now
	}
	if before.open == open {
		return
	}
	p.watches[name] = before.then(open, now)
	close(p.changed)
	p.changed = make(chan struct{})
}

// begin says that a watch is open that begins with a list: until that has been taken in, it tells of nothing new.
func (p *Pulse) begin(name string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.listing.Insert(name)
}

// listed says that a list has been taken in.
func (p *Pulse) listed(name string) {
	if p.isListing(name) {
		p.set(name, true)
	}
}

func (p *Pulse) isListing(name string) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.listing.Has(name)
}

// over says that a watch has ended.
func (p *Pulse) over(name string) {
	p.lock.Lock()
	p.listing.Delete(name)
	p.lock.Unlock()
	p.set(name, false)
}

// felt is a ListerWatcher whose watches have a Pulse.
type felt struct {
	*cache.ListWatch
	pulse *Pulse
	name  string
}

var _ cache.ListerWatcherWithContext = felt{}

// WatchWithContext implements cache.ListerWatcherWithContext.
func (f felt) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	w, err := f.ListWatch.WatchWithContext(ctx, options)
	if err != nil {
		return nil, err
	}
	if ptr.Deref(options.SendInitialEvents, false) {
		f.pulse.begin(f.name)
	} else {
		f.pulse.set(f.name, true)
	}
	return feltWatch{w, sync.OnceFunc(func() { f.pulse.over(f.name) })}, nil
}

// feltWatch is a watch that tells when it is over: whoever reads a watch stops it then.
type feltWatch struct {
	watch.Interface
	over func()
}

// Stop implements watch.Interface.
func (w feltWatch) Stop() {
	w.over()
	w.Interface.Stop()
}
