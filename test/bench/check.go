// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/load"
)

const (
	// compressedFrom is the size from which an API server compresses an answer, if the client takes that.
	compressedFrom = 128 << 10
	// settleTimeout is how long our server and the kube-apiserver may take to know of all that was made.
	settleTimeout = 30 * time.Second
)

// check makes the ideal server answer what ours does, and looks whether all targets answer what they are to. It returns
// what they do answer.
func (l *lister) check(ctx context.Context, where setting, g group) ([]load.Answer, error) {
	if err := l.settle(ctx, g); err != nil {
		return nil, err
	}
	answers := make([]load.Answer, len(g.targets))
	for i, target := range g.targets {
		var err error
		if answers[i], err = fetch(ctx, target); err != nil {
			return nil, err
		}
		if err := g.checkAnswer(i, where, answers[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", target.Name, err)
		}
	}
	return answers, nil
}

// settle waits until ours answers with the list that it must, and the ideal server with the same bytes: the revision of a
// list changes for as long as anything does.
func (l *lister) settle(ctx context.Context, g group) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, settleTimeout, true, func(ctx context.Context) (bool, error) {
		last = l.align(ctx, g)
		return last == nil, nil
	})
	return errors.Join(err, last)
}

// align gives the ideal server what ours answers with, and tells what is wrong with that.
func (l *lister) align(ctx context.Context, g group) error {
	if err := l.teachIdeal(ctx, g); err != nil {
		return err
	}
	ours, errOurs := fetch(ctx, g.targets[0])
	same, errIdeal := fetch(ctx, g.targets[1])
	if err := errors.Join(errOurs, errIdeal); err != nil {
		return err
	}
	if !bytes.Equal(ours.Body, same.Body) {
		return fmt.Errorf("%s answers with %d bytes, not with the %d of ours", idealList, len(same.Body), len(ours.Body))
	}
	return g.checkNames(ours)
}

// teachIdeal gives the ideal server the bytes that ours answers with.
func (l *lister) teachIdeal(ctx context.Context, g group) (err error) {
	target, answers := g.targets[0], ideal.Answers{}
	target.Config = l.plane.DirectConfig(target.Config, l.server)
	target.Gzip = false
	if answers.Plain, err = fetch(ctx, target); err != nil {
		return err
	}
	target.Gzip = true
	if answers.Compressed, err = fetch(ctx, target); err != nil {
		return err
	}
	return l.ideal.Answer(g.resource, answers)
}

func fetch(ctx context.Context, target load.Target) (load.Answer, error) {
	client, err := target.NewClient()
	if err != nil {
		return load.Answer{}, err
	}
	defer client.Close()
	return client.Fetch(ctx)
}

// checkAnswer looks at the encoding, and at the items of a list.
func (g group) checkAnswer(i int, where setting, answer load.Answer) error {
	plain, err := answer.Plain()
	if err != nil {
		return err
	}
	wantEncoding := ""
	if where.gzip && len(plain) > compressedFrom {
		wantEncoding = "gzip"
	}
	if answer.Encoding != wantEncoding {
		return fmt.Errorf("%d bytes have the encoding %q, want %q", len(plain), answer.Encoding, wantEncoding)
	}
	if g.subjects[i] == oneGet || g.subjects[i] == oneReview {
		return nil
	}
	return g.checkNames(answer)
}

// checkNames looks whether a list has the items that it must have, and no others if there must be none.
func (g group) checkNames(answer load.Answer) error {
	names, err := namesIn(answer)
	if err != nil {
		return err
	}
	if len(names) < g.least {
		return fmt.Errorf("it lists %d, not %d", len(names), g.least)
	}
	if g.names == nil {
		return nil
	}
	for _, name := range names {
		if !g.names[name] {
			return fmt.Errorf("it lists %q, which it must not", name)
		}
	}
	if len(names) > len(g.names) {
		return fmt.Errorf("it lists %d, not %d", len(names), len(g.names))
	}
	return nil
}

// namesIn decodes a list.
func namesIn(answer load.Answer) ([]string, error) {
	plain, err := answer.Plain()
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
		}
	}
	if err := json.Unmarshal(plain, &list); err != nil {
		return nil, fmt.Errorf("decoding a list: %w", err)
	}
	names := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		names = append(names, item.Metadata.Name)
	}
	return names, nil
}
