// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	pass = "PASS"
	// aloneTimeout is how long one test of the suite may take.
	aloneTimeout = 2 * time.Minute
)

// resultPattern is a line that tells how a test or subtest ended.
var resultPattern = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): TestUpstream/(\S+) \(`)

// runAlone runs the test of the suite in a process of its own. It returns how it and each of its subtests ended, by
// name, and everything that was written.
func runAlone(t *testing.T, kubeconfig, name string) (results map[string]string, output string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program,
		"-test.run=^TestUpstream$/^"+regexp.QuoteMeta(name)+"$", "-test.v", "-test.timeout="+aloneTimeout.String())
	command.Env = append(command.Environ(), kubeconfigVariable+"="+kubeconfig)
	var out, all bytes.Buffer
	command.Stdout, command.Stderr = &out, &all
	err = command.Run()
	results = parseResults(out.String())
	if _, ended := results[name]; !ended {
		t.Errorf("The test did not end: %v", err)
	}
	return results, out.String() + all.String()
}

func parseResults(output string) map[string]string {
	results := map[string]string{}
	for _, match := range resultPattern.FindAllStringSubmatch(output, -1) {
		results[match[2]] = match[1]
	}
	return results
}

// compare returns how the results differ from those in the table.
func compare(results map[string]string, test upstreamTest) []string {
	var differences []string
	expected := test.openSubtests()
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if isGroup(results, name) {
			continue
		}
		switch result := results[name]; {
		case result != pass && !expected[name]:
			differences = append(differences, fmt.Sprintf("%s: %s", name, result))
		case result == pass && expected[name]:
			differences = append(differences, name+": it passes, and is expected not to")
		}
		delete(expected, name)
	}
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		differences = append(differences, name+": there is no such subtest")
	}
	return differences
}

// isGroup tells whether the test has subtests and ended as they did, which says nothing of its own.
func isGroup(results map[string]string, name string) bool {
	for other, result := range results {
		if strings.HasPrefix(other, name+"/") && (results[name] == pass || results[name] == result) {
			return true
		}
	}
	return false
}

// openSubtests returns the full names of the subtests that do not pass.
func (u upstreamTest) openSubtests() map[string]bool {
	names := map[string]bool{}
	for _, gap := range u.gaps {
		for _, subtest := range gap.subtests {
			names[u.name+"/"+strings.ReplaceAll(subtest, " ", "_")] = true
		}
	}
	return names
}
