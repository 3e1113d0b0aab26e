#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Lists the files of the tree, committed or not, that match the given git pathspecs. Names end with a NUL byte. Ignored
# and deleted files are left out.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

git ls-files -z --cached --others --exclude-standard --deduplicate -- "$@" \
    | while IFS= read -r -d '' file; do
        if [[ -e "${file}" ]]; then
            printf '%s\0' "${file}"
        fi
    done
