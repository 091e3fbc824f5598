# The commands of this project; `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export NPM_CONFIG_AUDIT := false
export NPM_CONFIG_FUND := false
export NPM_CONFIG_UPDATE_NOTIFIER := false

# Where `make test` leaves its results for scripts/test-summary.ts.
RESULTS := .vitest/results.json

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: needs-node node_modules/.package-lock.json ## Install the packages and Node 24 (20 s, when package-lock.json changed)

.PHONY: check
check: setup ## Format, lint, types, generated files, architecture rules (20 s)
	@npm run --silent check

.PHONY: test
test: check bundle binaries ## Everything: check, bundle, and all tests in all tiers
	@npx vitest run --reporter=default --reporter=json --outputFile.json=$(RESULTS)

.PHONY: test-unit
test-unit: setup ## The unit tests alone (half a minute)
	@npm run --silent test:unit

.PHONY: demo
demo: setup binaries ## The whole story on a real BuildKit; KEEP=1 keeps it all running, for your kubectl
	@npm run --silent demo

.PHONY: bench
bench: setup binaries ## Measure what docs/performance.md states
	@npm run --silent bench

.PHONY: generate
generate: setup ## Write crds/ anew from src/api
	@npm run --silent generate

.PHONY: format
format: setup ## Format all files
	@npm run --silent format

.PHONY: bundle
bundle: setup ## Bundle the program for the image: dist/mirrorauth.mjs
	@npm run --silent bundle

.PHONY: binaries
binaries: setup ## Build etcd, kube-apiserver, buildkitd and the like with Go, once (10 min)
	@npx node testbed/binaries.ts > /dev/null

.PHONY: clean
clean: ## Remove what was built here (not the packages, nor the binaries' cache)
	@rm -rf dist coverage .vitest

# npm writes this file itself when it is through, so an `npm ci` by hand counts too.
node_modules/.package-lock.json: package-lock.json | needs-node
	@echo '[setup] installing the packages (20 s)' >&2
	@npm ci --ignore-scripts --loglevel=error > /dev/null
	@node_modules/.bin/node -e '' 2> /dev/null || \
	  { echo 'Node 24 did not come with the packages: it does on Linux (x64, arm64) unless npm is told to omit optional dependencies.' >&2; exit 1; }
	@touch $@

.PHONY: needs-node
needs-node:
	@{ node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'; } > /dev/null 2>&1 || \
	  { echo "Node 20.19 or newer is needed (found: $$(node --version 2> /dev/null || echo none)): get it from https://nodejs.org/." >&2; exit 1; }
	@command -v npm > /dev/null || \
	  { echo 'npm is missing: install it, or get Node from https://nodejs.org/, which has it.' >&2; exit 1; }
