# Every target prepares .venv by itself; a second run does no installation work.
SHELL := /bin/sh
PORT ?= 8080
PYTHON ?=
ARGS ?=
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test check format-check lint types imports lock-check format bench measure lock

help: ## list the targets
	@echo 'make TARGET'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

demo: ## run everything on this machine, with sample data and a simulated WeChat (PORT=8080, HUIYIN_DATA_DIR=.huiyin)
	@sh scripts/prepare_venv.sh embedded
	@exec $(BIN)/huiyin demo --port $(PORT)

test: .test-environment ## run the tests, in a process for each core (ARGS="tests/routing -k calendar", ARGS=-n0 for one)
	@sh scripts/system_packages.sh
	@env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: format-check lint types imports lock-check ## format, lint, types, import contracts, and the lock

format-check: .test-environment
	@$(BIN)/ruff format --check .

lint: .test-environment
	@$(BIN)/ruff check .

types: .test-environment
	@$(BIN)/mypy

imports: .test-environment
	@$(BIN)/lint-imports

lock-check: .test-environment
	@$(BIN)/python scripts/lock.py check

format: .test-environment ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: .test-environment ## run the benchmarks and print their figures
	@$(BIN)/python -m pytest tests/benchmarks -s -o python_files='bench_*.py test_*.py' $(ARGS)

measure: .test-environment ## measure classifier, routing, retrieval and duplicates beside plain baselines (needs the public messages in ../shared; about 15 minutes)
	@$(BIN)/python scripts/measure_classifier.py
	@$(BIN)/python scripts/measure_routing.py
	@$(BIN)/python scripts/measure_answers.py --quick
	@$(BIN)/python scripts/measure_duplicates.py

lock: .test-environment ## take the newest versions pyproject.toml admits into requirements.lock
	@$(BIN)/python scripts/lock.py write

.PHONY: .test-environment
.test-environment:
	@sh scripts/prepare_venv.sh test
