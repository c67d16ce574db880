# `make demo` and `make test` need nothing but Python 3.10 to 3.13, git and make. A second run reuses the first one's work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DANBOORU_INDEX_TEST_CACHE ?= $(HOME)/.cache/danbooru-index-tests
DEMO_HOME := $(VENV)/demo-home

.PHONY: demo quick test full soak table coverage check fix clean

demo: $(VENV)/base.stamp
	@for text in "穿着水手服的双马尾女孩在樱花树下回头，没有眼镜" "夜空の花火を見上げる浴衣の少女" \
			"blonde girl in a white sundress and straw hat walking on the beach at sunset"; do \
		echo; echo "> $$text"; \
		DANBOORU_INDEX_HOME=$(DEMO_HOME) $(BIN)/danbooru-index expand "$$text" || exit 1; \
	done
	@echo; echo "> 黑丝"; DANBOORU_INDEX_HOME=$(DEMO_HOME) $(BIN)/danbooru-index search "黑丝" -k 8

# Seconds: what is pure.
quick: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q tests/test_concepts*.py tests/test_prompt.py tests/test_lexicon.py tests/test_own_parts.py tests/test_corpus.py tests/test_packaging.py

# The checks, then everything on this Python with a real ComfyUI beside it, then the engine on the oldest and the newest Python.
test: $(VENV)/dev.stamp check
	$(BIN)/python tests/hosts/comfyui.py prepare --requirements requirements.txt
	$(BIN)/python tests/hosts/comfyui.py prepare 0.30.0 --requirements requirements.txt --bge-m3
	$(BIN)/python tests/hosts/olah.py prepare
	$(BIN)/python tests/hosts/browser.py prepare
	$(BIN)/python tests/hosts/webui.py prepare
	$(BIN)/python tests/hosts/npm.py prepare
	DANBOORU_INDEX_TEST_FULL=1 $(BIN)/python -m pytest
	$(BIN)/python -m nox --python 3.10 3.13

# Before a release: all of it, on every Python here, and a picture of every part of ours in every language, theme and kind of nodes, to be looked at.
full: test
	$(BIN)/python tests/hosts/screens.py $(VENV)/screens
	$(BIN)/python -m nox --python 3.11 3.12
	$(MAKE) soak

# Hours of kills, mutated files and random queries (at most 6 on two cores); stopped, it goes on. tests/test_soak.py is its short form.
soak: $(VENV)/dev.stamp
	cd tests && $(abspath $(BIN))/python -m soak --folder $(abspath $(VENV))/soak

# The table of benchmarks/ranking_study.md, ours beside other ways, from nothing: make table DATA=FOLDER (tags.jsonl, tags_rich.csv.gz, eval/).
table: $(VENV)/dev.stamp
	@test -d "$(DATA)/eval" || { echo "error: DATA names no folder with eval/.\nhint: make table DATA=FOLDER" >&2; exit 1; }
	$(BIN)/python -m training.baselines --data "$(DATA)" --work $(VENV)/table

# How many lines of the package the engine's fast tests run.
coverage: $(VENV)/dev.stamp
	$(BIN)/python -m nox --session coverage

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python tests/hosts/typed_nodes.py

fix: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .nox .pytest_cache .mypy_cache .ruff_cache build *.egg-info

$(VENV)/python.stamp:
	$(PYTHON) -c 'import sys; assert (3, 10) <= sys.version_info < (3, 14), "Python 3.10 to 3.13 is needed; say which: make PYTHON=python3.12"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/base.stamp: $(VENV)/python.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet -e .
	touch $@

# torch by its exact version takes a CPU build where one is offered; a plain torch would bring gigabytes of CUDA.
$(VENV)/dev.stamp: $(VENV)/python.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet -e '.[bge-m3,dev]'
	touch $@ $(VENV)/base.stamp
