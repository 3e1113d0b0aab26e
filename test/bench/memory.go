// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"tenancy.example.io/spaces/test/bench/load"
)

// memory is in bytes, and 0 where it is not known.
type memory struct {
	resident, highest, heap float64
}

// memory is what the server takes now. What the operating system says is known on Linux alone.
func (s *stage) memory(ctx context.Context) (memory, error) {
	target := load.Target{Name: "metrics", Config: s.plane.DirectConfig(s.plane.AdminConfig(), s.server), Path: "/metrics"}
	answer, err := fetch(ctx, target)
	if err != nil {
		return memory{}, err
	}
	// The program may run on another system, which has no such file.
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.server.PID()))
	return memory{
		resident: 1024 * valueOf(string(status), "VmRSS:"),
		highest:  1024 * valueOf(string(status), "VmHWM:"),
		heap:     valueOf(string(answer.Body), "go_memstats_heap_inuse_bytes"),
	}, nil
}

// valueOf is the number behind a name at the begin of a line, or 0.
func valueOf(text, name string) float64 {
	match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `\s+(\S+)`).FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(match[1]), 64)
	if err != nil {
		return 0
	}
	return value
}
