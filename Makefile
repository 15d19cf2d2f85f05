# Two commands for a newcomer: `make demo` and `make test`. `make help` lists the rest.

PYTHON   := .venv/bin/python
LEVEL    ?= core
PLATFORM ?= local
CLUSTERS ?= 200

.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: .venv/ready ## bring everything up, create a cluster, show what to look at (PLATFORM=current: your own)
	@$(PYTHON) -m tests.demo --platform $(PLATFORM)

test: check ## everything, from nothing: static checks, then all tests with scenarios at LEVEL
	$(PYTHON) -m pytest --level $(LEVEL) --numprocesses 2 --dist loadscope

check: .venv/ready ## formatting, lint, types, import arrows
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

quick: .venv/ready ## tests that need no platform
	$(PYTHON) -m pytest tests/unit tests/workflows tests/replay

apiserver: .venv/ready ## tests against a real API server without nodes
	$(PYTHON) -m pytest tests/apiserver

scenarios: .venv/ready ## tests on the real platform (LEVEL=core|full)
	$(PYTHON) -m pytest tests/scenarios --level $(LEVEL)

bench: .venv/ready ## measure against the budgets, print ratios, write build/bench.json
	@$(PYTHON) -m tests.bench

bench-fleet: .venv/ready ## measure many clusters without containers, write build/bench-fleet.json (CLUSTERS=200)
	@$(PYTHON) -m tests.bench fleet --clusters $(CLUSTERS)

pictures: .venv/ready ## make docs/pictures anew, from a real rolling update on the local platform
	@$(PYTHON) -m tests.demo.pictures

platform-up: .venv/ready ## start the local Kubernetes with storage, S3 and Temporal
	@$(PYTHON) -m tests.devcluster up

platform-down: .venv/ready ## stop it and leave nothing behind
	@$(PYTHON) -m tests.devcluster down

format: .venv/ready ## format and fix what can be fixed
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

generate: .venv/ready ## write deploy/crds and docs/reference anew from the models
	@$(PYTHON) -m workflows.model.crds --write deploy/crds
	@$(PYTHON) -m workflows.model.reference --write docs/reference

lock: .venv/ready ## resolve dependencies anew into the two lock files
	@.venv/bin/pip install --quiet uv
	@for extra in "--extra dev -o requirements.lock" "-o requirements.runtime.lock"; do \
	  .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header \
	    --no-emit-index-url --python-version 3.11 pyproject.toml $$extra; done

# The virtual environment, made anew when the lock changes. Debian splits venv from python3.
.venv/ready: requirements.lock
	@echo "preparing .venv"
	@python3 -m venv --clear .venv 2>/dev/null || \
	  { apt-get update -q && apt-get install -y -q python3-venv && python3 -m venv --clear .venv; } >/dev/null
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.PHONY: help demo test check quick apiserver scenarios bench bench-fleet pictures platform-up platform-down format generate lock
