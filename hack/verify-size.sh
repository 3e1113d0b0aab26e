#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if hand-written Go code exceeds the size budget, see CONTRIBUTING.md.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

go run ./hack/size
