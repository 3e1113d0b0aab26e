// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"k8s.io/client-go/discovery"

	"tenancy.example.io/spaces/test/bench/report"
)

// environment says where, when and with what is measured.
func (s *stage) environment(ctx context.Context) ([]report.Fact, error) {
	client, err := discovery.NewDiscoveryClientForConfig(s.plane.AdminConfig())
	if err != nil {
		return nil, fmt.Errorf("asking for the version: %w", err)
	}
	kubernetes, err := client.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking for the version: %w", err)
	}
	o := s.options
	return []report.Fact{
		{Name: "Machine", Value: fmt.Sprintf("%d CPUs%s%s, %s/%s", runtime.NumCPU(),
			processor(), totalMemory(),
			runtime.GOOS, runtime.GOARCH)},
		{Name: "Versions", Value: fmt.Sprintf("Kubernetes %s, %s, Spaces %s", kubernetes.GitVersion, runtime.Version(), commit(ctx))},
		{Name: "Date", Value: time.Now().UTC().Format("2006-01-02 15:04 UTC")},
		{Name: "N", Value: joined(o.ns) + " Spaces in the cluster"},
		{Name: "K", Value: joined(o.ks) + " of them that a caller sees"},
		{Name: "Limits", Value: fmt.Sprintf("%d samples or %s of each row by one caller, and %d times the same "+
			"of K=%d and its (b); %s by %d callers at a time; seed %d",
			o.limits.Samples, o.limits.Time, furtherTurns, o.ks[0], o.storm, o.callers, o.seed)},
	}, nil
}

// processor is what Linux calls it, and empty on other systems.
func processor() string {
	content, _ := os.ReadFile("/proc/cpuinfo")
	match := regexp.MustCompile(`(?m)^model name\s*:\s*(.+?)\s*$`).FindSubmatch(content)
	if match == nil {
		return ""
	}
	return fmt.Sprintf(" (%s)", match[1])
}

// totalMemory is how much Linux has, and empty on other systems.
func totalMemory() string {
	content, _ := os.ReadFile("/proc/meminfo")
	total := valueOf(string(content), "MemTotal:")
	if total == 0 {
		return ""
	}
	return fmt.Sprintf(", %.0f GiB of memory", total/(1<<20))
}

// commit names the version of the project, and says when it has been changed since.
func commit(ctx context.Context) string {
	output, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "of an unknown version"
	}
	return strings.TrimSpace(string(output))
}

func joined(numbers []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(numbers)), ", "), "[]")
}
