#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if Go code is not formatted as .golangci.yaml says. `make format` formats it.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

go tool -modfile=hack/tools/go.mod golangci-lint fmt --diff
