// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"slices"
	"testing"
)

// worlds are some of which everything below must hold.
var worlds = map[string]Config{
	"the default":                     DefaultConfig(nil),
	"one without stalled watchers":    {Watchers: 100, Users: 25, Namespaces: 50, Sights: 8, Rate: 20},
	"one with more users than needed": {Watchers: 10, Users: 20, Stalled: 3, Namespaces: 40, Sights: 4, Rate: 20, FatRate: 2},
	"one where little divides":        {Watchers: 101, Users: 17, Stalled: 5, Namespaces: 53, Sights: 7, Rate: 31, FatRate: 3},
	"the smallest":                    {Watchers: 1, Users: 1, Namespaces: 1, Sights: 1, Rate: 1},
}

func TestWorldsAreValid(t *testing.T) {
	for name, config := range worlds {
		if err := config.validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInvalidConfigs(t *testing.T) {
	for name, edit := range map[string]func(*Config){
		"no watchers":                      func(c *Config) { c.Watchers = 0 },
		"no rate":                          func(c *Config) { c.Rate = 0 },
		"all are stalled":                  func(c *Config) { c.Stalled = c.Watchers },
		"fewer namespaces than sights":     func(c *Config) { c.Namespaces = 2*c.Sights - 1 },
		"stalled watchers without changes": func(c *Config) { c.FatRate = 0 },
		"changes for stalled ones alone":   func(c *Config) { c.FatRate = c.Rate },
	} {
		config := DefaultConfig(nil)
		edit(&config)
		if err := config.validate(); err == nil {
			t.Errorf("%s: is valid", name)
		}
	}
}

func TestUsersSeeDistinctNamespaces(t *testing.T) {
	for name, config := range worlds {
		w := newWorld(config)
		for user := range w.Users {
			seen := slices.Sorted(slices.Values(w.sees(user)))
			if len(slices.Compact(seen)) != w.Sights {
				t.Errorf("%s: user %d sees %v, want %d namespaces", name, user, w.sees(user), w.Sights)
			}
			for _, namespace := range seen {
				if fat := namespace >= w.slim(); fat != (user >= w.readers()) || namespace >= w.Namespaces {
					t.Errorf("%s: user %d (of %d who read) sees namespace %d (of %d slim ones)", name, user, w.readers(), namespace, w.slim())
				}
			}
		}
	}
}

func TestSightsAreSpreadEvenly(t *testing.T) {
	w := newWorld(DefaultConfig(nil))
	for namespace, users := range w.seenBy()[:w.slim()] {
		if len(users) < 3 || len(users) > 5 {
			t.Errorf("namespace %d is seen by %d users, want about 4", namespace, len(users))
		}
	}
}

func TestWatchersShareTheUsers(t *testing.T) {
	for name, config := range worlds {
		w := newWorld(config)
		perUser, stalled := make([]int, w.Users), 0
		for number := range w.Watchers {
			user, isStalled := w.watcher(number)
			perUser[user]++
			if isStalled {
				stalled++
			}
			if isStalled != (user >= w.readers()) {
				t.Errorf("%s: watcher %d is of user %d, stalled: %t", name, number, user, isStalled)
			}
		}
		if most := slices.Max(perUser); stalled != w.Stalled || most > w.perUser+1 {
			t.Errorf("%s: %d watchers are stalled, want %d; one user has %d", name, stalled, w.Stalled, most)
		}
	}
}

func TestAudienceCountsThoseWhoRead(t *testing.T) {
	for name, config := range worlds {
		w := newWorld(config)
		sum := 0
		for namespace, audience := range w.audience() {
			sum += audience
			if namespace >= w.slim() && audience > 0 {
				t.Errorf("%s: %d watchers read of the fat namespace %d", name, audience, namespace)
			}
		}
		if want := (w.Watchers - w.Stalled) * w.Sights; sum != want {
			t.Errorf("%s: the watchers see %d namespaces in sum, want %d", name, sum, want)
		}
	}
}
