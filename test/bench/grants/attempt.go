// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

// tale is what a watch has told, and when.
type tale struct {
	kind, name string
	received   time.Time
	err        error
}

var nameField = wire.Field("name")

// listen passes on what the watch tells, until it or the context ends.
func listen(ctx context.Context, stream *wire.Stream, tales chan<- tale) {
	defer stream.Close()
	for {
		event, err := stream.Next()
		told := tale{received: time.Now(), err: err}
		if err == nil {
			told.kind, told.name = event.Type(), string(event.Value(nameField))
		}
		select {
		case tales <- told:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// attempt is one write, and what it shall lead to: an event, and a status of the kube-apiserver.
type attempt struct {
	write  func(context.Context) error
	want   tale
	status int
}

// moments are when what an attempt leads to was there.
type moments struct {
	sent, acknowledged, told time.Time
	// asked and answered are those of the first request that the kube-apiserver decided as it shall.
	asked, answered time.Time
}

// answer is when the kube-apiserver decided as it shall.
type answer struct {
	asked, answered time.Time
	err             error
}

// try returns when both the event and the status have come.
func (b *bench) try(ctx context.Context, a attempt, tales <-chan tale) (m moments, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.Patience)
	defer cancel()
	decided := make(chan answer, 1)
	go func() { decided <- b.decide(ctx, a) }()
	m.sent = time.Now()
	if err := a.write(ctx); err != nil {
		cancel()
		<-decided
		return m, err
	}
	m.acknowledged = time.Now()
	var errs [2]error
	m.told, errs[0] = hear(ctx, a.want, tales)
	decision := <-decided
	m.asked, m.answered, errs[1] = decision.asked, decision.answered, decision.err
	return m, errors.Join(errs[:]...)
}

// hear returns when the next event came, which must be the one that is wanted.
func hear(ctx context.Context, want tale, tales <-chan tale) (time.Time, error) {
	select {
	case told := <-tales:
		if told.err != nil {
			return time.Time{}, fmt.Errorf("the watch ended: %w", told.err)
		}
		if told.kind != want.kind || told.name != want.name {
			return time.Time{}, fmt.Errorf("the watch told %s of %q, want %s of %q", told.kind, told.name, want.kind, want.name)
		}
		return told.received, nil
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("the watch does not tell %s of %q: %w", want.kind, want.name, ctx.Err())
	}
}

// decide asks the kube-apiserver for the namespace, until it answers with the status.
func (b *bench) decide(ctx context.Context, a attempt) answer {
	for {
		asked := time.Now()
		status, err := b.ask.Status(ctx, "/api/v1/namespaces/"+a.want.name, somebody())
		answered := time.Now()
		if err != nil {
			return answer{err: fmt.Errorf("asking for the namespace: %w", err)}
		}
		if status == a.status {
			return answer{asked: asked, answered: answered}
		}
		select {
		case <-time.After(b.Every):
		case <-ctx.Done():
			return answer{err: fmt.Errorf("the kube-apiserver answers %d, want %d: %w", status, a.status, ctx.Err())}
		}
	}
}
