// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBlocks(t *testing.T) {
	for name, tc := range map[string]struct {
		markdown  string
		want      []Block
		wantError bool
	}{
		"no block": {
			markdown: "# Title\n\nText with `code`.\n",
		},
		"blocks of two kinds": {
			markdown: "Text.\n```console\nalice$ true\n```\nText.\n\n```text\n+--+\n\n+--+\n```\n",
			want: []Block{
				{Kind: "console", Line: 3, Lines: []string{"alice$ true"}},
				{Kind: "text", Line: 8, Lines: []string{"+--+", "", "+--+"}},
			},
		},
		"a block of no kind":    {markdown: "```\nx\n```\n", want: []Block{{Line: 2, Lines: []string{"x"}}}},
		"a block with nothing":  {markdown: "```sh\n```\n", want: []Block{{Kind: "sh", Line: 2}}},
		"a block of tildes":     {markdown: "~~~ sh\nx\n~~~\n", want: []Block{{Kind: "sh", Line: 2, Lines: []string{"x"}}}},
		"a kind of two words":   {markdown: "```yaml a b \nx\n```\n", want: []Block{{Kind: "yaml a b", Line: 2, Lines: []string{"x"}}}},
		"a block in a list":     {markdown: "- Item\n\n  ```sh\n  x\n    y\n  ```\n", want: []Block{{Kind: "sh", Line: 4, Lines: []string{"x", "  y"}}}},
		"a block about blocks":  {markdown: "````md\n```sh\nx\n```\n````\n", want: []Block{{Kind: "md", Line: 2, Lines: []string{"```sh", "x", "```"}}}},
		"a fence in a block":    {markdown: "```md\n~~~\n```\n", want: []Block{{Kind: "md", Line: 2, Lines: []string{"~~~"}}}},
		"a block without end":   {markdown: "```sh\nx\n", wantError: true},
		"a block closed better": {markdown: "```sh\nx\n`````\n", want: []Block{{Kind: "sh", Line: 2, Lines: []string{"x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Blocks(tc.markdown)
			if (err != nil) != tc.wantError {
				t.Fatalf("Blocks() = %v, want an error: %v", err, tc.wantError)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBlockText(t *testing.T) {
	if got := (Block{Lines: []string{"a", " b"}}).Text(); got != "a\n b\n" {
		t.Errorf("Text() = %q", got)
	}
}

func TestLinks(t *testing.T) {
	for name, tc := range map[string]struct {
		markdown string
		want     []Link
	}{
		"none":                {markdown: "# Title\n\nWords [in brackets] (and others).\n"},
		"two on a line":       {markdown: "See [one](a.md) and [two](b.md#part).\n", want: []Link{{1, "a.md"}, {1, "b.md#part"}}},
		"a picture":           {markdown: "\n![picture](a.svg)\n", want: []Link{{2, "a.svg"}}},
		"one with a title":    {markdown: `[one](a.md "Title")`, want: []Link{{1, "a.md"}}},
		"one with code in it": {markdown: "[`make up`](a.md)\n", want: []Link{{1, "a.md"}}},
		"a definition":        {markdown: "[one]: a.md\n", want: []Link{{1, "a.md"}}},
		"code":                {markdown: "`[one](a.md)`\n"},
		"a block":             {markdown: "```sh\n[one](a.md)\n```\n[two](b.md)\n", want: []Link{{4, "b.md"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Links(tc.markdown)); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnchors(t *testing.T) {
	markdown := `# Title
## Two doors: who may do what?
### The flag ` + "`--reserved-names`" + `
## [A link](x.md) in a heading
## Again
## Again
` + "```sh\n# No heading\n```\n####### nor this\n#nor this\n"
	want := []string{
		"a-link-in-a-heading", "again", "again-1", "the-flag---reserved-names", "title", "two-doors-who-may-do-what",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(Anchors(markdown)))); diff != "" {
		t.Errorf("anchors (-want +got):\n%s", diff)
	}
}
