// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Kind is that of the blocks that are transcripts.
const Kind = "console"

// Step is one command, and what it makes the terminal show.
type Step struct {
	// Line is the number of the command's line in the document, counted from 1.
	Line int
	// Person is whose terminal it is.
	Person string
	// Command is what is typed. It is empty if nothing is, and the output is that of an earlier command.
	Command string
	// Output is what the terminal shows then.
	Output []string
}

// Background tells whether the command goes on after the prompt has come back.
func (s Step) Background() bool {
	return strings.HasSuffix(s.Command, "&") && !strings.HasSuffix(s.Command, "&&")
}

var prompt = regexp.MustCompile(`^([a-z]+)\$(?: (.*))?$`)

// Steps returns the steps of a transcript, in their order.
func Steps(block Block) ([]Step, error) {
	var steps []Step
	for i, line := range block.Lines {
		match := prompt.FindStringSubmatch(line)
		switch {
		case match != nil:
			steps = append(steps, Step{Line: block.Line + i, Person: match[1], Command: strings.TrimSpace(match[2])})
		case len(steps) == 0:
			return nil, fmt.Errorf("line %d: a transcript begins with a prompt, such as alice$, not with %q", block.Line+i, line)
		default:
			last := &steps[len(steps)-1]
			last.Output = append(last.Output, line)
		}
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("line %d: the transcript is empty", block.Line)
	}
	for i := range steps {
		steps[i].Output = withoutBlankEnd(steps[i].Output)
		if steps[i].Command == "" && len(steps[i].Output) == 0 {
			return nil, fmt.Errorf("line %d: %w", steps[i].Line, errNothing)
		}
	}
	return steps, nil
}

var errNothing = errors.New("a prompt has a command behind it, or output below it")

func withoutBlankEnd(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
