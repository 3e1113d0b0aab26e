// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenancy.example.io/spaces/test/controlplane"
)

var update = flag.Bool("update", false, "write docs/conformance.md anew")

const introduction = "# Conformance of the storage\n" + `
Kubernetes has a test suite for implementations of ` + "`storage.Interface`, `k8s.io/apiserver/pkg/storage/testing`" + `: what the
registry of an API server, and so every verb that it serves, takes for granted of the storage below. Its own two
implementations, the one on etcd and the watch cache, run it. So does ` + "`pkg/namespacestore`" + `, whose rows are namespaces:
here on a kube-apiserver, with a mapping that shows namespaces as the pods of the suite, and deletes them at once.

| | |
|---|---|
| run the suite | ` + "`go test ./test/conformance`" + ` |
| run one test of it | ` + "`go test ./test/conformance -run TestStorage/ListPaging`" + ` |
| write this file anew | ` + "`go test ./test/conformance -run TestDocument -args -update`" + ` |

The table below is that in ` + "`test/conformance/table_test.go`" + `, which the tests hold to the truth: a test or subtest that fails
and should not makes them fail, as does one that passes and should not, one that is skipped, and a function of the suite
that the table does not have.
`

// TestDocument fails if docs/conformance.md does not say what the table does.
func TestDocument(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "conformance.md")
	want := document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/conformance.md is not what the table says; run this test with -args -update (-want +got):\n%s", diff)
	}
}

func document() string {
	passing, but, notApplicable := 0, 0, 0
	var table strings.Builder
	for _, test := range suite {
		switch {
		case test.notApplicable != "":
			notApplicable++
		case len(test.gaps) > 0:
			but++
		default:
			passing++
		}
		fmt.Fprintf(&table, "| %s | `%s` | %s |\n", test.name, test.functionName(), test.verdict())
	}
	return introduction + fmt.Sprintf("\nOf %d tests %d pass, %d pass but for the subtests named, and %d are not applicable.\n\n",
		len(suite), passing, but, notApplicable) + "| test | function of the suite | result |\n|---|---|---|\n" + table.String()
}

// verdict is what the document says of the test.
func (u upstreamTest) verdict() string {
	if u.notApplicable != "" {
		return "not applicable: " + u.notApplicable
	}
	if len(u.gaps) == 0 {
		return "passing"
	}
	var parts []string
	for _, gap := range u.gaps {
		parts = append(parts, gap.reason+"<br>– "+strings.Join(gap.subtests, "<br>– "))
	}
	return "passing but for: " + strings.Join(parts, "<br>")
}
