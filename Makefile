# One word per job. Each sets up what it needs first: only Python 3.11+ has to be here.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run smoke test bench check fix doctor demo-reset verify-log setup lock \
	messages clean

# The first Python on the machine that is new enough; PYTHON=… names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && exit; done; echo python3)
SETUP := $(PYTHON) hanportal/demo/setup/bootstrap.py
BIN := .venv/bin
STACK := $(BIN)/python -m hanportal.demo.stack
CODE := hanportal meters orders notifications tests manage.py
TESTS ?=
WORKERS ?= 2

help: ## Show this
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' Makefile | expand -t 18
	@printf '%s\n' '' \
	  'HANPORTAL_PORT=8000    the first of eight ports in a row (0: any that are free)' \
	  'HANPORTAL_DATA=.data   the folder of the database, the logs and the demo files' \
	  'HANPORTAL_POINTS=500   metering points in the demo register' \
	  'HANPORTAL_SPEED=4      how many times faster than real the head-ends answer' \
	  'DATABASE_URL, MIGRATION_DATABASE_URL, ADMIN_DATABASE_URL, REDIS_URL, CACHE_URL' \
	  '                       your own PostgreSQL and Valkey instead of those in wheels' \
	  'TESTS=tests/audit      what make test runs; WORKERS=2 how many at a time' \
	  'PYTHON=python3.12      which Python makes the environment'

run: ## Start the whole demo; Ctrl-C stops all of it
	@$(SETUP)
	@exec $(STACK) run

smoke: ## Play the main job from outside, against a stack of its own
	@$(SETUP)
	@exec $(STACK) smoke

test: ## Run the tests against a PostgreSQL and two Valkeys of their own
	@$(SETUP) --with-browser
	@exec $(STACK) exec -- $(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

bench: ## Measure the bars of speed in short form; BAR=B1 measures one
	@$(SETUP)
	@exec $(BIN)/python bench/run.py $(BAR)

check: ## Lint, types, import contracts, migrations, templates, deployment settings
	@$(SETUP)
	@exec $(BIN)/python -m hanportal.demo.setup.checks

fix: ## Repair what the linter and the formatter can
	@$(SETUP)
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/ruff check $(CODE)

doctor: ## Say what this machine lacks, and how to get it; change nothing
	@$(SETUP) --doctor

demo-reset: ## Delete the demo's data folder; refuses while a demo runs there
	@$(SETUP)
	@exec $(STACK) reset

verify-log: ## Verify the running demo's log, event by event
	@$(SETUP)
	@exec $(STACK) verify-log

setup: ## Install everything, run nothing
	@$(SETUP) --with-browser

lock: ## Pin the newest versions that pyproject.toml and package.json allow
	@$(SETUP)
	@$(BIN)/python -m hanportal.demo.setup.locks

messages: ## Collect the texts to translate (needs GNU gettext)
	@$(SETUP)
	@$(BIN)/python manage.py makemessages --locale nn --locale en --no-location \
	  --no-wrap --no-obsolete --ignore node_modules --ignore tests \
	  --ignore hanportal/demo --ignore '.*' --settings hanportal.settings.test

clean: ## Remove what set-up and the demo made, the demo's data too
	@rm -rf .venv .data .frontend node_modules staticfiles \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
