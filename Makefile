# The developer's whole interface. `make demo` and `make test` need only Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp

ASSETS := .venv/.assets
.PHONY: assets demo serve test survive quick check fix schema lock words docs bench clean

$(STAMP): requirements/dev.txt pyproject.toml scripts/setup.py
	$(PYTHON) scripts/setup.py
	@touch $(STAMP)

$(ASSETS): $(STAMP) scripts/assets.py ui/package-lock.json ui/build.mjs ui/icons.txt $(shell find ui/src src/slinga/admin/templates -type f)
	@$(BIN)/python scripts/assets.py
	@touch $(ASSETS)

assets: $(STAMP)     ## what the desk's pages load, from ui/
	@$(BIN)/python scripts/assets.py
	@touch $(ASSETS)

demo: $(ASSETS)      ## a living demo shop with its desk
	@$(BIN)/slinga demo

.venv/.browser: scripts/browser.py
	@$(PYTHON) scripts/browser.py
	@mkdir -p .venv && touch .venv/.browser

test: $(ASSETS) .venv/.browser ## everything CI runs
	@scripts/test

survive: $(STAMP)    ## break a whole installation for an hour: kills, full disk, overload, clock storms
	@SLINGA_LONG=1 $(BIN)/python -m pytest --timeout 3600 tests/survive tests/flow/delivery/test_crash_points.py tests/flow/engine/test_kills.py -q

quick: $(STAMP)      ## the pure tests only, in seconds
	@$(BIN)/python -m pytest tests/unit

check: $(STAMP)      ## format, lint, types, import contracts, schema
	@scripts/check

fix: $(STAMP)        ## format and mend what can be mended
	@$(BIN)/ruff format src tests scripts bench
	@$(BIN)/ruff check --fix src tests scripts bench

schema: $(STAMP)     ## write migrations/schema.sql from the migrations
	@$(BIN)/python scripts/schema.py --write

serve: $(ASSETS)     ## Slinga on this machine, without the demo
	@$(BIN)/slinga serve

lock: $(STAMP)       ## pin every dependency by hash, without addresses
	@scripts/lock

words: $(STAMP)      ## bring the catalogues of the desk's words up to date
	@$(BIN)/python scripts/catalogues.py

docs: $(ASSETS)      ## write the reference pages that come from code, and take the tutorial's pictures
	@$(BIN)/python scripts/reference.py
	@$(BIN)/python scripts/pictures.py

bench: $(STAMP)      ## the benchmarks as ratios, and the page that shows them; ARGS="ingest --scale 0.1"
	@$(BIN)/python -m bench --write $(ARGS)

clean:
	rm -rf .venv var .ruff_cache .mypy_cache .hypothesis
