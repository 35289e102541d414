# Everything a person does with this project. `make` alone lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build demo test lint bench fmt clean tools

# Given to `make demo` and `make bench`, as in `make demo ARGS=--exit`.
ARGS ?=

target := $(abspath $(or $(CARGO_TARGET_DIR),target))
bundle := web/dist/manifest.json
export npm_config_update_notifier := false
npm_ci := npm ci --include=dev --no-audit --no-fund --loglevel=error
# Folders are listed with their files, so that removing a file is noticed as well. The style sheet holds just the
# classes that the templates use, hence they count as sources of the bundle.
bundle_sources := web/build.mjs web/package.json web/tsconfig.json \
  $(shell find web/src crates/web/templates 2>/dev/null)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(bundle) ## build target/release/autolynx, web pages included
	cargo build --release --locked --package autolynx

demo: build ## build, then run the demo on the built-in provider; ARGS=--exit ends it with the last call
	$(target)/release/autolynx demo $(ARGS)

test: $(bundle) ## run every test: Rust on both databases, the web bundle's, and a browser's
	sdk=$$(scripts/python-sdk.sh) && \
	  AUTOLYNX_SDK_PYTHON=$$sdk PG_FAST=1 scripts/with-postgres.sh cargo test --workspace --locked --no-fail-fast
	npm --prefix web run test --if-present
ifneq ($(wildcard e2e/package.json),)
	scripts/need.sh chromium
	$(MAKE) e2e/node_modules/.installed
	AUTOLYNX_BIN=$(target)/debug/autolynx npm --prefix e2e test
endif

lint: $(bundle) ## check format, warnings, documentation, licences, the web sources and the scripts
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
	scripts/licences.sh
	npm --prefix web run lint --if-present
ifneq ($(wildcard e2e/package.json),)
	$(MAKE) e2e/node_modules/.installed
	npm --prefix e2e run lint --if-present
endif
	@if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh .ci/run; \
	  else echo 'lint: shellcheck is not installed: the scripts were NOT checked' >&2; fi

bench: $(bundle) ## measure a release build, on a Postgres that really writes to the disk
	scripts/with-postgres.sh cargo run --release --locked --package autolynx-bench -- $(ARGS)

fmt: ## format the Rust sources
	cargo fmt --all

clean: ## remove what was built, but not the tools in target/tools
	rm -rf web/dist web/node_modules e2e/node_modules
	[ ! -d $(target) ] || find $(target) -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +

# What a build needs beside the sources. Comes before the first npm or cargo command.
tools:
	@scripts/need.sh rust gcc node

$(bundle): web/node_modules/.installed $(bundle_sources)
	npm --prefix web run build
	@touch $@

%/node_modules/.installed: %/package-lock.json | tools
	cd $* && $(npm_ci)
	@mkdir -p $(@D) && touch $@
