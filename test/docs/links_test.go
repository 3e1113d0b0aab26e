// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tenancy.example.io/spaces/test/docs/transcript"
)

// Every link from one file of the project to another leads somewhere.
func TestLinks(t *testing.T) {
	root := projectRoot(t)
	for _, file := range markdownFiles(t, root) {
		content, err := os.ReadFile(file)
		check(t, err)
		for _, link := range transcript.Links(string(content)) {
			if problem := problemWith(t, file, link.Target); problem != "" {
				name, err := filepath.Rel(root, file)
				check(t, err)
				t.Errorf("%s:%d: the link to %s leads nowhere: %s", name, link.Line, link.Target, problem)
			}
		}
	}
}

func markdownFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	check(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.ContainsAny(entry.Name()[:1], "._"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			files = append(files, path)
		}
		return nil
	}))
	return files
}

// problemWith tells what is wrong with a link in the file, if anything is. Links into the web are not followed.
func problemWith(t *testing.T, file, target string) string {
	t.Helper()
	location, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if location.IsAbs() {
		return ""
	}
	if location.Path != "" {
		file = filepath.Join(filepath.Dir(file), filepath.FromSlash(location.Path))
	}
	if _, err := os.Stat(file); err != nil {
		return "there is no such file"
	}
	if location.Fragment == "" {
		return ""
	}
	content, err := os.ReadFile(file)
	check(t, err)
	if !transcript.Anchors(string(content))[location.Fragment] {
		return "the file has no such heading"
	}
	return ""
}
