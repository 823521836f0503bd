# The documented commands of the project. `make run` and `make test` set up whatever they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA := $(or $(EARFUL_DATA),data/local)
PORT := $(or $(EARFUL_PORT),8000)
STATIC := src/earful/web/static/vendor

# Every process imports the same modules: they are compiled once, whatever this shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: conformance day help run test test-real ready servers check format bench browser-libraries packages lock clean

help:
	@echo "make run     start Earful with the demo workspace on http://127.0.0.1:$(PORT)"
	@echo "make test    run every test (installs what it needs)"
	@echo "make test-real  run the tests beside third parties' servers that take minutes to install"
	@echo "make check   lint, types, import rules"
	@echo "make bench   measure speed and memory on this machine"

run: .make/run $(STATIC)/.built .make/kernel
	$(BIN)/earful up --data "$(DATA)" --port $(PORT) $(if $(EARFUL_DATABASE),--database "$(EARFUL_DATABASE)") --demo

# What failed beside others on a busy machine is tried once more, alone; the log keeps both answers.
test: .make/dev packages $(STATIC)/.built .make/node-dev .make/kernel
	export TMPDIR=$$(sh scripts/quick_folder.sh); \
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore $(INSTALLED) $(ARGS) || \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none --ignore $(INSTALLED) $(ARGS)

# Third parties' servers that take long to install. Where one cannot be had, its tests are left out with the reason.
INSTALLED := tests/real/installed
SERVERS := .make/atproto .make/prism .make/telegram .make/wordpress
test-real: .make/dev $(SERVERS)
	export TMPDIR=$$(sh scripts/quick_folder.sh); \
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs $(INSTALLED) $(ARGS)

servers: $(SERVERS)

# Everything that `test` and `test-real` install: `make -j2 check ready` does it while types are checked.
ready: .make/dev packages $(SERVERS) $(STATIC)/.built .make/node-dev .make/kernel

check: .make/dev
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/ruff check src tests scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/reference.py --check

# What every network's channel was tried with, as a page of the documentation.
conformance: .make/dev .make/kernel
	EARFUL_CONFORMANCE=docs/reference/conformance.md $(BIN)/python -m pytest -n 0 tests/conformance/networks

# A day of ten thousand messages on which every knob of the simulated networks is turned, as a page of the documentation;
# EARFUL_DAY names a folder that keeps the desk.
day: .make/dev .make/kernel $(STATIC)/.built
	EARFUL_DAY_MESSAGES=10000 EARFUL_DAY_PAGE=docs/reference/day.md $(BIN)/python -m pytest -n 0 tests/conformance/networks/test_day.py

format: .make/dev
	$(BIN)/ruff format src tests scripts
	$(BIN)/ruff check --fix src tests scripts

bench: .make/run $(STATIC)/.built .make/kernel
	$(BIN)/earful bench $(ARGS)

# Runtime and development packages come from lock files with hashes; the project itself is linked in.
.make/run: requirements.lock pyproject.toml
	@[ .make/dev -nt requirements.lock ] && [ .make/dev -nt pyproject.toml ] || \
	sh scripts/venv.sh $(PYTHON) $(VENV) requirements.lock
	@mkdir -p .make && touch $@

.make/dev: requirements-dev.lock pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) requirements-dev.lock
	@mkdir -p .make && touch .make/run $@

# Several targets at once must not fill one environment twice: what tests need holds what running needs.
ifneq ($(filter check ready test test-real,$(MAKECMDGOALS)),)
.make/run: | .make/dev
endif

# A newer Node than Debian's, from a Python wheel: for Bluesky's server, and for all where there is no npm.
.make/node: scripts/node.sh | .make/run
	@sh scripts/node.sh $(BIN) && touch $@ || echo "Node could not be installed here."
NODE := $(if $(shell command -v npm),,.make/node)

# htmx, icons and the font are dependencies: installed from the lock and copied into an ignored folder.
$(STATIC)/.built: package-lock.json src/earful/web/build.py | .make/run $(NODE)
	@sh scripts/npm.sh $(BIN) --omit=dev
	@$(BIN)/python -m earful.web.build
	@touch $@

.make/node-dev: package-lock.json | .make/dev $(STATIC)/.built
	@sh scripts/npm.sh $(BIN)
	@touch $@

LEFT_OUT = could not be installed here: its tests are left out.

.make/atproto: tests/servers/atproto/package-lock.json scripts/atproto.sh | .make/dev .make/node
	@sh scripts/atproto.sh $(BIN) && touch $@ || echo "Bluesky's server $(LEFT_OUT)"

.make/prism: tests/servers/prism/package-lock.json | .make/dev $(NODE)
	@sh scripts/npm.sh $(BIN) --prefix tests/servers/prism && touch $@ || echo "Prism $(LEFT_OUT)"

.make/telegram: tests/servers/telegram/requirements.txt scripts/telegram.sh | .make/dev
	@sh scripts/telegram.sh $(BIN) $(PYTHON) .make/servers/telegram && touch $@ || echo "A Bot API $(LEFT_OUT)"

.make/wordpress: tests/servers/wordpress/wp-config.php scripts/wordpress.sh
	@sh scripts/wordpress.sh .make/servers/wordpress && touch $@ || echo "WordPress $(LEFT_OUT)"

# Triage's kernel is compiled once for this machine; `earful up` would do it too, at its first start.
KERNEL := $(wildcard src/earful/triage/*.py)
.make/kernel: $(KERNEL) | .make/run
	@$(BIN)/python -m earful.triage.warm
	@touch $@

# The weights that ship, trained anew. DATASETS is the folder with the data sets that docs/reference/model-card.md names.
model: .make/run .make/kernel
	$(BIN)/python -m earful.triage.ship --datasets "$(DATASETS)" --out src/earful/triage/weights/earful-1.model --card docs/reference/model-card.md
.PHONY: model

# The heads of the second stage; needs `pip install "earful[deep]"` in the same environment.
deep-model: .make/run .make/kernel
	$(BIN)/python -m earful.triage.deep_ship --datasets "$(DATASETS)" --out src/earful/triage/weights/deep-1.npz
.PHONY: deep-model

packages:
	@sh scripts/packages.sh

lock: .make/dev
	$(BIN)/uv pip compile tests/servers/telegram/requirements.in --universal --generate-hashes --no-emit-index-url --no-header -q -o tests/servers/telegram/requirements.txt
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

clean:
	rm -rf $(VENV) .make node_modules $(STATIC) dist

reference: .make/dev
	$(BIN)/python scripts/reference.py
.PHONY: reference
