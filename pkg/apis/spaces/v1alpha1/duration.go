// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Duration is a length of time as its author wrote it: a sequence of decimal numbers with units, such as "90s", "2h"
// or "1h30m". Units are ns, us, ms, s, m and h. The text is kept as it was given.
type Duration string

// Value returns the length of time that the text means, or an error if it is none.
func (d Duration) Value() (time.Duration, error) {
	return spaces.Duration(d).Value()
}
