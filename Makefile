# Counterweight: everything you need to run is a target here. `make` alone lists them.
#
# Each target does its own set-up. Compiled dependencies are kept outside the clone, so that a new
# clone takes seconds where the first took minutes; CARGO_TARGET_DIR=target keeps them inside.

CARGO_TARGET_DIR ?= $(HOME)/.cache/counterweight/target
export CARGO_TARGET_DIR

SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help build-sbf demo localnet client app app-test test bench crash scan study fuzz idl fmt lint clean
.NOTPARALLEL:

help: ## this list
	@echo "Counterweight. First: make demo"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: ## build everything and run the demonstration on an embedded chain (first time: some minutes)
	@scripts/task demo $(ARGS)

localnet: ## start a local network with a clearinghouse that lives; Ctrl-C ends it: docs/localnet.md
	@scripts/task localnet $(ARGS)

client: ## generate, build and test the TypeScript client and its engine: app/client/README.md
	@scripts/task client

app: ## build the dashboard and serve it against the network of make localnet: app/web/README.md
	@scripts/task app $(ARGS)

app-test: ## test the dashboard: units, weight, and the whole job in a browser against a network of its own
	@scripts/task app-test $(ARGS)

test: ## all checks: format, lints, the program for the chain, every test
	@scripts/task test

bench: ## measure compute units, heap and sizes on the bytecode: bench/COMPUTE.md
	@scripts/task bench $(ARGS)

crash: ## replay a crash with 2,000 accounts, cross and isolated, and check every one: bench/CRASH.md
	@scripts/task build-sbf
	@. scripts/common.sh && need_tools openssl && build_programs counterweight-bench && \
		"$$CARGO_TARGET_DIR/debug/counterweight-bench" crash $(ARGS)

scan: ## judge a million accounts in memory, and measure it: bench/SCAN.md
	@. scripts/common.sh && use_target_dir "$$CARGO_TARGET_DIR" && \
		cargo run --quiet --release --locked -p counterweight-fleet --example scan -- $(ARGS)

study: ## how often an hour exceeds margin, and what margin costs, on simulated paths: bench/STUDY.md
	@. scripts/common.sh && use_target_dir "$$CARGO_TARGET_DIR" && \
		cargo run --quiet --release --locked -p counterweight-study -- $(ARGS)

fuzz: ## fuzz the engine and the chain for ten minutes, or ARGS=seconds: fuzz/README.md
	@scripts/task fuzz $(ARGS)

idl: ## write the program's IDL: idl/counterweight.json
	@scripts/task idl

build-sbf: ## the program for the chain: target/deploy/counterweight.so
	@scripts/task build-sbf

fmt: ## format the code
	@scripts/task fmt

lint: ## check the format and the lints
	@scripts/task lint

clean: ## remove this clone's build results and the shared compiled dependencies
	@scripts/task clean
