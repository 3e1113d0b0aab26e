// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// DefaultVersion is the Kubernetes version of hack/controlplane/go.mod.
const DefaultVersion = "v1.36.3"

var releasePattern = regexp.MustCompile(`^v(\d+)\.(\d+)\.\d+$`)

// normalizeVersion accepts a version with and without its v.
func normalizeVersion(version string) (string, error) {
	if version == "" {
		return DefaultVersion, nil
	}
	version = "v" + strings.TrimPrefix(version, "v")
	if !releasePattern.MatchString(version) {
		return "", fmt.Errorf("%q is not a Kubernetes release, such as %s", version, DefaultVersion)
	}
	return version, nil
}

// modFile is the module file, relative to its module, that pins the programs of a version.
func modFile(module, version string) (string, error) {
	if version == DefaultVersion {
		return "go.mod", nil
	}
	file := version + ".mod"
	_, err := os.Stat(filepath.Join(module, file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no Kubernetes %s here; there are %s", version, strings.Join(versions(module), ", "))
	}
	return file, err
}

// versions lists what can be built.
func versions(module string) []string {
	files, _ := filepath.Glob(filepath.Join(module, "v*.mod"))
	available := []string{DefaultVersion}
	for _, file := range files {
		available = append(available, strings.TrimSuffix(filepath.Base(file), ".mod"))
	}
	return available
}

// versionFlags is what the linker is told, so that the programs know their version.
func versionFlags(version string) string {
	parts := releasePattern.FindStringSubmatch(version)
	var flags strings.Builder
	flags.WriteString("-s -w")
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		fmt.Fprintf(&flags, " -X %s.gitVersion=%s -X %s.gitMajor=%s -X %s.gitMinor=%s",
			pkg, version, pkg, parts[1], pkg, parts[2])
	}
	return flags.String()
}
