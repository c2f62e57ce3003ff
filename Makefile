# Each target sets up what it needs; the environment is .venv, made anew with `make clean`.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt
DISTRIBUTIONS := . plugins/posehub-baidu plugins/posehub-replay plugins/posehub-blazepose \
  plugins/posehub-movenet
EDITABLE := $(addprefix --editable ,$(DISTRIBUTIONS))
PROJECTS := constraints.txt pyproject.toml $(wildcard plugins/*/pyproject.toml)

.PHONY: demo test test-pages fuzz coverage check format docs bench wheels clean

demo: .venv/runtime
	$(BIN)/posehub models pull blazepose
	$(BIN)/posehub detect examples/astronaut.jpg --backend blazepose --draw out/demo
	$(BIN)/posehub detect examples/blank.png --backend replay --draw out/demo \
	  --option cassette=cassettes/baidu/two_people.yaml --option match=sequence

test: .venv/test
	$(BIN)/posehub models pull blazepose
	$(BIN)/posehub models pull movenet
	$(BIN)/pytest --numprocesses 2

test-pages: .venv/test
	$(BIN)/pytest -m browser

# more of the same examples that `make test` tries a few of
fuzz: .venv/test
	$(BIN)/pytest tests/fuzz --numprocesses 2 --fuzz-examples 2000

# under coverage from the start, because pytest loads the plugin before any other measuring begins
coverage: .venv/test
	$(BIN)/coverage run --source src/posehub/testing -m pytest --quiet tests/testing
	$(BIN)/coverage report --include '*/pytest_plugin.py' --fail-under 100

check: .venv/lint .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src plugins/*/src tests/typing
	$(BIN)/lint-imports

format: .venv/lint
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build
	@echo "docs: docs/_build/index.html"

bench: .venv/bench
	$(BIN)/posehub models pull blazepose
	$(BIN)/posehub models pull movenet
	for bench in bench/[!_]*.py; do $(BIN)/python $$bench --out out/bench || exit 1; done

wheels: .venv/uv
	rm -rf dist
	for project in $(DISTRIBUTIONS); do $(BIN)/uv build --quiet --wheel --out-dir dist $$project || exit 1; done

clean:
	rm -rf .venv dist out docs/_build

.venv/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv
	touch $@

.venv/runtime: .venv/uv $(PROJECTS)
	$(INSTALL) $(EDITABLE)
	touch $@

.venv/test .venv/lint .venv/docs .venv/bench: .venv/%: .venv/runtime
	$(INSTALL) --group $*
	touch $@
