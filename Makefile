# Bastide: `make run` brings up a working platform, `make test` proves it. Everything else is for developers.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := src
export DJANGO_SETTINGS_MODULE := bastide.settings

.PHONY: run test quick check bench bundle docs messages lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run    set up everything and start the platform with its demonstration sector"
	@echo "make test   set up what the tests need and run all of them"
	@echo "make quick  the fast tests only"
	@echo "make check  lint, types, import contracts"
	@echo "make bench  detection against a peer; answers at volume against their targets (BENCH=\"--scale 100\")"
	@echo "make bundle one file in dist/ to install from where no network is"
	@echo "make docs   print the generated pages of docs/ anew"
	@echo "make lock   resolve the dependencies anew (hashes, no addresses)"

run: $(VENV)/.stamp-run
	@$(BIN)/python tools/bundle.py
	@$(BIN)/python tools/fonts.py
	@$(BIN)/python tools/messages.py compile
	@$(BIN)/python tools/kernel.py
	@BASTIDE_DEMO=$${BASTIDE_DEMO:-1} $(BIN)/python -m bastide.cli up

test: $(VENV)/.stamp-test
	@$(BIN)/python tools/prepare_tests.py
	@$(BIN)/python tools/kernel.py
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n auto --dist loadscope

quick: $(VENV)/.stamp-test
	@$(BIN)/python tools/kernel.py
	@$(BIN)/python -m pytest -n auto --dist loadscope -m "not slow and not browser"

check: $(VENV)/.stamp-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

bench: $(VENV)/.stamp-test
	@$(BIN)/python tools/kernel.py
	@$(BIN)/python -m bench $(BENCH)

bundle: $(VENV)/.stamp-run
	@$(BIN)/python tools/airgap.py

docs: $(VENV)/.stamp-test
	@$(BIN)/python tools/print_docs.py

messages: $(VENV)/.stamp-test
	@$(BIN)/python tools/messages.py update

lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q --extra test pyproject.toml -o requirements-test.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q --extra scale -c requirements-test.lock pyproject.toml -o requirements-scale.lock

clean:
	rm -rf $(VENV) node_modules var src/bastide/base/ui/static/ui/dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# A stamp stands for its lock file having been installed, and the front end, fonts and languages having been built.
$(VENV)/.stamp-run: requirements.lock package-lock.json | $(VENV)/bin/python
	@echo "Installing Python packages (once)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.stamp-test: requirements-test.lock package-lock.json | $(VENV)/bin/python
	@echo "Installing Python packages with what the tests need (once)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@ $(VENV)/.stamp-run
