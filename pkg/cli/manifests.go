// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/resource"
)

// manifest is an object that was read, and where.
type manifest struct {
	raw []byte
	at  source
}

// source is where a manifest stands. Documents count from one, without those that are empty.
type source struct {
	file     string
	document int
}

func (s source) String() string { return fmt.Sprintf("%s, document %d", s.file, s.document) }

// stdin is what kubectl calls its standard input.
const stdin = "-"

// manifestReader reads manifests: files by their names, documents as they follow each other.
type manifestReader struct {
	in        io.Reader
	recursive bool
	manifests []manifest
}

// readManifests returns what is in these files and folders.
func (r *manifestReader) readManifests(paths []string) ([]manifest, error) {
	for _, path := range paths {
		if err := r.read(path); err != nil {
			return nil, err
		}
	}
	if len(r.manifests) == 0 {
		return nil, fmt.Errorf("there are no manifests in %s: of a folder, files that end with %s are read",
			strings.Join(paths, ", "), strings.Join(resource.FileExtensions, ", "))
	}
	return r.manifests, nil
}

func (r *manifestReader) read(path string) error {
	if path == stdin {
		return r.stream("standard input", r.in)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the path %q does not exist", path)
	case err != nil:
		return err
	case info.IsDir():
		return r.folder(path)
	default:
		return r.file(path)
	}
}

// folder reads the files of kubectl's endings.
func (r *manifestReader) folder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := r.entry(entry, filepath.Join(path, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (r *manifestReader) entry(entry os.DirEntry, path string) error {
	switch {
	case entry.IsDir() && r.recursive:
		return r.folder(path)
	case !entry.IsDir() && slices.Contains(resource.FileExtensions, filepath.Ext(path)):
		return r.file(path)
	default:
		return nil
	}
}

func (r *manifestReader) file(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return r.stream(path, file)
}

// stream reads all documents, by kubectl's own decoder.
func (r *manifestReader) stream(name string, in io.Reader) error {
	const lookAhead = 4096 // for what tells JSON
	decoder := yaml.NewYAMLOrJSONDecoder(in, lookAhead)
	at := source{file: name, document: 1}
	for {
		var document runtime.RawExtension
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && len(document.Raw) == 0 {
			continue
		}
		if err == nil {
			err = checkManifest(document.Raw)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		r.manifests = append(r.manifests, manifest{raw: document.Raw, at: at})
		at.document++
	}
}
