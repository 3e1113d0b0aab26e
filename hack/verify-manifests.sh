#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Fails if a kustomization under artifacts does not render, or if a manifest there, or a rendered one, does not decode
# strictly into the kind it names.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

rendered="$(mktemp -d)"
trap 'rm -rf "${rendered}"' EXIT

hack/list-files.sh 'artifacts/*.yaml' >"${rendered}/files"
manifests=()
while IFS= read -r -d '' file; do
    if [[ "$(basename "${file}")" == kustomization.yaml ]]; then
        directory="$(dirname "${file}")"
        file="${rendered}/${directory//\//-}.yaml"
        go tool -modfile=hack/tools/go.mod kustomize build "${directory}" >"${file}"
    fi
    manifests+=("${file}")
done <"${rendered}/files"

go run ./hack/manifests "${manifests[@]}"
