# `make run` sets up and starts all; `make test` sets up and runs all tests. `make bench` measures; `make chaos` plays 500
# rounds of faults; `make outage` stops the database for ten minutes under load.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_ARGS ?=
DB ?= embedded
BENCH_ARGS ?=
CHAOS_ARGS ?= --rounds 500
OUTAGE_ARGS ?= --minutes 10 --rate 1000

.PHONY: run test bench chaos outage setup setup-test check fmt clean boards
.DEFAULT_GOAL := run

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "── 安装运行环境 installing (一次性 once, about a minute) …"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python >= 3.11 is needed; call make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e . | grep -v 'already satisfied' || true
	@$(BIN)/python -c 'import monitor' && touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "── 安装测试工具 installing test tools …"
	$(BIN)/pip install --disable-pip-version-check --progress-bar off -q -c constraints.txt -e '.[test]'
	@touch $@

setup: $(VENV)/.run

setup-test: $(VENV)/.test

run: setup
ifeq ($(DB),timescaledb)
	@docker/timescaledb.sh layout .timescaledb/run
	@trap : INT; url="$$(docker/timescaledb.sh start .timescaledb/run)" && MONITOR_DATABASE_URL="$$url" $(BIN)/monitor run $(RUN_ARGS); \
	status=$$?; docker/timescaledb.sh stop .timescaledb/run; exit $$status
else
	@exec $(BIN)/monitor run $(RUN_ARGS)
endif

check: setup-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: check
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --database timescaledb tests/integration tests/acceptance tests/chaos tests/boards

bench: setup-test
	$(BIN)/python -m tests.bench $(BENCH_ARGS)
	$(BIN)/python -m tests.bench.wall

chaos: setup-test
	$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

outage: setup-test
	$(BIN)/python -m tests.chaos.outage $(OUTAGE_ARGS)

# Write the JSON of the Grafana boards anew.
boards: setup-test
	$(BIN)/python -m grafana.boards

fmt: setup-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info
