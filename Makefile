# Two commands matter: `make run` and `make test`. Both install what they need, without root and
# without python3-venv; what is installed is pinned by hash in requirements.lock and dev.lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
VENV := .venv
BIN := $(VENV)/bin
# The optimisers' inner loops are compiled now, so that nobody waits for it later; what goes wrong here does not matter.
PREPARE = $(BIN)/linkage solve prepare || true
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1

.PHONY: run test check lint types imports bench lock clean

run: $(VENV)/.run-installed
	@$(BIN)/linkage demo

test: $(VENV)/.dev-installed
	@$(BIN)/ruff check --quiet linkage flows tests
	@$(BIN)/ruff format --quiet --check linkage flows tests
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: lint types imports

lint: $(VENV)/.dev-installed
	$(BIN)/ruff check linkage flows tests
	$(BIN)/ruff format --check linkage flows tests

types: $(VENV)/.dev-installed
	$(BIN)/mypy

imports: $(VENV)/.dev-installed
	$(BIN)/lint-imports

bench: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -s -p no:cacheprovider --override-ini 'norecursedirs=.*' tests/bench

$(UV):
	@echo "Installing uv $(UV_VERSION) into .tools"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target .tools uv==$(UV_VERSION)

$(BIN)/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)

$(VENV)/.run-installed: requirements.lock pyproject.toml | $(BIN)/python
	@test -e $(VENV)/.dev-installed || { echo "Installing what Linkage needs (about 1 GB, once)"; \
	  $(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock; }
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(PREPARE)
	@touch $@

$(VENV)/.dev-installed: dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need"
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes dev.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(PREPARE)
	@touch $@ $(VENV)/.run-installed

# No index or download address may stand in a lock file; tests/test_repository.py checks it.
lock: $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --output-file requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group dev --output-file dev.lock

clean:
	rm -rf $(VENV) .tools data dist
