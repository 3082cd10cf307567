# make book: build the book · make lab: open the notebooks · make serve: read it · make test: every check
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PORT ?= 8000
TIMEOUT := 120

.DEFAULT_GOAL := book
.PHONY: book lab serve test layers models lint bench clean browser

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cnnbook needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

book: $(READY)
	$(BIN)/python book/build.py

lab: $(READY)
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks

serve: book
	@echo "The book is at http://localhost:$(PORT)/ (Ctrl+C stops it)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Each part says how long it took.
part = @echo "== $(1)"; start=$$(date +%s); $(2); code=$$?; echo "== $(1): $$(($$(date +%s) - start)) s"; exit $$code

test: $(READY) browser
	$(call part,lint,$(MAKE) --no-print-directory lint)
	$(call part,book,$(BIN)/python book/build.py)
	$(call part,notebooks as tests,OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout $(TIMEOUT) notebooks)
	$(call part,package,OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --layers tests --ignore tests/browser)
	$(call part,browser,$(BIN)/python -m pytest -q tests/browser)

# Which layer was held against which oracle, how often, and how far off it was.
layers: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --layers tests/reference

# Every architecture: parameters counted and published, multiply-adds, and what its small form learns.
models: $(READY)
	$(BIN)/python -m cnnbook.experiments.models

browser: $(READY)
	@$(BIN)/python tests/chromium.py || $(BIN)/playwright install chromium

bench: $(READY) book
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
