// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const suitePackage = "k8s.io/apiserver/pkg/storage/testing"

// functionName is the name of the function in the package of the suite.
func (u upstreamTest) functionName() string {
	full := runtime.FuncForPC(reflect.ValueOf(u.function).Pointer()).Name()
	return strings.TrimPrefix(full, suitePackage+".")
}

// TestTable fails if the table has not each function of the suite, or a name twice.
func TestTable(t *testing.T) {
	listed, names := map[string]bool{}, map[string]bool{}
	for _, test := range suite {
		listed[test.functionName()] = true
		if names[test.name] {
			t.Errorf("%s is there twice", test.name)
		}
		names[test.name] = true
		if test.notApplicable != "" && (test.run != nil || test.gaps != nil) {
			t.Errorf("%s is not applicable, and yet says how it runs", test.name)
		}
	}
	if diff := cmp.Diff(functionsOfSuite(t), listed); diff != "" {
		t.Errorf("The functions of the suite and those of the table differ (-want +got):\n%s", diff)
	}
}

// functionsOfSuite returns the names of the functions that are tests, and not benchmarks.
func functionsOfSuite(t *testing.T) map[string]bool {
	t.Helper()
	directory, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", suitePackage).Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(directory)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if ok && function.Recv == nil && strings.HasPrefix(function.Name.Name, "Run") && !strings.HasPrefix(function.Name.Name, "RunBenchmark") {
				names[function.Name.Name] = true
			}
		}
	}
	return names
}

func TestNames(t *testing.T) {
	mapping, err := newPodMapping("t0")
	if err != nil {
		t.Fatal(err)
	}
	// Sorted, as etcd sorts them.
	keys := []string{
		"/pods/", "/pods//foo", "/pods/0", "/pods/first/", "/pods/first/bar", "/pods/first-1/bar", "/pods/first.1/bar",
		"/pods/first0/bar", "/pods/second/foo-0", "/pods/second/foo-000001", "/pods/second/foo2", "/pods/second/foo2-bar",
	}
	for i, key := range keys {
		name := mapping.Name(key)
		if got := mapping.Key(name); got != key {
			t.Errorf("Key(Name(%q)) = %q", key, got)
		}
		for _, other := range keys[i+1:] {
			if key < other != (name < mapping.Name(other)) {
				t.Errorf("%q and %q do not sort as their names, %q and %q", key, other, name, mapping.Name(other))
			}
			if strings.HasPrefix(other, key) != strings.HasPrefix(mapping.Name(other), name) {
				t.Errorf("of %q and %q one begins with the other, and of their names it does not, or the reverse", key, other)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	test := upstreamTest{name: "List", gaps: []gap{{subtests: []string{"an open one"}}}}
	for name, tc := range map[string]struct {
		output string
		want   []string
	}{
		"as expected": {
			output: "--- FAIL: TestUpstream (1s)\n    --- FAIL: TestUpstream/List (1s)\n" +
				"        --- FAIL: TestUpstream/List/an_open_one (1s)\n        --- PASS: TestUpstream/List/another (1s)\n",
		},
		"a subtest fails that should not": {
			output: "--- FAIL: TestUpstream/List (1s)\n--- FAIL: TestUpstream/List/an_open_one (1s)\n--- FAIL: TestUpstream/List/another (1s)\n",
			want:   []string{"List/another: FAIL"},
		},
		"a subtest passes that should not": {
			output: "--- PASS: TestUpstream/List (1s)\n--- PASS: TestUpstream/List/an_open_one (1s)\n",
			want:   []string{"List/an_open_one: it passes, and is expected not to"},
		},
		"a subtest is skipped": {
			output: "--- FAIL: TestUpstream/List (1s)\n--- FAIL: TestUpstream/List/an_open_one (1s)\n--- SKIP: TestUpstream/List/another (1s)\n",
			want:   []string{"List/another: SKIP"},
		},
		"a subtest is not there any more": {
			output: "--- PASS: TestUpstream/List (1s)\n--- PASS: TestUpstream/List/another (1s)\n",
			want:   []string{"List/an_open_one: there is no such subtest"},
		},
		"the test fails, and no subtest": {
			output: "--- FAIL: TestUpstream/List (1s)\n--- PASS: TestUpstream/List/another (1s)\n",
			want:   []string{"List: FAIL", "List/an_open_one: there is no such subtest"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, compare(parseResults(tc.output), test)); diff != "" {
				t.Errorf("compare (-want +got):\n%s", diff)
			}
		})
	}
}
