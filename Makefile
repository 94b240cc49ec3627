# make run    sets everything up and serves the app on http://localhost:8501
# make test   sets everything up and runs every test, the browser's too
# make setup  makes .venv and nothing else
# `make help` lists the rest.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
BANKING77 ?= ../shared/data/banking77

.PHONY: run setup test lint browser bench bench-train docs space clean help demo-environment

run: $(VENV)/.installed  ## Serve the app
	$(BIN)/streamlit run serve.py --server.port $(PORT)

setup: $(VENV)/.installed  ## Make .venv with the pinned requirements

test: $(VENV)/.installed-dev browser lint  ## Run every test
	$(BIN)/python -m pytest tests -n 3 --dist loadgroup

lint: $(VENV)/.installed-dev  ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The browser of the tests is $$CHROMIUM, /usr/bin/chromium or Playwright's own. As root on Debian apt installs it; elsewhere
# the browser tests fail with the one command to run.
browser:  ## Install Chromium where that can be done without a question
	@if [ -z "$$CHROMIUM" ] && [ ! -x /usr/bin/chromium ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; fi

bench: $(VENV)/.installed-dev  ## Measure what the README quotes
	$(BIN)/python -m benchmarks

bench-train: $(VENV)/.installed-dev  ## Measure fine-tunes against transformers' Trainer, in about two hours
	$(BIN)/python -m benchmarks.training
	@if [ -d $(BANKING77) ]; then $(BIN)/python -m benchmarks.training_accuracy $(BANKING77) --own-learning-rates && \
		$(BIN)/python -m benchmarks.training_accuracy $(BANKING77); \
		else echo "accuracy not measured: no folder $(BANKING77); make bench-train BANKING77=FOLDER with train.parquet and validation.parquet"; fi

docs: $(VENV)/.installed  ## Write docs/settings.md from core/settings.py
	$(BIN)/python docs/write_settings.py

space: $(VENV)/.installed  ## Write the folder of a Docker Space to build/space
	rm -rf build/space
	$(BIN)/python docs/write_space.py build/space

clean:  ## Remove .venv; the data folder stays
	rm -rf $(VENV)

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

# torch goes first and alone: whatever torch build pip is configured to find satisfies every later requirement.
$(VENV)/.installed: requirements.txt requirements-demo.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$$(grep -oE '^torch==[^ ]+' requirements.txt)"
	$(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	$(MAKE) --no-print-directory demo-environment
	@touch $@

# Gradio and the pages disagree about pillow: it gets an environment inside theirs that sees theirs, so that nothing is installed twice.
demo-environment:
	test -x $(VENV)/demo/bin/python || $(BIN)/python -m venv --without-pip $(VENV)/demo
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])" > "$$($(VENV)/demo/bin/python -c "import sysconfig; print(sysconfig.get_paths()['purelib'])")/sheetformer.pth"
	grep -vi '^pillow==' constraints.txt > $(VENV)/demo/constraints.txt
	$(BIN)/python -m pip --python $(VENV)/demo/bin/python install --quiet -r requirements-demo.txt -c $(VENV)/demo/constraints.txt

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt -c constraints.txt
	@touch $@
