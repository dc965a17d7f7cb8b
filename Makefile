# The house's doors: `make` lists them. What each does lives in Scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test bench fuzz crash format lint docs check clean

SWIFT_SOURCE := Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift Fuzz/Sources Fuzz/Package.swift
KILLS ?= 50
SECONDS_TO_RUN ?= 30
SEED ?=

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install liblmdb, libzstd and pkg-config where they are missing (apt-get)
	@Scripts/setup.sh

build: setup ## Build the command line in release: .build/release/sparsestore
	swift build -c release --product sparsestore

demo: build ## Load the sample collection, search it, show why each hit matched
	@Scripts/demo.sh

test: setup ## Run every test
	swift test --parallel

bench: ## Run the benchmarks
	@if [ -x Benchmarks/run.sh ]; then Benchmarks/run.sh; else echo "bench: there is no benchmark to run yet" >&2; exit 1; fi

fuzz: ## Run every fuzz target (SECONDS_PER_TARGET=60)
	@if [ -x Fuzz/run.sh ]; then Fuzz/run.sh; else echo "fuzz: there is no fuzzer to run yet" >&2; exit 1; fi

crash: build ## Kill loads with -9 (KILLS=50, SEED=...), then two processes on one store (SECONDS_TO_RUN=30)
	@Scripts/setup.sh checks
	@Scripts/kill-load.sh $(KILLS) $(SEED)
	@Scripts/two-processes.sh $(SECONDS_TO_RUN)

format: ## Format the Swift source in place
	swift format --in-place --parallel -r $(SWIFT_SOURCE)

lint: ## Check format, floors and text rules: the checks that need no build
	@Scripts/setup.sh checks
	swift format lint --strict --parallel -r $(SWIFT_SOURCE)
	@Scripts/check-floors.py --self-test
	@Scripts/check-floors.py
	@Scripts/check-text.py --self-test
	@Scripts/check-text.py

docs: setup ## Build the reference documentation and check the README's examples; a warning fails
	@Scripts/docs.sh
	@Scripts/check-examples.sh

check: ## Do everything CI does
	@bash .ci/run

clean: ## Remove what was built
	rm -rf .build
