// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"fmt"
	"time"
)

// MaxDuration is the longest duration that the API accepts: ten years of 365 days. It keeps every point in time that
// is counted from one well inside what RFC 3339 can write.
const MaxDuration = 10 * 365 * 24 * time.Hour

// Duration is a length of time as its author wrote it, such as "2h" or "1h30m", in the format of time.ParseDuration:
// there is no unit above the hour. It keeps that text, since a normalised one ("2h0m0s") would differ from what the
// author applies, and be seen as drift for ever.
type Duration string

// Value returns the length of time that the text means. It fails if the text is none, and lets every length pass that
// time.Duration can hold, including negative ones; what a field accepts is for its validation to say.
func (d Duration) Value() (time.Duration, error) {
	value, err := time.ParseDuration(string(d))
	if err != nil {
		return 0, fmt.Errorf("parse duration: %w", err)
	}
	return value, nil
}
