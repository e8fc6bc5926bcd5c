# GNU make 3.81 or newer (the one that macOS ships).

VENV    = .venv
BIN     = $(VENV)/bin
RUNTIME = $(VENV)/.runtime
TEST    = $(VENV)/.test
SPARK   = $(VENV)/.spark
PYTHONS = '>=3.11,<3.15'
UV     := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

# Neither isolated nor with dependencies: the build backend is locked too, so this step downloads nothing.
INSTALL_RAIKIT = $(INSTALL) --no-deps --no-build-isolation --editable .

LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
       --no-emit-index-url --no-emit-find-links --no-header --group build $(LOCK_FLAGS) pyproject.toml

# PySpark comes as a source archive only.
LOCK_SPARK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
       --no-emit-find-links --no-header $(LOCK_FLAGS) --group spark

.PHONY: help demo test spark bench lock clean

help:
	@echo "make demo    run the demo release on real data and print where its evidence is"
	@echo "make test    lint, types and the whole test suite"
	@echo "make spark   install PySpark (430 MB), so that make test tests that engine too; it needs Java 17"
	@echo "make bench   measure the speed targets, side by side with other tools"
	@echo "make lock    write requirements.txt and its siblings anew (needs uv);"
	@echo "             LOCK_FLAGS=--upgrade takes newer releases"
	@echo "make clean   remove .venv, caches and builds; outputs/ holds evidence and stays"
	@echo "Each makes .venv first where it is needed; PYTHON=python3.12 chooses the interpreter."

demo: $(RUNTIME)
	@status=0; $(BIN)/raikit run params/demo/release.yaml --jobs 2 || status=$$?; \
	$(BIN)/python params/demo/check.py $$status

test: $(TEST)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(PYTEST_FLAGS)

spark: $(SPARK)

bench: $(TEST)
	@for script in $(sort $(wildcard tests/benchmarks/*.py)); do \
	    echo "== $$script"; $(BIN)/python $$script || exit 1; \
	done

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.txt
	$(INSTALL_RAIKIT)
	@touch $@

# The test lock holds the whole runtime lock, in the same versions.
$(TEST): requirements-test.txt requirements.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements-test.txt
	$(INSTALL_RAIKIT)
	@touch $(RUNTIME) $@

$(SPARK): requirements-spark.txt | $(TEST)
	$(INSTALL) --require-hashes -r requirements-spark.txt
	@touch $@

ifneq ($(UV),)
$(BIN)/python:
	@rm -rf $(VENV)
	$(UV) venv --quiet --python $(or $(PYTHON),$(PYTHONS)) $(VENV)
else
$(BIN)/python:
	@rm -rf $(VENV)
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then \
	        echo "$$python -m venv $(VENV)"; \
	        $$python -m venv $(VENV) && exit 0; \
	        rm -rf $(VENV); exit 1; \
	    fi; \
	done; \
	echo "raikit needs Python 3.11, 3.12, 3.13 or 3.14 and found none;" \
	     "install one, or say which: make PYTHON=/path/to/python3.12 ..." >&2; \
	exit 1
endif

lock:
	@test -n "$(UV)" || { echo "make lock needs uv on the PATH" >&2; exit 1; }
	$(LOCK) --extra test --output-file requirements-test.txt
	$(LOCK) --constraints requirements-test.txt --output-file requirements.txt
	$(LOCK_SPARK) --output-file requirements-spark.txt

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find raikit tests params -name __pycache__ -type d -prune -exec rm -rf {} +
