// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tenancy.example.io/spaces/test/controlplane"
	"tenancy.example.io/spaces/test/docs/transcript"
)

// notRun are the blocks of commands that are not run here, and why.
var notRun = map[string]string{
	"make up\n":   "It is what this package does in its own way. It keeps state, and takes fixed ports.",
	"make test\n": "It runs this package.",
	"kubectl delete namespaces --selector spaces.tenancy.example.io/account=bakery\n" +
		"kubectl patch namespace account-bakery --type=merge --patch='{\"metadata\":{\"finalizers\":null}}'\n": "It is for a cluster without Spaces.",
}

func TestDocuments(t *testing.T) {
	root := projectRoot(t)
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	remaining := maps.Clone(notRun)
	for _, file := range append([]string{filepath.Join(root, "README.md")}, files...) {
		d := readDocument(t, root, file)
		for _, block := range d.blocks {
			delete(remaining, block.Text())
		}
		t.Run(d.name, func(t *testing.T) {
			if !d.rulesAll() {
				t.Parallel()
			}
			d.run(t)
		})
	}
	for text := range remaining {
		t.Errorf("notRun has a block which no document has:\n%s", text)
	}
}

func projectRoot(t *testing.T) string {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// document is a Markdown file.
type document struct {
	name   string
	blocks []transcript.Block
	steps  map[int][]transcript.Step // by the index of the block
}

func readDocument(t *testing.T, root, file string) document {
	t.Helper()
	name, err := filepath.Rel(root, file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := document{name: name, steps: map[int][]transcript.Step{}}
	if d.blocks, err = transcript.Blocks(string(content)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, block := range d.blocks {
		if block.Kind != transcript.Kind {
			continue
		}
		if d.steps[i], err = transcript.Steps(block); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return d
}

// cast returns who is in the document, sorted.
func (d document) cast() []string {
	var cast []string
	for _, steps := range d.steps {
		for _, step := range steps {
			cast = append(cast, step.Person)
		}
	}
	slices.Sort(cast)
	return slices.Compact(cast)
}

// rulesAll tells whether the document changes the ClusterQuota, which is about the Spaces of all other documents, too.
func (d document) rulesAll() bool {
	for _, steps := range d.steps {
		if slices.ContainsFunc(steps, func(s transcript.Step) bool {
			return strings.Contains(s.Command, "kubectl patch clusterquota")
		}) {
			return true
		}
	}
	return false
}

// run does what the document says, from its beginning to its end.
func (d document) run(t *testing.T) {
	s := newStage(t)
	for _, person := range d.cast() { // sorted: nobody waits for somebody who waits for them
		s.enter(t, person)
	}
	defer s.clear(t)
	began := time.Now()
	for i, block := range d.blocks {
		d.take(t, s, block, d.steps[i])
	}
	t.Logf("The commands took %v", time.Since(began).Round(time.Second))
}

// fileName is the first line of a block that is a file.
var fileName = regexp.MustCompile(`^# ([a-z-]+\.yaml)$`)

func (d document) take(t *testing.T, s *stage, block transcript.Block, steps []transcript.Step) {
	t.Helper()
	switch block.Kind {
	case transcript.Kind:
		for _, step := range steps {
			d.do(t, s.terminals[step.Person], step)
		}
	case "yaml":
		name := fileName.FindStringSubmatch(block.Lines[0])
		if name == nil {
			t.Fatalf("%s:%d: the first line of a file is its name, as in # ci.yaml", d.name, block.Line)
		}
		if err := os.WriteFile(filepath.Join(s.dir, name[1]), []byte(block.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
	case "text":
	case "sh":
		if notRun[block.Text()] == "" {
			t.Errorf("%s:%d: commands that are not run need a reason in notRun; all others are of the kind console", d.name, block.Line)
		}
	default:
		t.Errorf("%s:%d: a block is of the kind console, yaml, text or sh, not %q", d.name, block.Line, block.Kind)
	}
}

func (d document) do(t *testing.T, term *terminal, step transcript.Step) {
	t.Helper()
	var shown []string
	code := "0"
	if step.Command != "" {
		var err error
		if shown, code, err = term.execute(step.Command); err != nil {
			t.Fatalf("%s:%d: %s$ %s: %v\n%s", d.name, step.Line, step.Person, step.Command, err, strings.Join(shown, "\n"))
		}
	}
	if step.Command == "" || step.Background() {
		shown = term.await(step.Output, shown)
	}
	if diff := transcript.Diff(step.Output, shown); diff != "" {
		t.Errorf("%s:%d: %s$ %s (- document + terminal):\n%s", d.name, step.Line, step.Person, step.Command, diff)
	} else if code != "0" && len(step.Output) == 0 {
		t.Errorf("%s:%d: %s$ %s: ends with exit code %s, and does not say why", d.name, step.Line, step.Person, step.Command, code)
	}
}
