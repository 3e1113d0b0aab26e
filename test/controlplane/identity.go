// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

// identity is one run of a program. Process ids are used again, so the id alone does not say which run is meant.
type identity struct {
	PID   int    `json:"pid"`
	Start string `json:"start"`
}

func identify(pid int) (identity, error) {
	start, err := startOf(pid)
	return identity{PID: pid, Start: start}, err
}

// alive says whether this very run goes on.
func (i identity) alive() bool {
	if i.PID <= 0 {
		return false
	}
	start, err := startOf(i.PID)
	return err == nil && start == i.Start
}
