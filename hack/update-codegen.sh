#!/usr/bin/env bash

# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Brings all generated Go code up to date: the zz_generated files beside the API types, and pkg/generated. It needs
# nothing but Go and Go modules, and works from any directory.
#
# CODEGEN_BIN is where the generators are built, _output/codegen/bin unless it is set.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "${root}"
module="$(go list -m)"
boilerplate="${root}/hack/boilerplate.go.txt"

# The generators are required by a go.mod of their own: the server does not depend on them.
go -C hack/codegen mod download k8s.io/code-generator
codegen="$(go -C hack/codegen list -m -f '{{.Dir}}' k8s.io/code-generator)"
export GOBIN="${CODEGEN_BIN:-${root}/_output/codegen/bin}"
# shellcheck source=/dev/null
source "${codegen}/kube_codegen.sh"

generate_helpers() {
    # validation-gen cannot read meta/v1, where Condition names hand-written functions that are in another package. So
    # it is told nothing of meta/v1 here, and the fields with types from there are marked +k8s:opaqueType.
    local -a all=("${KUBE_CODEGEN_READONLY_PKGS[@]}")
    KUBE_CODEGEN_READONLY_PKGS=()
    local package
    for package in "${all[@]}"; do
        if [[ "${package}" != k8s.io/apimachinery/pkg/apis/meta/v1 ]]; then
            KUBE_CODEGEN_READONLY_PKGS+=("${package}")
        fi
    done
    kube::codegen::gen_helpers \
        --boilerplate "${boilerplate}" \
        "${root}/pkg/apis"
    KUBE_CODEGEN_READONLY_PKGS=("${all[@]}")
}

generate_openapi() {
    # The report lists breaches of the API conventions. Those in it come with apimachinery; a new line in it is ours.
    kube::codegen::gen_openapi \
        --output-dir "${root}/pkg/generated/openapi" \
        --output-pkg "${module}/pkg/generated/openapi" \
        --output-model-name-file zz_generated.model_name.go \
        --report-filename "${root}/hack/codegen/api-violations.list" \
        --update-report \
        --extra-pkgs k8s.io/api/rbac/v1 \
        --boilerplate "${boilerplate}" \
        "${root}/pkg/apis"
}

generate_clients() {
    local schema="${root}/_output/codegen/models-schema.json"
    go run ./hack/models-schema >"${schema}"
    # What is there is removed first, which the generators leave where a type has gone.
    local name
    for name in applyconfiguration clientset informers listers; do
        rm -rf "${root}/pkg/generated/${name}"
        mkdir -p "${root}/pkg/generated/${name}"
    done
    kube::codegen::gen_client \
        --with-watch \
        --with-applyconfig \
        --applyconfig-openapi-schema "${schema}" \
        --output-dir "${root}/pkg/generated" \
        --output-pkg "${module}/pkg/generated" \
        --boilerplate "${boilerplate}" \
        "${root}/pkg/apis"
}

mkdir -p "${root}/_output/codegen"
generate_helpers
generate_openapi
generate_clients
