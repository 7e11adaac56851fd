# The two commands of the README are `make run` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run webui test lint wheels bench clean help

help:
	@echo "make run    install, start a virtual printer, print the sample file, show it live"
	@echo "make webui  build the dashboard (Node.js)"
	@echo "make test   install and run the tests"
	@echo "make lint   ruff and mypy --strict"
	@echo "make wheels does everything install on a Raspberry Pi without a compiler? (asks the package index)"
	@echo "make bench  speed and memory figures (benchmarks/)"

$(VENV)/run.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

# The dashboard. Without Node.js everything else works, and `/` says what is missing.
webui:
	-@$(PYTHON) hydrogen/webui/building.py

run: $(VENV)/run.stamp webui
	$(BIN)/hydrogen demo

# The specification that docs/asyncapi.json is checked against. Without npm that one test is skipped.
ASYNCAPI_SPECS := 6.11.1
$(VENV)/asyncapi-3.0.0.json: $(VENV)/run.stamp
	-@command -v npm >/dev/null && cd $(VENV) && npm pack --silent @asyncapi/specs@$(ASYNCAPI_SPECS) >/dev/null && \
	  tar xzf asyncapi-specs-$(ASYNCAPI_SPECS).tgz --to-stdout 'package/schemas/3.0.0-without-$$id.json' > $(@F).part && \
	  mv $(@F).part $(@F) && rm -f asyncapi-specs-$(ASYNCAPI_SPECS).tgz

# Many tests watch real processes in real time, five at once. What failed beside others is run once more by itself: both runs are
# shown, and what fails again counts.
# What the browser tests saw lies in build/pictures/.
test: $(VENV)/test.stamp $(VENV)/asyncapi-3.0.0.json webui
	@rm -rf build/pictures
	$(BIN)/python -m pytest -n 5 --dist worksteal || $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheels: $(VENV)/run.stamp
	$(BIN)/python -m tests.packaging.wheels

bench: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
