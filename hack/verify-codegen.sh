#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if the generated Go code is not what hack/update-codegen.sh makes of the sources as they are, committed or not.
# It generates into a copy, and leaves the tree as it is. It works from any directory.
#
# CODEGEN_BIN is where the generators are built, _output/codegen/bin unless it is set.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
work="$(mktemp -d)"
trap 'rm -rf "${work}"' EXIT
export CODEGEN_BIN="${CODEGEN_BIN:-${root}/_output/codegen/bin}"

cd "${root}"
mkdir "${work}/tree" "${work}/generated"
hack/list-files.sh go.mod go.sum hack pkg/apis pkg/generated | tar -c -f - --null -T - | tar -x -f - -C "${work}/tree"
cp -R "${work}/tree/." "${work}/generated"

echo "Generating code into a copy of the tree"
if ! "${work}/generated/hack/update-codegen.sh" >"${work}/log" 2>&1; then
    cat "${work}/log" >&2
    echo "ERROR: the code generators failed" >&2
    exit 1
fi
rm -rf "${work}/generated/_output"

cd "${work}"
if ! diff -u -r -N tree generated; then
    echo "ERROR: generated code is out of date, as shown from what it is to what it must be: run make generate" >&2
    exit 1
fi
echo "Generated code is up to date"
