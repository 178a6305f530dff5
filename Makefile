# Two commands for a fresh machine with Python >= 3.11 and make: `make run` and `make test`.

PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
# Hashes pin every file, and the lists are complete, so nothing is left to resolve.
INSTALL := $(PIP) install --require-hashes --no-deps --requirement
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development

# Rules and services, where every branch is to be seen by a test.
CORE := */ledger/*,*/ledger.py,*/services/*,*/services.py,*/availability.py,*/rotation.py,*/disposition.py,*/putaway.py

.PHONY: run test test-sqlite test-postgresql bench soak races mutants lint format pictures requirements clean

run: $(RUNTIME)
	@$(BIN)/python manage.py start --port $(PORT)

test: test-sqlite test-postgresql
	@$(BIN)/coverage report --include='$(CORE)' --fail-under=100 --skip-covered >var/core-coverage.txt \
	  || { cat var/core-coverage.txt; echo "The ledger, the services and the rules are to be covered whole."; exit 1; }

test-sqlite: $(DEVELOPMENT)
	TEST_ENGINE=sqlite $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=

# Counting lines makes a run half as long again. The run on SQLite counts them, and of this one the
# tests that only PostgreSQL can have.
test-postgresql: $(DEVELOPMENT)
	TEST_ENGINE=postgresql $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not postgresql"
	TEST_ENGINE=postgresql $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m postgresql --cov --cov-append \
	  --cov-report=term-missing:skip-covered --cov-fail-under=95

# Ours beside hand-written SQL on a million balances, on a durable PostgreSQL; half an hour or so.
# One measure: make bench WITH="orders waves --repeats 5". See docs/performance.md.
bench: $(DEVELOPMENT)
	$(BIN)/python -m bench $(WITH)

# Orders over HTTP while web servers are killed and the database is stopped; `make test` has a short
# form. WITH="--orders 2000 --minutes 60 --seed 1f2e" for more rounds, or one of them again.
soak: $(DEVELOPMENT)
	$(BIN)/python -m tests.fire.soak $(WITH)

# Each pair of acts that could tear stock apart, as often as one likes; `make test` has 200 rounds.
races: $(DEVELOPMENT)
	TEST_ENGINE=postgresql RACE_ROUNDS=$(or $(ROUNDS),2000) $(BIN)/python -m pytest -n $(WORKERS) tests/races

# What keeps stock safe, taken away piece by piece; each piece is to be missed. Part of `make test`.
mutants: $(DEVELOPMENT)
	TEST_ENGINE=sqlite $(BIN)/python -m pytest -n $(WORKERS) tests/mutants
	TEST_ENGINE=postgresql $(BIN)/python -m pytest -n $(WORKERS) tests/mutants

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	LOTWMS_ENV=production ALLOWED_HOSTS=wms.example.com STATIC_ROOT=var \
	  SECRET_KEY=a-long-key-for-the-check-alone-0123456789-abcdefghijklmnop \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/djhtml --check templates

format: $(DEVELOPMENT)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djhtml templates

# The pictures of README and docs, from the demo; needs a Chromium.
pictures: $(DEVELOPMENT)
	$(BIN)/python -m tests.browser.take_pictures

# After a change of the dependencies in pyproject.toml; needs uv.
requirements:
	uv lock
	uv export --frozen --no-dev --no-emit-project --format requirements-txt -o requirements/runtime.txt
	uv export --frozen --no-emit-project --format requirements-txt -o requirements/dev.txt

# Keeps var/, where the database of `make run` is.
clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements/runtime.txt $(BIN)/python
	@echo "Installing what lotwms needs to run (about half a minute) ..."
	@$(INSTALL) requirements/runtime.txt
	@touch $@

$(DEVELOPMENT): requirements/dev.txt $(BIN)/python
	@echo "Installing what lotwms needs to be tested (about a minute) ..."
	@$(INSTALL) requirements/dev.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "lotwms needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
	  echo "Name another one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python cannot make virtual environments here. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
