# The commands people and CI use. Everything is installed into .venv from the hash-pinned lock.
PYTHON ?= python3.11
BIN := .venv/bin
export UV_NO_CONFIG := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: sbom demo test check faults cluster lint docs bench up superset clean lock optional
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv is taken from the lock by pip (hash-checked), then uv installs the rest: seconds instead of a minute.
.venv/installed: constraints.txt pyproject.toml
	@echo "installing into .venv (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^[^ ]/{wanted=/^uv==/} wanted' constraints.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r .venv/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes constraints.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/optional: constraints-optional.txt .venv/installed
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r constraints-optional.txt
	@touch $@

optional: .venv/optional ## also what not everyone needs: recognition of scans (ocr), peers to measure against (bench, with PyMuPDF: AGPL)

demo: .venv/installed ## two published PDFs through the whole line, then what changed from 2024 to 2025
	@$(BIN)/jixiao run --inbox demo/publications
	@echo; $(BIN)/jixiao sql - < demo/years.sql
	@$(BIN)/jixiao sql - < demo/changes.sql

# Test files that passed before with the same files everywhere else are left out, as `go test` does; PASSED= runs them too.
PASSED = -p tests.support.passed
test: .venv/installed ## the tests that are quick: some minutes, then seconds for what has not changed
	@$(BIN)/python -m pytest -q -n logical --maxprocesses 8 --dist loadfile $(PASSED) -m "not slow and not long and not cluster"

check: .venv/installed ## the tests that are slow by nature: servers, kills, a browser, documented commands, whole builds
	@$(BIN)/python -m pytest -q -n logical --maxprocesses 8 --dist loadfile -m "slow and not long and not cluster"

faults: .venv/installed ## every fault that is survived, injected for real; a table of the cases (long)
	@$(BIN)/python -m pytest -q -p tests.faults.table -m "not cluster"

cluster: .venv/installed ## docker-compose.yml's processes without an engine: two workers, one of them killed (minutes)
	@$(BIN)/python -m pytest -m cluster tests/cluster

lint: .venv/installed ## ruff, mypy, import-linter, sqlfluff, dbt-bouncer, the compose file's schema, Airflow import errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy extract
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models
	$(BIN)/dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project
	$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/jixiao airflow dags list-import-errors

docs: demo ## the generated parts of docs/ and of CONTRIBUTING.md, anew
	@$(BIN)/python docs/render_cookbook.py
	@$(BIN)/python docs/render_data_dictionary.py
	@$(BIN)/python docs/render_settings.py
	@$(BIN)/python docs/render_checks.py
	@$(BIN)/python docs/render_rooms.py

bench: .venv/optional ## how fast, against a named peer in the same run
	@for script in $(filter-out benchmarks/peers.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

up: .venv/installed ## Airflow with its scheduler on this machine, behind a login; PDFs go into var/inbox
	@$(BIN)/jixiao up

# Superset wants SQLAlchemy 1.4 and other old versions: an environment and a lock of its own.
.venv-superset/installed: bi/superset/constraints.txt .venv/installed
	@echo "installing Superset into .venv-superset (about a minute the first time)"
	@test -x .venv-superset/bin/python || $(PYTHON) -m venv .venv-superset
	@$(BIN)/uv pip sync --quiet --python .venv-superset/bin/python --require-hashes bi/superset/constraints.txt
	@touch $@

superset: .venv-superset/installed ## dashboards on the release, on this machine; ARGS=--check asks every chart and stops
	@.venv-superset/bin/python bi/superset/start.py $(ARGS)

LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --quiet $(UPGRADE)
PRODUCTION = --extra postgres --extra s3 --extra celery --extra observe
lock: ## make the locks follow pyproject.toml; with UPGRADE=--upgrade take the newest versions
	$(LOCK) $(PRODUCTION) --extra dev -o constraints.txt pyproject.toml
	$(LOCK) $(PRODUCTION) -c constraints.txt -o constraints-production.txt pyproject.toml
	@cat constraints.txt constraints-optional.txt > .venv/all.txt # else what only extras need would be upgraded
	$(LOCK) --all-extras -c constraints.txt -o .venv/all.txt pyproject.toml
	@awk 'NR==FNR{if(/^[^ ]/)have[$$1]=1;next} /^[^ ]/{emit=!($$1 in have)} emit' constraints.txt .venv/all.txt \
		> constraints-optional.txt
	@awk '/^(duckdb|duckdb-engine|psycopg2-binary)==/{print $$1}' constraints.txt > .venv/shared.txt
	$(LOCK) -c .venv/shared.txt -o bi/superset/constraints.txt bi/superset/requirements.in

sbom: .venv/installed ## var/sbom.json (CycloneDX) of the production image, and docs/licences.md
	@mkdir -p var
	@$(BIN)/python deploy/sbom.py constraints-production.txt > var/sbom.json
	@$(BIN)/python deploy/sbom.py --licences constraints-production.txt > docs/licences.md

clean: ## remove what make created, but not var/
	rm -rf .venv .venv-superset .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
