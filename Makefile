# make demo   set up, start the daemon, drive it over OSC with a shipped sound
# make test   set up (Debian packages of the clients too) and run all tests
# make bench  measure, and write benchmarks/RESULTS.md
# make check  format, lint, types, import rules and tests: what CI runs
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

SECONDS ?= 300
MINUTES ?= 30

.PHONY: demo test unit e2e check lint clients bench bench-quick fuzz soak lock docs pictures deken clean

demo: $(VENV)/ready
	$(BIN)/python examples/demo.py

test: unit e2e

# on all cores, since nothing in them depends on the time
unit: $(VENV)/ready
	$(BIN)/python -m pytest -n auto --ignore=tests/e2e

# those that start programs: one after the other, since they are heard in time
e2e: $(VENV)/ready clients
	$(BIN)/python -m pytest tests/e2e

lint: $(VENV)/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Pure Data, SuperCollider, Csound, ChucK, liblo and more, which the tests drive
clients:
	sh scripts/debian-packages.sh

# against the notebook's own code; about a quarter of an hour and 10 GB of memory
bench: $(VENV)/ready
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.joins
	$(BIN)/python -m benchmarks.responsiveness
	$(BIN)/python -m benchmarks.live

bench-quick: $(VENV)/ready
	$(BIN)/python -m benchmarks.run --quick

# coverage-guided, SECONDS each (300); what is found is kept under tests/corpus and is a test from then on
fuzz: $(VENV)/ready
	$(BIN)/uv pip install --python $(BIN)/python --quiet 'atheris>=3'
	$(BIN)/python -m fuzz wire --seconds $(SECONDS) --keep
	$(BIN)/python -m fuzz messages --seconds $(SECONDS) --keep

# everything at once for MINUTES (30), with a report of memory, descriptors, threads and answer times
soak: $(VENV)/ready
	$(BIN)/python -m reliability.soak --minutes $(MINUTES)

# the reference pages, the kits and their helps, from the tables; needs sclang
docs: $(VENV)/ready
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_limits.py
	$(BIN)/python -m patches.make_pd
	$(BIN)/python -m patches.make_supercollider
	$(BIN)/python -m patches.make_max
	$(BIN)/python docs/make_touchosc.py
	$(BIN)/python docs/make_supercollider_help.py

# the pictures of the patches, from Pure Data itself; needs the Debian packages puredata-gui and xvfb
pictures: $(VENV)/ready
	$(BIN)/python docs/make_pictures.py

# the Pure Data kit as a package for deken, in dist/
deken: $(VENV)/ready
	$(BIN)/python scripts/deken.py

# the versions that tests run with; no registry address is written
lock: $(VENV)/ready
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --all-extras --group dev \
		pyproject.toml -o requirements.lock

$(VENV)/ready: requirements.lock pyproject.toml
	sh scripts/venv.sh $(PYTHON) $(VENV)
	touch $@

clean:
	rm -rf $(VENV) demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
