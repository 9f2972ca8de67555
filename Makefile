# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything is made below .cache, which git ignores. Needed: Python 3.11 or newer with venv, and a package index.

PYTHON ?= python3
SLICES := lint unit live examples stacks browser molecule build sanity docs project matrix core newest-hub

.DEFAULT_GOAL := help
.PHONY: help check-python demo test test-long $(SLICES:%=test-%) bench docs release tool hubs tools requirements clean

help: ## show this
	@echo 'make TARGET [PYTHON=python3.12]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Understood by every Python, however old.
check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'This needs Python 3.11 or newer, and "$(PYTHON)" is not: $(shell $(PYTHON) --version 2>&1 | head -n 1).' >&2; \
	  echo 'Choose another one: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; \
	  exit 1; }

demo: check-python ## see the collection at work on a JupyterHub of its own (KEEP=1 leaves the hub running)
	@$(PYTHON) -m tests.tools.environments ansible hub6 > /dev/null
	@KEEP='$(KEEP)' "$$($(PYTHON) -m tests.tools.environments ansible)/bin/python" -m tests.demo.run

test: check-python ## run all tests below and say at the end what passed, failed and was skipped
	@$(PYTHON) -m tests.tools.run_slices

test-long: check-python ## run all tests in full, on every hub: hours (ARGS=live for one slice)
	@$(PYTHON) -m tests.tools.run_slices --long $(ARGS)

test-lint: ## style, types, metadata and documentation
test-unit: ## unit tests, also on the oldest Python of a target that is here
test-live: ## modules, role and playbooks on running hubs: JupyterHub 4, 5 and 6
test-examples: ## the examples of the documentation
test-stacks: export TEST_STACKS ?= all
test-stacks: ## on hubs as people run them, with other databases, proxies, authenticators and spawners: hours; make test runs a sample
test-browser: ## reports, and the page of the audit in a real browser (needs chromium)
test-molecule: ## the role, with molecule
test-build: ## the archive for Galaxy: build, contents, installation
test-sanity: ## ansible-test sanity
test-docs: ## build the site of the documentation, and follow its links inside
test-project: ## licences, and a whole release in a copy: changelog, archive as Galaxy sees it, execution environment
test-core: ## unit and some live tests with one series of ansible-core (CORE=2.20)
test-newest-hub: ## live tests on the newest JupyterHub that is published, whatever is locked
test-matrix: ## unit, sanity and some live tests again with the newer ansible-core (needs Python 3.12 or newer)
$(SLICES:%=test-%): test-%: check-python
	@$(PYTHON) -m tests.tools.run_slices $*

bench: check-python ## measure speed and numbers of requests (ARGS=--quick for a short run)
	@$(PYTHON) -m tests.tools.environments hub4 hub5 hub6 > /dev/null
	@"$$($(PYTHON) -m tests.tools.environments test)/bin/python" -m tests.benchmarks $(ARGS)

docs: check-python ## build the site of the documentation: .cache/docs/html/index.html
	@"$$($(PYTHON) -m tests.tools.environments docs)/bin/python" -m tests.tools.docs

release: check-python ## make a release of this checkout (VERSION=1.0.0 [REPOSITORY=https://...]); it commits and uploads nothing
	@"$$($(PYTHON) -m tests.tools.environments project)/bin/python" -m tests.tools.publish release '$(VERSION)' '$(REPOSITORY)'

tool: check-python ## run a tool of the tests' environment (ARGS="ruff check .")
	@"$$($(PYTHON) -m tests.tools.environments test)/bin/"$(ARGS)

hubs: check-python ## install the three JupyterHubs
	@$(PYTHON) -m tests.tools.environments hub4 hub5 hub6

tools: check-python ## install ansible-core and all tools that the tests use
	@$(PYTHON) -m tests.tools.environments test mitmproxy

requirements: check-python ## choose the newest versions of all requirements and lock them
	@$(PYTHON) -m tests.tools.lock

clean: ## remove all that make has made
	rm -rf .cache
