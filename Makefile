# Two commands are all a user needs: `make demo` and `make test`.
# A machine with Python 3.11 or later and make is enough; everything else comes from locks/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: help demo test check format bench picture voices vectors simulate radio kills edits mutate sbom locks clean

help:
	@echo "make demo     a simulated insertion, live, then in the record"
	@echo "make test     all tests"
	@echo "make test-busy  the same beside processes that burn processor and disk"
	@echo "make check    ruff, mypy, import contracts"
	@echo "make bench    figures: round trip to the stop, signal, drawing"
	@echo "make simulate faults by the million, in simulated time"
	@echo "make radio    ten minutes of stream and a thousand disconnects on a simulated radio"
	@echo "make kills    kill a thousand monitors in the midst of insertions"
	@echo "make edits    change single bytes of a record, which verify must find"
	@echo "make mutate   break the stop path on purpose"
	@echo "make practice ten thousand insertions to one PostgreSQL that is killed on the way"
	@echo "make calibration  check simulated handpieces whose error is known, count the misses"
	@echo "make locks    resolve the dependencies anew"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make demo PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/core: $(VENV)/bin/python locks/core.txt locks/build.txt pyproject.toml
	$(PIP) install --quiet --require-hashes -r locks/core.txt -r locks/build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: $(VENV)/core locks/dev.txt
	$(PIP) install --quiet --require-hashes -r locks/dev.txt
	@touch $@

$(VENV)/bench: $(VENV)/dev locks/bench.txt
	$(PIP) install --quiet --require-hashes -r locks/bench.txt
	@touch $@

demo: $(VENV)/core
	@$(BIN)/python -m torquemon demo

# two at once, each file's tests by one of them: most of the time is waiting for real ports
test: $(VENV)/dev
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadscope --no-loadscope-reorder

.PHONY: test-busy
test-busy: $(VENV)/dev
	$(BIN)/python -m tests.neighbour -- $(MAKE) test

check: $(VENV)/dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: $(VENV)/dev
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: $(VENV)/bench
	$(BIN)/python -m bench

picture: $(VENV)/dev
	$(BIN)/python docs/make_picture.py

voices: $(VENV)/dev
	$(BIN)/python docs/make_voices.py

.PHONY: snapshots hours
hours: $(VENV)/dev
	$(BIN)/python -m tests.tui.tui_hours --hours 8

snapshots: $(VENV)/dev
	$(BIN)/python -m tests.tui.tui_snapshots

.PHONY: calibration
calibration: $(VENV)/dev
	$(BIN)/python -m tests.calibration_campaign --runs 100 --others 20

.PHONY: practice report-picture
practice: $(VENV)/dev
	$(BIN)/python -m tests.practice_campaign

report-picture: $(VENV)/dev
	$(BIN)/python -m docs.make_report_picture

vectors: $(VENV)/dev
	$(BIN)/python tests/protocol/make_vectors.py

simulate: $(VENV)/dev
	$(BIN)/python -m tests.simulation.run --seeds 10000 --minutes 30

kills: $(VENV)/dev
	$(BIN)/python -m tests.crash.kills --count 1000

edits: $(VENV)/dev
	$(BIN)/python -m tests.record_edits --count 20000
	$(BIN)/python -m tests.record_edits --count 5000 --encrypted

radio: $(VENV)/dev
	$(BIN)/python -m tests.simulation.air_stream --minutes 10
	$(BIN)/python -m tests.simulation.air_stream --minutes 10 --lose 0.01 --double 0.01 --late 0.01
	TORQUEMON_DISCONNECTS=1000 $(BIN)/python -m pytest tests/property/test_air_machine.py

mutate: $(VENV)/dev
	$(BIN)/python tests/safety/mutate.py

sbom: $(VENV)/bench
	$(BIN)/cyclonedx-py requirements locks/core.txt --pyproject pyproject.toml \
		--mc-type application --output-reproducible -o docs/safety/sbom.json
	$(BIN)/python docs/safety/strip_sbom.py

locks: $(VENV)/dev
	$(LOCK) pyproject.toml -o locks/core.txt
	$(LOCK) --group build -c locks/core.txt -o locks/build.txt
	$(LOCK) pyproject.toml --all-extras --group build --group dev -c locks/core.txt -o locks/dev.txt
	$(LOCK) pyproject.toml --all-extras --group build --group dev --group bench -c locks/dev.txt -o locks/bench.txt

clean:
	rm -rf $(VENV)
