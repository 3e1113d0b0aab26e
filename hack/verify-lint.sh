#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if Go code breaks a rule of .golangci.yaml, the layering of the packages among them.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

go tool -modfile=hack/tools/go.mod golangci-lint run
