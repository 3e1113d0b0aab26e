// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"errors"
	"fmt"
	"io"
	"time"

	"tenancy.example.io/spaces/test/bench/wire"
)

// Config says how often it is tried.
type Config struct {
	// Rounds are grants, each followed by its end, of one after the other of so many Namespaces.
	Rounds, Namespaces int
	// Every is how often the kube-apiserver is asked whether the user may come in, when it has answered.
	Every time.Duration
	// Patience is how long anything may take before it is lost.
	Patience time.Duration
	// Out gets a line for each step.
	Out io.Writer
}

// DefaultConfig is what we want to be held to.
func DefaultConfig(out io.Writer) Config {
	return Config{Rounds: 300, Namespaces: 20, Every: time.Millisecond / 2, Patience: 10 * time.Second, Out: out}
}

// goal is how many times as long as the kube-apiserver ninety-nine of a hundred tellings may take.
const goal = 2.0

func (c Config) validate() error {
	if c.Rounds < 1 || c.Namespaces < 1 {
		return errors.New("there must be at least one round, and one namespace")
	}
	return nil
}

func (c Config) log(format string, args ...any) {
	if c.Out != nil {
		fmt.Fprintf(c.Out, "grants: "+format+"\n", args...)
	}
}

// somebody is the user to whom it is granted.
func somebody() wire.User { return wire.User{Name: "grants-user", Groups: []string{"grants-group"}} }

func namespaceName(number int) string { return fmt.Sprintf("grants-%d", number) }
