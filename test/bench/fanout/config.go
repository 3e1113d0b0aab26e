// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Config says how much there is to follow, and by how many. DefaultConfig is what we want to be held to.
type Config struct {
	// Watchers are opened, by as many Users; Stalled of them never read, and have users of their own.
	Watchers, Users, Stalled int
	// Namespaces there are, of which each user sees as many as Sights.
	Namespaces, Sights int
	// Rate is how many changes there are in a second, For so long.
	Rate int
	For  time.Duration
	// FatRate is how many of them are of the Spaces that the stalled watchers see, each of FatBytes.
	FatRate, FatBytes int
	// Patience is how long deliveries may be late before they are lost, and what has ended may leave something behind.
	Patience time.Duration
	// Profile is the file that gets a CPU profile of our server, taken in the middle of the load. Empty: none.
	Profile string
	// Out gets a line for each step.
	Out io.Writer
}

// DefaultConfig is the load that the requirement names.
func DefaultConfig(out io.Writer) Config {
	return Config{
		Watchers: 2000, Users: 500, Stalled: 50,
		Namespaces: 1000, Sights: 8,
		Rate: 200, For: time.Minute,
		FatRate: 10, FatBytes: 56 << 10,
		Patience: 30 * time.Second,
		Out:      out,
	}
}

// goal is what nine and ninety of a hundred deliveries shall not exceed.
const goal = 250 * time.Millisecond

func (c Config) validate() error {
	var errs []error
	for name, value := range map[string]int{
		"Watchers": c.Watchers, "Users": c.Users, "Namespaces": c.Namespaces, "Sights": c.Sights, "Rate": c.Rate,
	} {
		if value < 1 {
			errs = append(errs, fmt.Errorf("%s must be at least 1, not %d", name, value))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return c.validateShares()
}

// validateShares checks what the parts of a world leave for the others.
func (c Config) validateShares() error {
	w := newWorld(c)
	switch {
	case w.readers() < 1:
		return errors.New("there is no user left who reads")
	case w.slim() < c.Sights:
		return fmt.Errorf("%d namespaces are too few for %d sights", c.Namespaces, c.Sights)
	case c.Stalled > 0 && (c.FatRate < 1 || c.FatRate >= c.Rate):
		return fmt.Errorf("FatRate must be at least 1, and less than %d", c.Rate)
	}
	return nil
}

func (c Config) log(format string, args ...any) {
	if c.Out != nil {
		fmt.Fprintf(c.Out, "fanout: "+format+"\n", args...)
	}
}
