# What a person does here, and what the gate does.  Needs Python 3.11 or newer, and for Kafka one of: KAFKA_BOOTSTRAP,
# Docker Compose, Java 17 with Maven.  Every target installs what it needs.

.DEFAULT_GOAL := help
.PHONY: help install native check test integration chaos bench demo kafka-up kafka-down up down topics docs lock
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
COMPILED := .venv/compiled
HOT := streams/compiled.py $(wildcard streams/records/*.py streams/stock/*.py streams/engine/*.py streams/flows/stock.py \
	streams/topics/murmur2.py)
COMPOSE := docker compose

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make .venv with exactly the packages of the lock

$(INSTALLED): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

native: $(COMPILED) ## compile the hot path, where a C compiler is at hand; without one it runs interpreted

$(COMPILED): $(INSTALLED) $(HOT)
	@$(BIN)/python -m streams.compiled build
	@touch $@

check: $(INSTALLED) ## style, types, layers of imports, generated code and pages, lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m streams.codec.generate --check
	$(BIN)/python docs/generate.py --check
	@! grep -n '://' requirements.lock requirements-dev.lock || { echo "a lock must name no address"; exit 1; }

test: check $(COMPILED) ## everything that guards main
	$(BIN)/python -m pytest -m "not kafka" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m kafka

integration: $(COMPILED) ## only the tests that use a real Kafka
	$(BIN)/python -m pytest -m "kafka and not chaos"

chaos: $(COMPILED) ## the whole system under random faults, judged: FAULTS=50 SEED=7
	$(BIN)/python -m tests.chaos --faults $(or $(FAULTS),50) $(if $(SEED),--seed $(SEED))

bench: $(COMPILED) ## speed against other stream processors, freshness, scale; QUICK=1 for the short form
	$(BIN)/python -m bench
	$(BIN)/python -m bench.freshness
	$(BIN)/python -m bench.scale

demo: $(COMPILED) ## a flash sale on a real Kafka, every promise checked; SECONDS=20 for the short form
	$(BIN)/streams demo $(if $(SECONDS),--seconds $(SECONDS))

kafka-up: $(INSTALLED) ## a Kafka to develop against; prints its address
	@$(BIN)/streams kafka up

kafka-down: $(INSTALLED) ## stop what kafka-up started, and nothing else
	@$(BIN)/streams kafka down

up: ## Kafka, workers and sandbox in containers
	$(COMPOSE) up --detach --build --wait

down: ## stop the containers; their data stays
	$(COMPOSE) down

topics: $(INSTALLED) ## create or change our topics on the Kafka of kafka-up
	@TTS_KAFKA_BOOTSTRAP="$$($(BIN)/streams kafka up)" $(BIN)/streams topics apply

docs: $(INSTALLED) ## write the generated pages of docs/ anew
	$(BIN)/python docs/generate.py

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml $(LOCK) --output-file requirements.lock
	uv pip compile pyproject.toml $(LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --upgrade
