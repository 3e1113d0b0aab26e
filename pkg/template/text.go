// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"strings"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

const (
	opening = "${"
	closing = "}"
	// literally is what to do about a placeholder that is none.
	literally = `write "$${" for "${"`
)

// text is what a text in a manifest says.
type text []part

// part is a piece of a text: what stands there, or the name of the parameter that is filled in.
type part struct{ literal, parameter string }

// parseText takes a text apart. It is an error if there is something like a placeholder that cannot be one.
func parseText(s string) (text, error) {
	var parts text
	for {
		before, after, found := strings.Cut(s, opening)
		if !found {
			return parts.with(part{literal: s}), nil
		}
		if unescaped, escaped := strings.CutSuffix(before, "$"); escaped {
			parts = parts.with(part{literal: unescaped + opening})
			s = after
			continue
		}
		name, rest, closed := strings.Cut(after, closing)
		if !closed {
			return nil, fmt.Errorf(`%q has no "}" behind it: close it, or %s`, brief(opening+after), literally)
		}
		if !spaces.IsParameterName(name) {
			return nil, fmt.Errorf("%q is no name of a parameter: declare one and name it, or %s", brief(name), literally)
		}
		parts = parts.with(part{literal: before}).with(part{parameter: name})
		s = rest
	}
}

// with adds a part, unless it is empty.
func (t text) with(p part) text {
	if p == (part{}) {
		return t
	}
	return append(t, p)
}

// only returns the parameter of a text that is nothing but that.
func (t text) only() (parameter string, ok bool) {
	if len(t) != 1 || t[0].parameter == "" {
		return "", false
	}
	return t[0].parameter, true
}

// fixed returns what the text always is, if nothing is filled into it.
func (t text) fixed() (string, bool) {
	var b strings.Builder
	for _, p := range t {
		if p.parameter != "" {
			return "", false
		}
		b.WriteString(p.literal)
	}
	return b.String(), true
}

// brief returns the beginning of a text, for messages.
func brief(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
