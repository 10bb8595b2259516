# The one entrance. `make demo` and `make test` need only Python 3.11+, make and git: they set up the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DB ?= sqlite:///almoner.db
OUT ?= almoner-demo
MINUTES ?= 5
TRANSFERS ?= 1000000
DATABASES = $(if $(filter-out file,$(origin DB)),$(DB),postgresql sqlite)
SEEDS ?= 10000
FIRST ?= 0
LIVES ?= 500

# Two halves on two cores: threads of one would only wait for those of the other.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: authz-matrix campaigns catalogs reference fuzz-api demo test journeys coverage check mutants soak-ledger simulate fuzz-terms agreement-lives http-lives wheel clean

demo: $(VENV)/.core
	$(BIN)/almoner demo --db "$(DB)" --out "$(OUT)"

# The same tests as `pytest` alone, in two halves side by side; what the first one prints comes at the end.
FIRST_HALF := tests/api tests/benchmarks tests/challenges tests/contracts tests/examples tests/golden tests/house tests/pages tests/properties tests/terms
RUN = $(BIN)/pytest

test: $(VENV)/.dev
	@half=$$(mktemp); \
	$(RUN) $(FIRST_HALF) > $$half 2>&1 & first=$$!; \
	$(RUN) $(addprefix --ignore=,$(FIRST_HALF)); second=$$?; \
	wait $$first; first=$$?; cat $$half; rm -f $$half; \
	exit $$((first + second))

# The same with every branch counted, which takes half as long again.
coverage: RUN = $(BIN)/coverage run -m pytest
coverage: $(VENV)/.dev
	$(BIN)/coverage erase
	$(MAKE) test RUN="$(RUN)"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: $(VENV)/.dev
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/mypy

mutants: $(VENV)/.dev
	$(BIN)/python -m benchmarks.mutants

soak-ledger: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) --transfers $(TRANSFERS) --databases $(DATABASES)

simulate: $(VENV)/.dev
	SIMULATOR_SEEDS=$(FIRST):$$(($(FIRST) + $(SEEDS))) $(BIN)/pytest tests/properties/test_ledger_simulator.py -k "on_sqlite or on_postgresql" -x

fuzz-terms: $(VENV)/.dev
	$(BIN)/python -m benchmarks.fuzz_terms --minutes $(if $(filter-out file,$(origin MINUTES)),$(MINUTES),10) --seed $(FIRST)

agreement-lives: $(VENV)/.dev
	AGREEMENT_EXAMPLES=$(LIVES) AGREEMENT_SHRINK=1 $(BIN)/pytest tests/properties/test_agreement_lifecycle.py

http-lives: $(VENV)/.dev
	HTTP_LIVES=$(LIVES) HTTP_STEPS=50 HTTP_SHRINK=1 $(BIN)/pytest tests/doors/test_http_machine.py

authz-matrix: $(VENV)/.dev
	$(BIN)/python -m almoner.api.matrix

# The reference beside the code; refused where a client of the last one could fail (MEANT=--meant writes it).
reference: $(VENV)/.dev
	$(BIN)/python -m almoner.api.reference_file $(MEANT)

# Every operation, phase, role and database. ROLE, TAG, DATABASE, PHASES, EXAMPLES and CASES
# narrow or widen it.
fuzz-api: $(VENV)/.dev
	$(BIN)/python -m benchmarks.fuzz_api --examples $(or $(EXAMPLES),12) --cases $(or $(CASES),100) $(addprefix --role ,$(ROLE)) $(addprefix --tag ,$(TAG)) $(addprefix --database ,$(DATABASE)) $(addprefix --phases ,$(PHASES))

# Journeys through the pages in Chromium (apt-get install chromium, or CHROMIUM=path); pictures in journeys/.
journeys: $(VENV)/.dev
	ALMONER_JOURNEYS=1 $(BIN)/pytest -m journey tests/journeys $(addprefix -k ,$(ONLY))

campaigns: $(VENV)/.dev
	$(BIN)/pytest -m campaign

wheel: $(VENV)/.dev
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "almoner needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.core: $(VENV)/pip pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: $(VENV)/pip pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -e '.[dev]'
	touch $@ $(VENV)/.core

# Every message of the pages into the catalogues, and what has no translation yet.
catalogs: $(VENV)/.dev
	$(BIN)/python -m almoner.api.pages.catalogs
