# Everything needs only Python (3.11 or newer) and make; `setup` makes the rest, in .venv.
PYTHON ?= $(shell for v in 3.13 3.12 3.11 3.14; do command -v python$$v >/dev/null 2>&1 && \
	python$$v -c 'import ensurepip, venv' >/dev/null 2>&1 && { echo python$$v; exit; }; done; echo python3)
BIN := .venv/bin
RUN := $(BIN)/market-quality-exporter

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-stack test-compose test-versions test-grafana dashboards-report lint bench bench-dashboards docs lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: .venv/ready ## install everything into .venv

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; set PYTHON=") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## simulated exchanges, with Prometheus, Alertmanager and Grafana if installed
	@$(RUN) demo

test: setup lint ## lint, types, import contracts and all tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(TESTS)

test-stack: setup ## paging with the shipped times on real Prometheus and Alertmanager (55 minutes)
	STACK=full $(BIN)/python -m pytest -s tests/stack/test_paging_full.py tests/stack/test_waves_full.py tests/stack/test_pair.py

test-compose: setup ## docker-compose.yml for real, where a Docker engine answers (5 minutes)
	COMPOSE=up $(BIN)/python -m pytest -s tests/compose

test-versions: setup ## paging on other versions (VERSIONS=folder), and remote write (3 minutes each)
	VERSIONS=$(VERSIONS) $(BIN)/python -m pytest -s tests/versions

test-grafana: setup ## the dashboards in a real Grafana (GRAFANA_HOME=folder, PICTURES=folder; 6 minutes)
	GRAFANA_HOME=$(GRAFANA_HOME) PICTURES=$(PICTURES) $(BIN)/python -m pytest -s tests/grafana

dashboards-report: setup ## all panels, their queries and answers, as a page (PROMETHEUS=url, or a rehearsal)
	@$(if $(PROMETHEUS),$(BIN)/python -m grafana.report --prometheus $(PROMETHEUS) --out,$(BIN)/python -m tests.grafana.rehearsal --report) dashboards-report.html

lint: setup ## ruff, mypy and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measure beside JSON decode and prometheus_client (BENCH_FILE=recording)
	@$(BIN)/python -m bench.run $(BENCH_FILE)

bench-dashboards: setup ## what the dashboards cost a Prometheus (MARKETS=100 HOURS=24, 40 minutes)
	@$(BIN)/python -m bench.dashboards --markets $(or $(MARKETS),100) --hours $(or $(HOURS),24)

docs: setup ## write what is generated: metrics.md, JSON Schemas, alertmanager.yml, dashboards
	$(RUN) catalogue > docs/metrics.md
	$(BIN)/python -m exporter.config.schema config/schema
	@$(RUN) render --secrets none --no-pager --out prometheus >/dev/null
	$(BIN)/python -m grafana.build

lock: setup ## renew the locks from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
		--no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
		--no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove what was made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
