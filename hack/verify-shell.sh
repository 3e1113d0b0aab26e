#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if a shell script does not parse, or cannot be executed.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/list-files.sh '*.sh' .ci/run | {
    status=0
    while IFS= read -r -d '' file; do
        bash -n "${file}" || status=1
        if [[ ! -x "${file}" ]]; then
            echo "${file}: not executable"
            status=1
        fi
    done
    exit "${status}"
}
