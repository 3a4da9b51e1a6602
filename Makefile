# make run: the service.  make test: the tests.  Each sets up what it needs first.
# More for the command:  make run ARGS="--listen 127.0.0.1:8080"   make test ARGS="-k clock"
# Another interpreter:   make run PYTHON=python3.13

BIN = .venv/bin
ARGS =

# exec: Ctrl-C reaches isitme itself, with no shell between that has an opinion.
run:
	@tools/setup run && exec $(BIN)/isitme run $(ARGS)

# worksteal: the few slow tests do not wait behind each other on one core.
test:
	@tools/setup dev && exec $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: lint types contracts test

lint: dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: dev
	@$(BIN)/mypy

contracts: dev
	@$(BIN)/lint-imports

format: dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

dev:
	@tools/setup dev

# A whole internet in network namespaces, as root: every fault staged. ONLY=name plays one.
lab: dev
	@$(BIN)/python -m tests.lab $(ONLY) $(ARGS)

# The lab's own tests, as root: its room, tunnel and servers, and that each fault does something.
lab-tests: dev
	@$(BIN)/python -m pytest tests/lab -n 3 $(ARGS)

# Rules, alerts and dashboards on a real Prometheus: needs promtool, prometheus, amtool and npm.
prometheus-tests: dev
	@$(BIN)/python -m pytest tests/prometheus -q -s $(ARGS)

# docs/pictures from real drills: also needs npm and a network, for Grafana's components (450 MB).
dashboard-pictures: dev
	@$(BIN)/python -m tests.prometheus.pictures

# The same faults seen by other watchers, which nothing else needs; writes docs/comparison.md.
compare-peers: dev
	@$(BIN)/python -m tests.lab.peers $(ONLY) $(ARGS)

# What stands beside this checkout: the reference of the rule table, and recorded answers.
compare:
	@tools/setup dev && $(BIN)/python -m tools.read_samples $(ARGS) && \
	  $(BIN)/python -m tools.compare_reference

# Hostile variants of Apple's answers, some tens of thousands; says how many, and what they cost.
fuzz: dev
	@$(BIN)/python -m benchmarks.fuzz $(ARGS)

# Breaks the rule table and the signals, one small change at a time: would a test notice? docs/mutants.md
mutants: dev
	@$(BIN)/python -m benchmarks.mutants $(ARGS)

# make lock ARGS=--upgrade takes the newest of everything.
lock:
	@tools/lock $(ARGS)

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist

help:
	@sed -n '1,3p' Makefile
	@echo "# Also: check lint types contracts lab lab-tests prometheus-tests dashboard-pictures format compare compare-peers fuzz mutants lock clean"

.PHONY: run test check lint types contracts lab lab-tests prometheus-tests dashboard-pictures format dev compare compare-peers fuzz mutants lock clean help
