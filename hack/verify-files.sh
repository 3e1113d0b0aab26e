#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Checks that no file is so large that it must be there by mistake, such as a program.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly most=$((512 * 1024))

large="$(git ls-files -z | xargs -0 stat --format '%s %n' | awk -v most="${most}" '$1 > most')"
if [[ -n "${large}" ]]; then
    echo "These files have more than ${most} bytes. Remove them, and add what makes them to .gitignore:" >&2
    echo "${large}" >&2
    exit 1
fi
