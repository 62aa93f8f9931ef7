# SPDX-License-Identifier: Apache-2.0
# make setup | demo | quick | test | explore | lint | docs | bench | campaign | mutation | clean.
# Variables:
#   PYTHON=python3.12        the Python that .venv is made from (default: python3)
#   PIP_ARGS="..."           extra options for pip, such as another index
#   PYTEST_ARGS="..."        extra options for pytest
#   BENCH_ARGS="..."         extra options for kinest bench
#   CAMPAIGN_ARGS="..."      such as --first 1000, other seeds
#   MUTATION_ARGS="..."      such as --count 300 --seed 1
.DEFAULT_GOAL := setup
.PHONY: setup demo quick test explore lint docs bench campaign mutation clean

# A sourced ROS 2 or an active environment must not leak into .venv.
unexport PYTHONPATH PYTHONHOME LD_LIBRARY_PATH VIRTUAL_ENV
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE
# Compiled once and not in every process that the tests start.
unexport PYTHONDONTWRITEBYTECODE
# Nodes started from here are seen on this machine only.
export ROS_AUTOMATIC_DISCOVERY_RANGE ?= LOCALHOST

BIN := .venv/bin
# How many workers: tests/spread.py. Tests of a file stay together, and with them what they share.
PARALLEL := --maxprocesses 8 --dist loadfile -n auto

setup:
	@command -v "$(or $(PYTHON),python3)" >/dev/null || { \
	  echo "error: $(or $(PYTHON),python3) not found. On Debian or Ubuntu: sudo apt install python3 python3-venv python3-dev" >&2; exit 2; }
	@"$(or $(PYTHON),python3)" -m tools.envsetup $(if $(PYTHON),--exact-python) $(if $(PIP_ARGS),--pip-args="$(PIP_ARGS)")

demo: setup
	@$(BIN)/kinest demo

# No ROS and nothing slow: for between two edits.
quick: setup
	@$(BIN)/python -m pytest $(PARALLEL) --quick $(PYTEST_ARGS)

# Each worker's nodes are on a ROS domain of their own (tests/domains.py).
test: setup
	@$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

# Property tests only, with other examples each time and ten times as many (tests/search.py).
explore: setup
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest $(PARALLEL) -m "hypothesis and not ros" $(PYTEST_ARGS)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# The documentation as a site in build/site; a broken link or docstring is an error.
docs: setup
	@$(BIN)/python -c "import material, mkdocstrings_handlers.python" 2>/dev/null || $(BIN)/python -m pip \
	  install -q -c constraints.txt $(PIP_ARGS) --no-build-isolation -e ".[docs]"
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet && echo "build/site/index.html"

bench: setup
	@$(BIN)/kinest bench $(BENCH_ARGS)

# An hour of faults, 20,000 spoilt files of each kind, writers killed 100 times each.
campaign: setup
	@KINEST_KILLS=100 $(BIN)/python -m pytest tests/files/test_killed_writers.py
	@KINEST_MALFORMED=20000 $(BIN)/python -m pytest tests/campaign/test_malformed.py
	@$(BIN)/python -m tests.campaign --seconds 3600 $(CAMPAIGN_ARGS)

# Changes the code at random places and sees whether the tests notice; hours on a slow machine.
mutation: setup
	@$(BIN)/python -m tests.campaign.mutation $(MUTATION_ARGS)

clean:
	rm -rf .venv .venv.lock build dist *.egg-info demo_output
