# The commands of the project; `make` lists them. The scripts are in Scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test model race sanitize bench bench-kernels bench-ablation s3 python spark examples fuzz crash full-disk crash-full damage format lint api docs check clean

SWIFT_SOURCE := Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift Fuzz/Sources Fuzz/Package.swift \
	Examples/Package.swift $(wildcard Examples/*/*.swift)
KILLS ?= 50
FLIPS ?= 2000
SECONDS_TO_RUN ?= 30
PROCESSES ?= 2
CRASH_POINTS ?= 200
CLOSED_RUNS ?= 60
DISK_POINTS ?= 3
DISK_SAMPLE ?= 2
SEED ?=
OPERATIONS ?= 100000

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the missing libraries and pkg-config (apt-get)
	@Scripts/setup.sh

build: setup ## Build the command line in release: .build/release/sparsestore
	swift build -c release --product sparsestore

demo: build ## Load the sample collection, search it, show why each hit matched
	@Scripts/demo.sh

# Measuring memory makes no sense when a sanitizer takes most of it.
MEASURING := HostileInputTests/.*600 MiB
# The thread sanitizer leaves too little address space for a map of 1 TiB, and ends the process if the system places a map
# where it keeps its own data. That happened with tests side by side, so they run one by one.
MAPPING := MapTests/.*default map is huge

test: ## Run every test; the last line is 'N passed, N failed, N skipped'
	@Scripts/setup.sh checks || Scripts/setup.sh
	@Scripts/test.sh

model: setup ## Random operations against a dictionary and brute force (OPERATIONS=100000, SEED=...)
	MODEL_OPERATIONS=$(OPERATIONS) $(if $(SEED),MODEL_SEED=$(SEED)) swift test --filter ModelTests

# Memory faults in damaged pages must end a process by a signal, which some tests expect. Only the fuzzer looks for
# leaks, because Foundation leaks a buffer with each file that a test reads. Without optimization, the tests would take
# hours.
SANITIZED := -c release -Xswiftc -enable-testing
race: export TSAN_OPTIONS := handle_segv=0:handle_sigbus=0:suppressions=$(CURDIR)/Tests/race-suppressions.txt
sanitize: export ASAN_OPTIONS := handle_segv=0:handle_sigbus=0:detect_leaks=0

race: setup ## Run every test under the thread sanitizer
	@Scripts/test.sh --one-by-one --without '$(MEASURING)|$(MAPPING)' $(SANITIZED) --sanitize=thread --scratch-path .build/thread

sanitize: setup ## Run every test under the address sanitizer
	@Scripts/test.sh --without '$(MEASURING)' $(SANITIZED) --sanitize=address --scratch-path .build/address

bench: ## Run the benchmarks
	@if [ -x Benchmarks/run.sh ]; then Benchmarks/run.sh; else echo "bench: Benchmarks/run.sh is missing" >&2; exit 1; fi

bench-kernels: ## Time each inner loop on the lists and vectors of a collection (DATA=FOLDER)
	@Benchmarks/inside.sh kernels

bench-ablation: ## Turn off each search optimization alone (DATA=FOLDER)
	@Benchmarks/inside.sh ablation

s3: build ## Publish to S3 and follow from there, with moto as a substitute for S3
	@test -x .build/s3/bin/moto_server || { python3 -m venv .build/s3 && .build/s3/bin/pip -q install boto3 'moto[server]'; }
	@SPARSESTORE=.build/release/sparsestore .build/s3/bin/python Scripts/s3-target.py

python: setup ## Build the C library and the Python wheel (Python/dist), and test both
	@Scripts/python.sh

examples: setup ## Build and run every example with its checks: the traits, the service with Qdrant's client (ROUNDS=4)
	@Scripts/examples.sh

spark: build ## Build shards on Spark executors under faults, and compare answers (pyspark from PyPI, Java 17)
	@Scripts/spark.sh

fuzz: ## Run every fuzz target (SECONDS_PER_TARGET=60)
	@if [ -x Fuzz/run.sh ]; then Fuzz/run.sh; else echo "fuzz: Fuzz/run.sh is missing" >&2; exit 1; fi

crash: build ## Kill loads with -9 (KILLS=50, SEED=...), run several processes on one store, also killed and stopped (SECONDS_TO_RUN=30, PROCESSES=2), close descriptors (CLOSED_RUNS=60), fill up disks (DISK_SAMPLE=2), inject a sample of faults (CRASH_POINTS=200)
	@Scripts/setup.sh checks
	@Scripts/kill-load.sh $(KILLS) $(SEED)
	@Scripts/two-processes.sh $(SECONDS_TO_RUN)
	@Scripts/closed-descriptors.py --self-test
	@Scripts/closed-descriptors.py --runs $(CLOSED_RUNS) $(if $(SEED),--seed $(SEED))
	@Scripts/full-disk.py --sample $(DISK_SAMPLE) $(if $(SEED),--seed $(SEED))
	swift build -c release --product crash-driver
	@Scripts/processes.sh $(SECONDS_TO_RUN) $(PROCESSES)
	@Scripts/killed-processes.py --seconds $(SECONDS_TO_RUN) $(if $(SEED),--seed $(SEED))
	@Tests/Crash/crash.py --points $(CRASH_POINTS) $(if $(SEED),--seed $(SEED))

full-disk: build ## Fill up small real file systems during each command (DISK_POINTS, SEED=...; needs mount)
	@Scripts/full-disk.py --self-test
	@Scripts/full-disk.py --points $(DISK_POINTS) $(if $(SEED),--seed $(SEED))

crash-full: build ## Inject a fault of every kind at every call that changes the disk (some thousand points)
	@Scripts/setup.sh checks
	swift build -c release --product crash-driver
	@Tests/Crash/crash.py --self-test
	@Tests/Crash/crash.py $(if $(SEED),--seed $(SEED))

damage: build ## Flip single bits in a store's values, verify and search it (FLIPS=2000)
	@Scripts/bit-damage.py --flips $(FLIPS)

format: ## Format the Swift source in place
	swift format --in-place --parallel -r $(SWIFT_SOURCE)

lint: ## Check format, floors, text rules and versions (needs no build)
	@Scripts/setup.sh checks
	swift format lint --strict --parallel -r $(SWIFT_SOURCE)
	@Scripts/check-floors.py --self-test
	@Scripts/check-floors.py
	@Scripts/check-async.py --self-test
	@Scripts/check-async.py
	@Scripts/check-text.py --self-test
	@Scripts/check-text.py
	@Scripts/check-version.py --self-test
	@Scripts/check-version.py
	@Scripts/test.sh --self-test

api: setup ## Compare the public Swift API with that of the last release
	@Scripts/check-api.sh

docs: setup ## Build the reference documentation and check the README's examples; a warning fails
	@Scripts/docs.sh
	@Scripts/check-examples.sh

check: ## Do everything CI does
	@bash .ci/run

clean: ## Remove what was built
	rm -rf .build
