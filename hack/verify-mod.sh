#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if a go.mod is not tidy, or if that of the server breaks a rule: no replace, no k8s.io/kubernetes, no
# controller-runtime, and one release of the k8s.io libraries, which the code generators share.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
fail() {
    echo "$*"
    status=1
}

hack/list-files.sh go.mod '*/go.mod' | {
    tidy=true
    while IFS= read -r -d '' file; do
        if ! go -C "$(dirname "${file}")" mod tidy -diff >/dev/null; then
            echo "${file} is not tidy: run make tidy"
            tidy=false
        fi
    done
    "${tidy}"
} || status=1

if grep -nE '^(replace|exclude)\b' go.mod; then
    fail "go.mod: replace and exclude are not allowed"
fi
if grep -nE '\b(k8s\.io/kubernetes|sigs\.k8s\.io/controller-runtime) ' go.mod; then
    fail "go.mod: the server is built from the published k8s.io libraries alone"
fi
releases="$(sed 's/^require//' go.mod hack/codegen/go.mod | awk '$1 ~ /^k8s\.io\// && $2 ~ /^v0\.[1-9][0-9]*\.[0-9]+$/ {print $2}' | sort -u)"
if [[ "$(wc -l <<<"${releases}")" != 1 ]]; then
    fail "go.mod, hack/codegen/go.mod: more than one release of the k8s.io libraries:" ${releases}
fi
exit "${status}"
