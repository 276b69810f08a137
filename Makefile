# `make demo` and `make test` do all of their own set-up, in either order: they need Python 3.11 or 3.12 and make, nothing else.
# What is fetched goes into .venv (and into the cache of pip). `make demo` fetches what the program needs; everything else
# fetches PyTorch, Ray and the tools beside it, once.
PYTHON ?= $(shell python3.11 -c '' 2>/dev/null && echo python3.11 || { python3.12 -c '' 2>/dev/null && echo python3.12 || echo python3; })
VENV := .venv
BIN := $(VENV)/bin
PROGRAM := $(VENV)/.program
STAMP := $(VENV)/.installed
PIP := $(BIN)/pip install --disable-pip-version-check -c constraints.txt
HOPPER := 'from matplotlib import cbook; print(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))'

.PHONY: demo test test-system lint types unit persona quality fuzz clean

demo: $(PROGRAM)
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
	$(PIP) --quiet -e '.[dev,system]'
	$(BIN)/python -m pytest -o addopts=--strict-markers tests/system

# The built-in persona, from the public-domain portrait that matplotlib carries. Two hours on two cores;
# a run that was broken off goes on.
persona: $(STAMP)
	$(BIN)/thespis train --performer demo --persona $$($(BIN)/python -c $(HOPPER)) --preset lite --seed 1 --steps 16000 --out runs/hopper
	$(BIN)/thespis export runs/hopper --identity personas/hopper.toml --out realtime/persona/builtin/hopper.persona --overwrite

quality: $(STAMP)
	$(BIN)/python -m benchmarks.quality

# Readers of files that strangers may have made, each for so long; what reaches new branches joins the corpus. Linux only.
SECONDS ?= 600
fuzz: $(STAMP)
	$(PIP) --quiet -e '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS) --keep --json out/fuzz.json

# pip is not quiet here: what takes minutes is to show what it does.
$(PROGRAM): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null || \
		{ echo "thespis needs Python 3.11 or 3.12; found: $$($(PYTHON) --version 2>&1). Set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV), once: 0.8 GB to fetch, 1.9 GB on disk, two to five minutes. pip is silent while it installs, at the end."
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(STAMP): $(PROGRAM)
	@echo "Adding what developers need to $(VENV), once: PyTorch, Ray, mypy, ruff, pytest. 0.4 GB to fetch with PyTorch's build"
	@echo "for processors, some GB more with the one for NVIDIA cards; a few minutes. pip is silent while it installs, at the end."
	$(PIP) -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) out build *.egg-info
