# Two commands matter: `make run` and `make test`. `make help` lists the rest.

PORT ?= 8000
RUNS ?= 3
PYTHON := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
UI_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts frontend/tsconfig*.json -type f 2>/dev/null)

# Only a path given on make's own command line counts: a KUBECONFIG of the shell is never used silently.
ifeq ($(origin KUBECONFIG),command line)
  UP_OPTIONS := --kubeconfig '$(KUBECONFIG)'
endif

.PHONY: help run setup test test-long check fmt lint types coverage bench bench-publish noop schema cluster cluster-down clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

run: setup ## start IPS here until Ctrl-C (PORT=8123, KUBECONFIG=/path for a real cluster)
	@PORT=$(PORT) exec $(PYTHON) -m ips.supervisor $(UP_OPTIONS)

# Python packages and the user interface come side by side; nothing happens while their locks are unchanged.
setup: ## install what the locks name and build the user interface
	@$(MAKE) --no-print-directory -j2 .venv/.run frontend/dist/index.html

test: .venv/.dev frontend/dist/index.html ## everything, ends with the counts
	@$(PYTHON) -m tests.everything

test-long: .venv/.dev ## hours: more points for each fault, more examples, a soak of 30 min (table in docs/reliability.md)
	@$(PYTHON) -m tests.everything --long

check: .venv/.dev frontend/node_modules/.installed ## the quick loop: lint, types, unit tests; no database, browser, cluster
	@$(PYTHON) -m tests.everything --quick

fmt: .venv/.dev frontend/node_modules/.installed ## format the code
	$(PYTHON) -m ruff check --fix-only --quiet .
	$(PYTHON) -m ruff format .
	cd frontend && npx eslint --fix .

lint: .venv/.dev frontend/node_modules/.installed ## what the linters say
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	cd frontend && npm run --silent lint

types: .venv/.dev frontend/node_modules/.installed ## what the type checkers say
	$(PYTHON) -m mypy ips accounts prewarm webhooks
	cd frontend && npm run --silent typecheck

coverage: .venv/.dev ## which lines the tests run
	$(PYTHON) -m pytest --ignore=tests/cluster --ignore=tests/faults --cov --cov-report=term-missing:skip-covered

bench: .venv/.dev ## print how fast it is here (RUNS=3, ROWS="first_pod_p50_ms …" for some of it)
	$(PYTHON) -m tests.bench --runs $(RUNS) $(ROWS)

bench-publish: .venv/.dev ## the same, and write docs/performance.md and docs/performance.json
	$(PYTHON) -m tests.bench --runs $(RUNS) --publish $(ROWS)

schema: .venv/.dev ## write docs/openapi.yaml from the code
	$(PYTHON) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

noop: ## build the helper image (needs gcc for both platforms)
	python3 -m deploy.noop.build

cluster: ## start a real Kubernetes on this machine (VERSION=1.20 or 1.36)
	tests/cluster/cluster up $(VERSION)

cluster-down: ## end it
	tests/cluster/cluster down $(VERSION)

clean: ## remove what was built and installed; instances in var/ stay
	rm -rf .venv .cache frontend/node_modules frontend/dist

# Installing

.venv/.run: pyproject.toml uv.lock | $(UV) python-is-new-enough
	@$(UV) sync --frozen --no-dev --inexact --quiet
	@touch $@

.venv/.dev: pyproject.toml uv.lock | $(UV) python-is-new-enough
	@python3 tests/system_packages.py
	@$(UV) sync --frozen --extra mysql --quiet
	@touch $@ .venv/.run

.cache/uv/bin/uv: | python-is-new-enough
	@echo "Installing uv into .cache/uv"
	@python3 -m venv .cache/uv
	@.cache/uv/bin/pip install --quiet --disable-pip-version-check uv

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json | node-is-new-enough
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(UI_SOURCES)
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@

.PHONY: python-is-new-enough node-is-new-enough
python-is-new-enough:
	@command -v python3 >/dev/null && python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "IPS needs Python 3.11 or newer as python3: https://www.python.org/downloads/" >&2; exit 1; }

node-is-new-enough:
	@command -v node >/dev/null && command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' \
	  || { echo "IPS needs Node 20 or newer to build its user interface: https://nodejs.org/" >&2; exit 1; }
