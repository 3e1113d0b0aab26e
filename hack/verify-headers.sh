#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if a source file lacks the two lines of hack/boilerplate.go.txt at its top.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/list-files.sh '*.go' '*.sh' '*.yaml' '*.yml' '*.mk' Makefile .ci/run ':!**/testdata/**' | {
    status=0
    while IFS= read -r -d '' file; do
        lines="$(head -n 6 -- "${file}" | grep -cE '^(//|#) (Copyright The Spaces Authors\.|SPDX-License-Identifier: Apache-2\.0)$' || true)"
        if [[ "${lines}" != 2 ]]; then
            echo "${file}: no licence header, see hack/boilerplate.go.txt"
            status=1
        fi
    done
    exit "${status}"
}
