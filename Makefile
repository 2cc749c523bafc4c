# make demo        an Invariant Transformer Net on real photographs, from nothing, and the report of the network it used
# make test        the test suite, in two processes
# make test-long   longer ones: recipes from end to end, exports, other backends
# make test-release  the longest, before a release: artifacts' numbers measured again, runs that are killed and go on
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WHEEL_PYTHON ?= $(PYTHON)

.PHONY: demo test test-long test-release lint bench docs docs-serve figures wheel test-wheel clean

# A stamp for each environment: the whole one, and what the demo needs. They are made again when the dependencies change.
$(VENV)/.ready: EXTRAS := test
$(VENV)/.demo: EXTRAS := demo
$(VENV)/.ready $(VENV)/.demo: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kinv needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@echo "Setting up $(VENV): about three minutes and 3 to 4 GB, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch $@

# Ten minutes with set-up on two cores: the paper's family, with a third of its epochs. The report is of the network that
# the recipe used: AlexNet where its weights are, else SqueezeNet.
demo: $(or $(wildcard $(VENV)/.ready),$(VENV)/.demo)
	$(BIN)/python -m recipes.itn_alexnet --family paper --epochs 10 --at-share 0
	@rm -rf runs/demo_report
	@network=$$($(BIN)/kinv layers alexnet --quiet > /dev/null 2>&1 && echo alexnet || echo squeezenet); \
		$(BIN)/kinv report $$network --images photos --preset quick --output runs/demo_report

test: $(VENV)/.ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long and not release"

test-long: $(VENV)/.ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "long and not release"

test-release: $(VENV)/.ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -m release

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/pyright

bench: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[bench]"
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

# The pages' numbers are those of the artifacts; the site is in build/site.
docs: $(VENV)/.ready
	$(BIN)/python -m recipes.experiment.pages
	$(BIN)/python -m recipes.experiment.site
	$(BIN)/zensical build --strict

docs-serve: docs
	$(BIN)/zensical serve

# Draws every committed artifact's figures again, by training it again with its recipe.
figures: $(VENV)/.ready
	$(BIN)/python -m recipes.itn_alexnet
	$(BIN)/python -m recipes.itn_resnet
	$(BIN)/python -m recipes.itn_digits
	$(BIN)/python -m recipes.digit_cnn
	$(BIN)/python -m recipes.filter_gan_mnist
	$(BIN)/python -m recipes.filter_gan_mnist --layer conv2
	for recipe in dbn_mnist sdae_mnist "sdae_mnist --data silhouettes" "sdae_mnist --data rotated" dbn_patches sdae_patches; do \
		$(BIN)/python -m recipes.$$recipe || exit 1; done

wheel: $(VENV)/.ready
	$(BIN)/python -m build --wheel

# The wheel in an empty environment, outside the checkout: WHEEL_PYTHON=python3.13 make test-wheel
test-wheel: $(VENV)/.ready
	rm -rf build/wheel
	$(BIN)/python -m build --wheel --outdir build/wheel
	$(WHEEL_PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/pip install --quiet --disable-pip-version-check "$$(ls build/wheel/*.whl)[tensorflow-cpu]"
	HF_HUB_OFFLINE=1 build/wheel/venv/bin/python tests/installed.py
	build/wheel/venv/bin/pip install --quiet --disable-pip-version-check "$$(ls build/wheel/*.whl)[tensorflow-cpu,offline]"
	HF_HUB_OFFLINE=1 build/wheel/venv/bin/python tests/installed.py quick_start
	rm -rf build/wheel

clean:
	rm -rf $(VENV) runs dist build
