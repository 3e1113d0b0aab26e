// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"fmt"

	"tenancy.example.io/spaces/test/bench/wire"
)

// world says who sees which namespace, and who watches. Users and namespaces are numbers; the users from readers() on
// are those of the stalled watchers, and all that they see are the fat namespaces, from slim() on, which nobody else sees.
type world struct {
	Config
	perUser int
}

func newWorld(c Config) world {
	return world{Config: c, perUser: max(1, (c.Watchers+c.Users-1)/max(1, c.Users))}
}

// readers is how many users read what they watch.
func (w world) readers() int { return w.Users - (w.Stalled+w.perUser-1)/w.perUser }

// slim is how many namespaces are of the common size.
func (w world) slim() int {
	if w.Stalled == 0 {
		return w.Namespaces
	}
	return w.Namespaces - w.Sights
}

// sees returns the namespaces that the user sees.
func (w world) sees(user int) []int {
	namespaces := make([]int, w.Sights)
	for i := range namespaces {
		if user < w.readers() {
			namespaces[i] = (user + i*(w.slim()/w.Sights)) % w.slim()
		} else {
			namespaces[i] = w.slim() + i
		}
	}
	return namespaces
}

// seenBy returns the users that see each namespace.
func (w world) seenBy() [][]int {
	users := make([][]int, w.Namespaces)
	for user := range w.Users {
		for _, namespace := range w.sees(user) {
			users[namespace] = append(users[namespace], user)
		}
	}
	return users
}

// watcher returns the user of a watcher. The stalled ones are the last.
func (w world) watcher(number int) (user int, stalled bool) {
	reading := w.Watchers - w.Stalled
	if number < reading {
		return number % w.readers(), false
	}
	return w.readers() + (number-reading)/w.perUser, true
}

// audience returns how many watchers that read there are of each namespace.
func (w world) audience() []int {
	result := make([]int, w.Namespaces)
	for number := range w.Watchers {
		user, stalled := w.watcher(number)
		if stalled {
			break
		}
		for _, namespace := range w.sees(user) {
			result[namespace]++
		}
	}
	return result
}

// account is the user, with one group of its own: half of what it sees, it sees as a member.
func account(user int) wire.User {
	return wire.User{Name: fmt.Sprintf("fanout-user-%d", user), Groups: []string{fmt.Sprintf("fanout-group-%d", user)}}
}

func namespaceName(namespace int) string { return fmt.Sprintf("fanout-%d", namespace) }

// sightLabel is the label of the namespaces that the user sees, for those who cannot ask for them otherwise.
func sightLabel(user int) string { return fmt.Sprintf("fanout-seen-by-%d", user) }
