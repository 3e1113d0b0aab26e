// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/utils/clock"
)

type clientKey struct{}

// WithClient says which program a request comes from, as well as that can be known. A watch that follows a list or a
// write of the same program is then told exactly what has changed since, and nothing twice.
func WithClient(ctx context.Context, program string) context.Context {
	return context.WithValue(ctx, clientKey{}, program)
}

// client is a program and the caller that it runs for; or nobody.
type client struct {
	program, caller string
}

func clientOf(ctx context.Context) client {
	program, _ := ctx.Value(clientKey{}).(string)
	caller, ok := request.UserFrom(ctx)
	if program == "" || !ok {
		return client{}
	}
	return client{program: program, caller: caller.GetName()}
}

// listsRemembered is how many lists are remembered at a time.
const listsRemembered = 8192

// lists remembers which view a client was shown at a revision, by a list or as the result of its write, since there may
// be many views of one revision. It errs on the side of an earlier view: of several at a revision it remembers the
// first, and tells it for as long as it is fresh. It is safe for concurrent use.
type lists struct {
	clock clock.PassiveClock

	lock  sync.Mutex
	shown map[shownTo]shown
	// forgotten is the revision up to which no list is remembered any more.
	forgotten uint64
}

type shownTo struct {
	client
	revision uint64
}

// listsFresh is how long a list is remembered: a watch that follows it does so at once, and one that comes later may be
// another one of the same program.
const listsFresh = time.Second

// shown is a view that was shown to a client. The zero value is none, and not fresh.
type shown struct {
	sequence uint64
	at       time.Time
}

func newLists(clock clock.PassiveClock) lists {
	return lists{clock: clock, shown: map[shownTo]shown{}}
}

// remember takes note that the client is shown the view.
func (l *lists) remember(c client, v *view) {
	l.lock.Lock()
	defer l.lock.Unlock()
	key := shownTo{c, v.revision}
	if _, earlier := l.shown[key]; earlier || c == (client{}) || v.revision <= l.forgotten {
		return
	}
	if len(l.shown) == listsRemembered {
		clear(l.shown)
		l.forgotten = v.revision
		return
	}
	l.shown[key] = shown{sequence: v.sequence, at: l.clock.Now()}
}

// tell returns the sequence of the view that the client was shown at the revision, if that is remembered.
func (l *lists) tell(c client, revision uint64) (sequence uint64, ok bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	one := l.shown[shownTo{c, revision}]
	return one.sequence, l.isFresh(one)
}

func (l *lists) isFresh(one shown) bool { return l.clock.Since(one.at) < listsFresh }
