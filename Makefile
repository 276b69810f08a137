# `make demo` and `make test` do all of their own set-up: they need Python 3.11 or 3.12 and make, nothing else.
PYTHON ?= $(shell python3.11 -c '' 2>/dev/null && echo python3.11 || { python3.12 -c '' 2>/dev/null && echo python3.12 || echo python3; })
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
HOPPER := 'from matplotlib import cbook; print(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))'

.PHONY: demo test test-system lint types unit persona quality fuzz clean

demo: $(STAMP)
	$(BIN)/thespis demo --out out

test: lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/python -m pytest

# The real programs at the other end: browser, OBS Studio, PipeWire, ffmpeg. Debian and Ubuntu only; installs their packages.
test-system: $(STAMP)
	tests/system/install.sh
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,system]'
	$(BIN)/python -m pytest -o addopts=--strict-markers tests/system

# The built-in persona, from the public-domain portrait that matplotlib carries. Two hours on two cores;
# a run that was broken off goes on.
persona: $(STAMP)
	$(BIN)/thespis train --performer demo --persona $$($(BIN)/python -c $(HOPPER)) --preset lite --seed 1 --steps 16000 --out runs/hopper
	$(BIN)/thespis export runs/hopper --identity personas/hopper.toml --out realtime/persona/builtin/hopper.persona

quality: $(STAMP)
	$(BIN)/python -m benchmarks.quality

# Readers of files that strangers may have made, each for so long; what reaches new branches joins the corpus. Linux only.
SECONDS ?= 600
fuzz: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS) --keep --json out/fuzz.json

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null || \
		{ echo "thespis needs Python 3.11 or 3.12; found: $$($(PYTHON) --version 2>&1). Set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) out build *.egg-info
