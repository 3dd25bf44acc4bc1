# Everything a person or a machine does with this checkout. Needs Python 3.11 or newer, make and git, nothing else.
# Plain POSIX sh and nothing newer than GNU make 3.81, which is what macOS ships.

PYTHON ?= python3
SIZES ?= 1 100 1000
SEED ?= $(shell date +%Y%m%d)

READY := .venv/.ready
BIN := .venv/bin
UV := uv==0.13.9

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help audit test lint bench wheel nightly golden consumers lock clean check-python

help:
	@echo "make audit    audit the two example estates and print their reports"
	@echo "make test     run the tests            (ARGS='-k nsg' goes to pytest)"
	@echo "make lint     check format, style and types"
	@echo "make bench    time and memory, as ratios, some minutes  (SIZES='1 100 1000 10000')"
	@echo "make wheel    build the wheel into dist/, without network"
	@echo "make nightly  the tests with many more random examples"
	@echo "make golden   write the golden files anew; read the diff before you commit it"
	@echo "make consumers  fetch into out/ what reads our files in the tests; needs npm"
	@echo "make lock     write requirements/*.lock anew, with the newest versions"
	@echo "make clean    remove the environment and everything built"
	@echo "PYTHON=python3.12 in front or behind chooses the Python that makes the environment"

# One environment for everything. It is made anew when what it is made from changes, and only then.
$(READY): pyproject.toml requirements/runtime.lock requirements/dev.lock
	@$(MAKE) --no-print-directory check-python
	@echo "making .venv (once; takes about half a minute)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

check-python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "$(PYTHON) is not here: install Python 3.11 or newer, or name one, as in: make audit PYTHON=python3.12" >&2; \
	  exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$("$(PYTHON)" --version 2>&1): the auditor needs 3.11 or newer;" \
	    "name one, as in: make audit PYTHON=python3.12" >&2; \
	  exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: install its venv module," \
	    "on Debian and Ubuntu with: apt install python3-venv" >&2; \
	  exit 2; }

# $(call audited,FOLDER,EXIT CODE): print the report, say the auditor's exit code, fail if it is another one.
define audited
	@status=0; $(BIN)/auditor audit $(1) || status=$$?; \
	case $$status in \
	  0) meaning="nothing at or above the threshold" ;; \
	  1) meaning="findings at or above the threshold" ;; \
	  2) meaning="bad arguments, configuration or input" ;; \
	  3) meaning="the audit is incomplete" ;; \
	  *) meaning="not one of the auditor's own codes" ;; \
	esac; \
	echo; \
	echo "$(1): the auditor's exit code was $$status: $$meaning"; \
	echo; \
	test $$status -eq $(2) || { echo "$(1): expected exit code $(2), not $$status" >&2; exit 1; }
endef

audit: $(READY)
	$(call audited,rules/examples/compliant,0)
	$(call audited,rules/examples/violating --config rules/examples/violating/auditor.yaml,1)

test: $(READY)
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict auditor tests

bench: $(READY)
	$(BIN)/python -m tests.bench $(SIZES)
	$(BIN)/python -m tests.bench_reports
	$(BIN)/python -m tests.bench_history

wheel: $(READY)
	@rm -f dist/*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist .
	@ls dist/*.whl

nightly: $(READY)
	@echo "seed $(SEED): run it again with make nightly SEED=$(SEED)"
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n auto --hypothesis-seed=$(SEED) $(ARGS)

golden: $(READY)
	$(BIN)/python -m pytest -q --update-golden $(ARGS)

# Programs of others that read what we write: too large for .venv, and one of them comes from npm.
READERS := sarif-tools==3.0.5 kubernetes-validate==1.37.0 cronsim==2.8
MULTITOOL := @microsoft/sarif-multitool@5.7.0

consumers: check-python
	@command -v npm >/dev/null 2>&1 || { \
	  echo "npm is not here: install Node.js with npm, on Debian and Ubuntu with: apt install nodejs npm" >&2; exit 2; }
	@mkdir -p out/consumers
	@$(PYTHON) -m venv --clear out/consumers/venv
	@out/consumers/venv/bin/python -m pip install --quiet $(READERS)
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix out/consumers "$(MULTITOOL)"
	@chmod u+x out/consumers/node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool

# For every Python from 3.11 and every system; hashes of all files of a version, so that one lock serves them all.
COMPILE = out/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-emit-index-url --custom-compile-command "make lock"

lock: check-python
	@$(PYTHON) -m venv --clear out/uv
	@out/uv/bin/python -m pip install --quiet "$(UV)"
	$(COMPILE) pyproject.toml --output-file requirements/runtime.lock
	$(COMPILE) pyproject.toml --extra service --constraint requirements/runtime.lock \
	  --output-file requirements/service.lock
	$(COMPILE) pyproject.toml --extra service --group dev --constraint requirements/service.lock \
	  --output-file requirements/dev.lock
	$(COMPILE) --group build --constraint requirements/dev.lock --output-file requirements/build.lock

clean:
	rm -rf .venv out dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find auditor tests -name __pycache__ -type d -prune -exec rm -rf {} +
