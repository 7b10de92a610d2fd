# Everything that a person or CI runs. Each target does all of its own set-up; a second run takes seconds.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

STAC_BROWSER := 4.0.1
# What it is built with is as old as this day: a build of later is the same one.
STAC_BROWSER_DAY := 2026-11-20

# Programs that tests start would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-check test authorization proof bench browser lint format docs lock clean

help:  ## Show what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/.runtime: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python -m venv failed: install python3-venv"; exit 1; }
	@echo "Installing what the hub needs into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.runtime  ## Stand-in GitLab with sample projects, and the hub on it (PORT=, GITLAB_PORT=)
	@$(if $(wildcard build/browser/index.html),SHARINGHUB_BROWSER_FOLDER=build/browser) $(BIN)/sharinghub demo $(if $(PORT),--port $(PORT)) $(if $(GITLAB_PORT),--gitlab-port $(GITLAB_PORT))

demo-check: $(VENV)/.dev  ## Do what the demo's lines say, and check what a person would see
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/e2e/test_demo.py

test: $(VENV)/.dev  ## All tests (ARGS= for pytest)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

authorization: $(VENV)/.dev  ## Who may see what, over many states of a GitLab (STATES=)
	@STATES=$(or $(STATES),200) $(BIN)/python -m pytest -q --timeout 1800 tests/authz/test_oracle.py $(ARGS)

proof: $(VENV)/.dev  ## The tests that have a size, at their large size (about an hour)
	@PLAN_ROWS=100000 KILLS=50 SEARCH_EXAMPLES=2000 EXAMPLES=20000 EXPLAINED=1000 STATES=2000 HISTORIES=200 HISTORY_STEPS=80 BURST=10000 API_EXAMPLES=200 PAIRS=5000 PROJECTS=20000 \
		$(BIN)/python -m pytest -n auto --dist loadgroup --timeout 7200 \
		tests/stac_ext/store/test_any_search.py tests/stac_ext/store/test_plans.py \
		tests/stac_ext/store/test_kills.py tests/stac_ext/cql2 tests/golden \
		tests/sharinghub_ext/test_schemathesis.py \
		tests/authz/test_oracle.py tests/authz/test_histories.py tests/authz/test_indistinguishable.py tests/authz/test_many_projects.py \
		tests/e2e/test_burst.py tests/e2e/test_kills_under_load.py $(ARGS)

bench: $(VENV)/.dev  ## Measure, and print what was measured (CHANGES=)
	@$(BIN)/python -m pytest -q -s -p no:cacheprovider --timeout 3600 tests/bench/bench_*.py $(ARGS)

browser:  ## STAC Browser into build/browser, to be served at /browser (needs Node 18 or newer and npm)
	@command -v npm >/dev/null || { echo "Node 18 or newer with npm is needed: https://nodejs.org"; exit 1; }
	@mkdir -p build/stac-browser
	@echo "Fetching STAC Browser $(STAC_BROWSER) and what it is built with (once)"
	@cd build/stac-browser && rm -rf package && tar xzf "$$(npm pack --silent @radiantearth/stac-browser@$(STAC_BROWSER))"
	@cd build/stac-browser/package && npm pkg set dependencies.ol-stac=1.1.0 && \
		npm install --silent --no-audit --no-fund --ignore-scripts --before=$(STAC_BROWSER_DAY) && \
		npm run --silent build:minimal -- --pathPrefix=./ --historyMode=hash
	@rm -rf build/browser && mv build/stac-browser/package/dist build/browser
	@echo "Built into build/browser: make demo shows it, SHARINGHUB_BROWSER_FOLDER=$(CURDIR)/build/browser serves it"

lint: $(VENV)/.dev  ## Style, format, types, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev  ## Bring the code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.dev  ## The documentation, into site/; warnings are errors
	@$(BIN)/mkdocs build --strict --quiet

lock: $(VENV)/.dev  ## Choose dependency versions anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group build --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group build --all-extras pyproject.toml -c requirements.lock -c requirements-dev.lock -o requirements-image.lock

clean:  ## Remove what was made
	rm -rf $(VENV) site dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
