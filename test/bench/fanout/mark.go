// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"bytes"
	"fmt"
	"strconv"

	"tenancy.example.io/spaces/test/bench/wire"
)

// markLabel is the label that a change sets. Namespaces and Spaces both show it.
const markLabel = "fanout-mark"

var markField = wire.Field(markLabel)

// mark tells the changes apart: each namespace counts its own, from 1.
type mark struct {
	namespace, sequence int
}

func (m mark) String() string { return fmt.Sprintf("%d.%d", m.namespace, m.sequence) }

// markOf finds the mark of the object in the event.
func markOf(event wire.Event) (mark, error) {
	value := event.Value(markField)
	namespace, sequence, _ := bytes.Cut(value, []byte("."))
	first, err := strconv.Atoi(string(namespace))
	if err != nil {
		return mark{}, fmt.Errorf("mark %q: %w", value, err)
	}
	second, err := strconv.Atoi(string(sequence))
	if err != nil {
		return mark{}, fmt.Errorf("mark %q: %w", value, err)
	}
	return mark{namespace: first, sequence: second}, nil
}
