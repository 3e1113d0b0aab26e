// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"tenancy.example.io/spaces/test/controlplane"
)

const defaultPort = 17443

// place is where a local set-up lives.
type place struct {
	root    string
	dir     string
	port    int
	version string
}

// placeFromEnvironment takes a relative LOCAL_DIR from the root of the project.
func placeFromEnvironment() (place, error) {
	root, err := controlplane.Root()
	if err != nil {
		return place{}, err
	}
	p := place{root: root, dir: os.Getenv("LOCAL_DIR"), port: defaultPort, version: os.Getenv("KUBERNETES_VERSION")}
	if p.dir == "" {
		p.dir = filepath.Join("_output", "local")
	}
	if !filepath.IsAbs(p.dir) {
		p.dir = filepath.Join(root, p.dir)
	}
	if port := os.Getenv("LOCAL_PORT"); port != "" {
		p.port, err = strconv.Atoi(port)
		if err != nil || p.port < 1024 || p.port > 65000 {
			return place{}, fmt.Errorf("LOCAL_PORT is %q, not a port from 1024 to 65000", port)
		}
	}
	return p, nil
}
