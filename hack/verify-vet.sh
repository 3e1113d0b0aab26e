#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if go vet finds fault.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

go vet ./...
