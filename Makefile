# The table of contents: `make help`.

PYTHON ?= python3
PORT ?= 8000
ROWS ?= 100000
DEMO ?= 0
INPUTS ?= 1000000
MINUTES ?= 30
BIN := .venv/bin
RUNTIME := .venv/.runtime
NOTEBOOK := .venv/.notebook
BASELINES := .venv/.baselines
MASKING := .venv/.masking
SERVING_READER := .venv/.reader
READER := .venv/.reader-train
DEVELOPMENT := .venv/.development

.DEFAULT_GOAL := help
.PHONY: help run train test lint format check-data audit behaviour compare curve scale scaling report-tests evaluate papers baselines attacks masking crowd crash overload soak bench reader reader-serving test-reader fuzz dependencies lock clean

# In the environment, since it may hold a password: everybody on a machine can read the arguments of its programs.
export DATABASE ?=

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Samples get a database of their own, unless one is named: they are never to stand beside calls.
ifeq ($(DEMO),1)
DEMONSTRATING = SIGNPOST_DEMO=1 SIGNPOST_DATABASE="$${SIGNPOST_DATABASE:-sqlite:///var/demo.db}"
endif

run: $(RUNTIME) ## train the shipped model if need be, serve it on 127.0.0.1 (PORT=8000) and print the page's address; DEMO=1 with sample incidents
	@$(BIN)/signpost train --if-needed
	@$(DEMONSTRATING) SIGNPOST_PORT=$(PORT) $(BIN)/signpost serve

train: $(RUNTIME) ## train the shipped model again and make it current
	@$(BIN)/signpost train

test: $(DEVELOPMENT) ## run the whole test suite
	$(BIN)/python -m pytest

lint: $(DEVELOPMENT) ## linter, formatter, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEVELOPMENT) ## let the formatter and the linter mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check-data: $(DEVELOPMENT) ## validate narratives, contrast sets, splits and lexicon, then audit for artefacts
	$(BIN)/python -m training.checks
	$(BIN)/python -m training.audit

audit: $(DEVELOPMENT) ## look for artefacts: can the labels be told from form, function words, a writer's habits?
	@$(BIN)/python -m training.audit

behaviour: $(RUNTIME) ## the behavioural suite and the swap tests on the current model
	@$(BIN)/python -m training.behaviour
	@$(BIN)/python -m training.swaps

attacks: $(RUNTIME) ## how much danger can be hidden from the flag by slips, disguises and padding
	@$(BIN)/python -m training.attacks

compare: $(RUNTIME) ## the model beside its baselines, leave-authors-out (minutes)
	@$(BIN)/python -m training.comparison

curve: $(RUNTIME) ## the learning curve, leave-authors-out (many minutes)
	@$(BIN)/python -m training.curve

scale: $(DEVELOPMENT) ## score ROWS=100000 resampled narratives on one core, on all cores and on Dask: speed, memory, same bytes?
	@$(BIN)/python -m training.scale $(ROWS)

scaling: $(RUNTIME) ## how the time and memory of retraining grow with the rows (many minutes)
	@$(BIN)/python -m training.scaling

report-tests: $(RUNTIME) ## judge the current model on the two tests, for reporting only
	@$(BIN)/python -m training.testing

crowd: $(DEVELOPMENT) ## 50 reviewers on two processes for two minutes; $$DATABASE names an empty PostgreSQL database
	@$(BIN)/signpost train --if-needed
	@$(BIN)/python -m tests.soak.crowd --models var/models

crash: $(DEVELOPMENT) ## kill a writer a hundred times; $$DATABASE names an empty database, or a file of its own is used
	@DATABASE="$${DATABASE:-sqlite:///$$(mktemp -d)/signpost.db}" $(BIN)/python -m tests.soak.crash

fuzz: $(DEVELOPMENT) ## INPUTS=1000000 odd inputs for every way in, then the interface against its document (half an hour)
	@$(BIN)/signpost train --if-needed
	@$(BIN)/python -m tests.fuzz --inputs $(INPUTS)
	@$(BIN)/python -m tests.fuzz.interface

dependencies: $(DEVELOPMENT) ## known weaknesses of what we depend on, by pip-audit; says so when its source cannot be reached
	@$(BIN)/python -m tests.security.dependencies

overload: $(DEVELOPMENT) ## three times as many requests as can be answered: who is taken, who is refused, how fast
	@$(BIN)/signpost train --if-needed
	@$(BIN)/python -m tests.soak.overload --models var/models

