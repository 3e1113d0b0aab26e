// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// measurement is what was counted. Test code is counted, but has no budget.
type measurement struct {
	files, functions     sizes
	codeLines, testLines int
}

func (m measurement) testRatio() float64 {
	return float64(m.testLines) / float64(max(m.codeLines, 1))
}

// measure reads all Go files of the module but those that are generated.
func measure(module fs.FS) (measurement, error) {
	var m measurement
	for _, root := range []string{"cmd", "hack", "pkg", "test"} {
		err := fs.WalkDir(module, root, func(name string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || entry.IsDir() || path.Ext(name) != ".go" {
				return err
			}
			return m.add(module, name)
		})
		if err != nil {
			return measurement{}, err
		}
	}
	return m, nil
}

func (m *measurement) add(module fs.FS, name string) error {
	content, err := fs.ReadFile(module, name)
	if err != nil {
		return err
	}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	lines := bytes.Count(content, []byte("\n"))
	switch {
	case ast.IsGenerated(file):
	case strings.HasPrefix(name, "test/") || strings.HasSuffix(name, "_test.go"):
		m.testLines += lines
	default:
		m.codeLines += lines
		m.files = append(m.files, size{lines: lines, of: name})
		m.addFunctions(positions, file)
	}
	return nil
}

func (m *measurement) addFunctions(positions *token.FileSet, file *ast.File) {
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := positions.Position(function.Pos()), positions.Position(function.End())
		m.functions = append(m.functions, size{
			lines: last.Line - first.Line + 1,
			of:    fmt.Sprintf("%s:%d %s", first.Filename, first.Line, function.Name),
		})
	}
}
