// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folderOf writes files into a folder, and makes the folder above the current one. It is called "small".
func folderOf(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("small", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join("small", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// configMap is a manifest.
func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n"
}

func TestManifestsAreRead(t *testing.T) {
	cases := map[string]struct {
		files     map[string]string
		in        string
		recursive bool
		paths     []string
		want      []string // where, and the name
	}{
		"of a folder, in the order of its files and their documents": {
			files: map[string]string{"b.yml": configMap("b1") + "---\n" + configMap("b2"), "a.yaml": configMap("a"), "c.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}`},
			paths: []string{"small"},
			want:  []string{"small/a.yaml, document 1: a", "small/b.yml, document 1: b1", "small/b.yml, document 2: b2", "small/c.json, document 1: c"},
		},
		"of a folder, without other files and the folders in it": {
			files: map[string]string{"a.yaml": configMap("a"), "notes.txt": "no: [yaml", "more/b.yaml": configMap("b")},
			paths: []string{"small/"},
			want:  []string{"small/a.yaml, document 1: a"},
		},
		"of the folders in a folder": {
			files:     map[string]string{"b.yaml": configMap("b"), "a/z.yaml": configMap("z"), "c/d/e.yml": configMap("e")},
			recursive: true,
			paths:     []string{"small"},
			want:      []string{"small/a/z.yaml, document 1: z", "small/b.yaml, document 1: b", "small/c/d/e.yml, document 1: e"},
		},
		"of a file of any name": {
			files: map[string]string{"manifests": configMap("a")},
			paths: []string{"small/manifests"},
			want:  []string{"small/manifests, document 1: a"},
		},
		"in the order of the command line": {
			files: map[string]string{"a.yaml": configMap("a"), "b.yaml": configMap("b")},
			paths: []string{"small/b.yaml", "-", "small/a.yaml"},
			in:    configMap("in"),
			want:  []string{"small/b.yaml, document 1: b", "standard input, document 1: in", "small/a.yaml, document 1: a"},
		},
		"without documents that are empty": {
			in:    "# Only a comment.\n---\n" + configMap("a") + "---\n\n---\n# Another one.\n---\n" + configMap("b") + "---\n",
			paths: []string{"-"},
			want:  []string{"standard input, document 1: a", "standard input, document 2: b"},
		},
		"of JSON that follows JSON": {
			in:    "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"A\", \"metadata\": {\"name\": \"a\"}}\n" + `{"apiVersion":"v1","kind":"B","metadata":{"name":"b"}}`,
			paths: []string{"-"},
			want:  []string{"standard input, document 1: a", "standard input, document 2: b"},
		},
		"of a kind that only sounds like a list": {
			in:    "apiVersion: example.com/v1\nkind: PriceList\nmetadata: {name: a}\n",
			paths: []string{"-"},
			want:  []string{"standard input, document 1: a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, tc.files)
			reader := manifestReader{in: strings.NewReader(tc.in), recursive: tc.recursive}
			manifests, err := reader.readManifests(tc.paths)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, namesOf(t, manifests)); diff != "" {
				t.Errorf("unexpected manifests (-want +got):\n%s", diff)
			}
		})
	}
}

// namesOf are the names of manifests, behind where they stand.
func namesOf(t *testing.T, manifests []manifest) []string {
	t.Helper()
	var names []string
	for _, m := range manifests {
		object := fieldsOf(t, m.raw)
		names = append(names, filepath.ToSlash(m.at.String())+": "+fieldsOf(t, object["metadata"]).text("name"))
	}
	return names
}

func TestManifestsAreNotRead(t *testing.T) {
	const noManifest = "it is no manifest, which has apiVersion and kind"
	cases := map[string]struct {
		files map[string]string
		in    string
		path  string
		want  string
	}{
		"from nowhere": {
			path: "large",
			want: `the path "large" does not exist`,
		},
		"from an empty folder": {
			path: "small",
			want: "there are no manifests in small: of a folder, files that end with .json, .yaml, .yml are read",
		},
		"from nothing": {
			in:   "---\n# Nothing.\n",
			path: "-",
			want: "there are no manifests in -: of a folder, files that end with .json, .yaml, .yml are read",
		},
		"from what is no YAML": {
			files: map[string]string{"a.yaml": configMap("a"), "b.yaml": configMap("b") + "---\nb: c: d\n"},
			path:  "small",
			want:  "small/b.yaml, document 2: error converting YAML to JSON: yaml: mapping values are not allowed in this context",
		},
		"from what is no JSON": {
			in:   `{"apiVersion": "v1" "kind": "A"}`,
			path: "-",
			want: `standard input, document 1: json: offset 21: invalid character '"' after object key:value pair`,
		},
		"from an array":            {in: "- " + `{"apiVersion": "v1", "kind": "A"}`, path: "-", want: "standard input, document 1: " + noManifest},
		"from a text":              {in: "text", path: "-", want: "standard input, document 1: " + noManifest},
		"without a kind":           {in: "apiVersion: v1\n", path: "-", want: "standard input, document 1: " + noManifest},
		"without an apiVersion":    {in: "kind: ConfigMap\n", path: "-", want: "standard input, document 1: " + noManifest},
		"of a kind that is a flag": {in: "apiVersion: v1\nkind: Y\n", path: "-", want: "standard input, document 1: " + noManifest},
		"from a List": {
			in:   "apiVersion: v1\nkind: List\nitems: []\n",
			path: "-",
			want: "standard input, document 1: a List cannot be in a template: write its items as documents of their own",
		},
		"from a list of one kind": {
			in:   configMap("a") + "---\napiVersion: v1\nkind: ConfigMapList\nitems: []\n",
			path: "-",
			want: "standard input, document 2: a ConfigMapList cannot be in a template: write its items as documents of their own",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			folderOf(t, tc.files)
			reader := manifestReader{in: strings.NewReader(tc.in)}
			if _, err := reader.readManifests([]string{tc.path}); filepath.ToSlash(errorText(err)) != tc.want {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestManifestsOfAFolderBehindALink(t *testing.T) {
	folderOf(t, map[string]string{"a.yaml": configMap("a")})
	if err := os.Symlink("small", "link"); err != nil {
		t.Skip(err)
	}
	manifests, err := new(manifestReader).readManifests([]string{"link"})
	if err != nil || len(manifests) != 1 {
		t.Errorf("got %v (%v), want one manifest", manifests, err)
	}
}

// torn is an input that breaks off.
type torn struct{}

var errTorn = errors.New("broken pipe")

func (torn) Read([]byte) (int, error) { return 0, errTorn }

func TestManifestsOfAnInputThatBreaksOff(t *testing.T) {
	in := io.MultiReader(strings.NewReader(configMap("a")+"---\n"), torn{})
	_, err := (&manifestReader{in: in}).readManifests([]string{"-"})
	if !errors.Is(err, errTorn) {
		t.Errorf("got error %v, want %v", err, errTorn)
	}
}