soak: $(DEVELOPMENT) ## everything at once on one service for MINUTES=30: errors, memory, file handles
	@$(BIN)/signpost train --if-needed
	@$(BIN)/python -m tests.soak.mixed --models var/models --minutes $(MINUTES)

bench: $(DEVELOPMENT) ## HTTP, batches, start and growth beside their limits; a page of the queue; the recall of masking (many minutes; QUICK=1 for a look)
	@$(BIN)/signpost train --if-needed
	@for table in http batch start growth; do $(BIN)/python -m tests.bench.$$table $(if $(QUICK),--quick) && echo || exit 1; done
	@$(BIN)/python -m tests.bench.queue_page
	@$(BIN)/python -m tests.bench.masking_recall

evaluate: $(NOTEBOOK) ## run the evaluation notebook: the evidence in pictures, as var/evaluation.html
	@$(BIN)/signpost train --if-needed
	@$(BIN)/python -m training.notebook $(if $(DATA),--data $(DATA))

papers: $(RUNTIME) ## write the current model's papers into var/papers
	@$(BIN)/signpost train --if-needed
	@$(BIN)/signpost papers

baselines: $(BASELINES) ## measure the heavy baselines again, for the notebook (many minutes)
	@$(BIN)/python -m training.evidence.heavy_standings

masking: $(MASKING) ## install what `signpost export-decisions` needs to mask names and numbers

reader: $(READER) ## tune the reader that knows language, beside a new model, and make both current (up to an hour)
	@OMP_WAIT_POLICY=PASSIVE $(BIN)/signpost train --reader

reader-serving: $(SERVING_READER) ## install what a model with a reader needs to be served: ONNX Runtime and a tokeniser

test-reader: $(READER) $(DEVELOPMENT) ## the reader's own tests, those that need PyTorch among them
	$(BIN)/python -m pytest tests/model/reader tests/training/reader

lock: $(DEVELOPMENT) ## compile the pinned requirements again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  --extra notebook -c requirements/runtime.txt pyproject.toml -o requirements/notebook.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  --extra baselines -c requirements/notebook.txt pyproject.toml -o requirements/baselines.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  --extra development -c requirements/notebook.txt pyproject.toml -o requirements/development.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  --extra masking -c requirements/development.txt pyproject.toml -o requirements/masking.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  --extra reader -c requirements/baselines.txt pyproject.toml -o requirements/reader.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	  $(addprefix --no-emit-package ,$(NOT_FOR_CPU)) \
	  --extra reader-train -c requirements/baselines.txt pyproject.toml -o requirements/reader-train.txt

clean: ## remove everything that was built
	rm -rf .venv var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# PyTorch's own file is requirements/torch-cpu.txt; the others are what its build for CUDA brings along.
NOT_FOR_CPU := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

# Only what is pinned, with its hash, is installed; the project itself goes in without an index.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Signpost needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements/runtime.txt pyproject.toml | .venv/bin/python
	@echo "Installing the pinned requirements into .venv (a minute or two the first time) …"
	@$(INSTALL) --require-hashes --requirement requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(NOTEBOOK): requirements/notebook.txt $(RUNTIME)
	@echo "Installing the notebook's requirements …"
	@$(INSTALL) --require-hashes --requirement requirements/notebook.txt
	@touch $@

$(MASKING): requirements/masking.txt $(RUNTIME)
	@echo "Installing what masking needs …"
	@$(INSTALL) --require-hashes --requirement requirements/masking.txt
	@touch $@

$(BASELINES): requirements/baselines.txt $(RUNTIME)
	@echo "Installing the baselines' requirements …"
	@$(INSTALL) --require-hashes --requirement requirements/baselines.txt
	@touch $@

$(SERVING_READER): requirements/reader.txt $(RUNTIME)
	@echo "Installing what the reader needs to be served …"
	@$(INSTALL) --require-hashes --requirement requirements/reader.txt
	@touch $@

$(READER): requirements/reader-train.txt requirements/torch-cpu.txt $(RUNTIME)
	@echo "Installing PyTorch and what else tuning the reader needs (some minutes) …"
	@$(INSTALL) --require-hashes --requirement requirements/torch-cpu.txt --requirement requirements/reader-train.txt
	@touch $@ $(SERVING_READER)

$(DEVELOPMENT): requirements/development.txt $(RUNTIME)
	@echo "Installing the development requirements …"
	@$(INSTALL) --require-hashes --requirement requirements/development.txt
	@touch $@
