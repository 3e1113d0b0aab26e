#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Runs the read-only checks, all of them or those that are named, and fails if one does. A check NAME is the script
# hack/verify-NAME.sh; what it prints is shown only if it fails.
#
# Usage: hack/verify.sh [NAME...]

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

checks=("$@")
if [[ ${#checks[@]} == 0 ]]; then
    checks=(files headers shell size mod format codegen vet lint deadcode manifests)
fi

log="$(mktemp)"
trap 'rm -f "${log}"' EXIT
failed=()
for check in "${checks[@]}"; do
    printf '%-10s ' "${check}"
    start="${SECONDS}"
    if "hack/verify-${check}.sh" >"${log}" 2>&1; then
        echo "ok   $((SECONDS - start))s"
    else
        echo "FAIL $((SECONDS - start))s"
        sed 's/^/    /' "${log}"
        failed+=("${check}")
    fi
done

if [[ ${#failed[@]} != 0 ]]; then
    echo "Failed: ${failed[*]}. One alone: hack/verify.sh ${failed[0]}" >&2
    exit 1
fi
