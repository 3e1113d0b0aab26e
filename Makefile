# Copyright The Spaces Authors.
# SPDX-License-Identifier: Apache-2.0

# Everything here needs Go, make and git, and nothing else. Variables may stand on the command line or in the
# environment: `make up LOCAL_PORT=7000`.

.DEFAULT_GOAL := help

BIN := _output/bin
# What lets the linker leave out methods that nothing calls, see hack/verify-deadcode.sh.
TAGS := grpcnotrace
LINT := go tool -modfile=hack/tools/go.mod golangci-lint
# The packages below those of the given directories that exist.
packages = $(addsuffix /...,$(wildcard $(1)))

##@ A control plane on this machine

.PHONY: up
up: ## Starts a Kubernetes control plane and our server on loopback (LOCAL_DIR, LOCAL_PORT, KUBERNETES_VERSION)
	@go run ./hack/local up

.PHONY: down
down: ## Stops what `make up` started, and keeps its state
	@go run ./hack/local down

.PHONY: clean
clean: ## Stops what `make up` started, and removes its state
	@go run ./hack/local clean

##@ Development

.PHONY: build
build: ## Builds the server and the kubectl plugins into _output/bin
	@mkdir -p $(BIN)
	go build -tags=$(TAGS) -o $(BIN)/ ./cmd/...
	@ln -sf kubectl-space $(BIN)/kubectl-create-space
	@ln -sf kubectl-space $(BIN)/kubectl-create-spacetemplate
	@ln -sf kubectl-space $(BIN)/kubectl_complete-space

.PHONY: generate
generate: ## Brings generated code and formatting up to date
	hack/update-codegen.sh
	$(LINT) fmt

.PHONY: format
format: ## Formats the Go code
	$(LINT) fmt

.PHONY: lint
lint: ## Lints the Go code, and mends what can be mended mechanically
	$(LINT) run --fix

.PHONY: tidy
tidy: ## Runs go mod tidy in every module
	@hack/list-files.sh go.mod '*/go.mod' | xargs -0 -n 1 dirname | xargs -I DIR go -C DIR mod tidy

##@ Checks

.PHONY: test
test: test-unit test-integration ## Runs the unit tests, then the integration tests (KUBERNETES_VERSION)

.PHONY: test-unit
test-unit: ## Runs the unit tests, with the race detector where there is a C compiler
	@race=-race; go build -race runtime/cgo 2>/dev/null || { race=; echo "No C compiler: testing without the race detector"; }; \
	set -x; go test -count=1 $$race $(call packages,./cmd ./hack ./pkg ./test/bench ./test/controlplane)

.PHONY: test-integration
test-integration: build ## Runs the integration tests on a Kubernetes control plane of their own
	go test -count=1 -p 1 -parallel 4 -timeout 40m $(call packages,./test/integration ./test/conformance ./test/docs)
	go test -count=1 -p 1 -timeout 15m ./test/chaos/...

.PHONY: chaos
chaos: ## Runs informers of 20 users, and then a storm on budgets, while all around them changes and breaks (CHAOS_TIME, STORM_TIME, CHAOS_SEED)
	go test -count=1 -v -timeout 24h ./test/chaos -duration=$(or $(CHAOS_TIME),30m) -seed=$(or $(CHAOS_SEED),0)
	go test -count=1 -v -timeout 24h ./test/chaos/storm -duration=$(or $(STORM_TIME),10m) -calm=20s -seed=$(or $(CHAOS_SEED),0)

.PHONY: verify
verify: ## Runs all read-only checks: generated code, manifests, formatting, lint and more
	@hack/verify.sh

verify-%: ## Runs one of them: verify-lint for hack/verify-lint.sh
	@hack/verify.sh $*

##@ Measuring

.PHONY: bench
bench: ## Measures ours beside the baselines, on a control plane of its own, for half an hour
	@go run ./test/bench

##@ Later

.PHONY: image
image: ## Not there yet: a container image of the server
image:
	@echo "ERROR: make $@ is not there yet, a later version brings it" >&2
	@exit 2

##@ Help

.PHONY: help
help: ## Lists the targets
	@awk 'BEGIN {FS = ":.*?## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z%-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
