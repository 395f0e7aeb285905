# Every target does its own setup, inside this folder. No environment has to be activated.
# Works with make 3.81 (macOS) and any POSIX shell.

PYTHON ?= python3
CDK_FLAGS ?=
LOCAL_FLAGS ?=
ATTACK_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(VENV)/.packages
PROJECT := $(VENV)/.project
CDK_CLI := node_modules/.installed
# The clients with which the tests call the endpoint, each installed in its own folder.
AWS_CLI := $(VENV)/aws-cli
AWS_CLI_PACKAGES := $(AWS_CLI)/.packages
JAVASCRIPT := tests/clients/javascript
JAVASCRIPT_SDK := $(JAVASCRIPT)/node_modules/.installed
BROWSER := tests/browser
BROWSER_DRIVER := $(BROWSER)/node_modules/.installed
# AWS's template differ, which the review is compared with, and the source of the review's facts.
REVIEW := tests/review/node
REVIEW_PACKAGES := $(REVIEW)/node_modules/.installed
# The packages that the benchmark compares with.
BENCHMARK_PEERS := $(VENV)/benchmark-peers
BENCHMARK_PEERS_PACKAGES := $(BENCHMARK_PEERS)/.packages
# The handler's tests also run with this botocore, because the Lambda runtime's differs by Region and over time.
OLDEST_BOTOCORE := $(VENV)/oldest-botocore
OLDEST_BOTOCORE_PACKAGES := $(OLDEST_BOTOCORE)/.packages
# The tests that depend on botocore.
BOTOCORE_TESTS := $(addprefix tests/handler/test_,$(addsuffix .py,amazon_connect api_function botocore_fallback data_loader start trimmed_session upstream_faults upstream_texts))
# checkov has many dependencies, whose versions are not ours to choose.
CHECKERS := $(VENV)/checkers
CHECKERS_PACKAGES := $(CHECKERS)/.packages
# What builds the documentation site.
DOCS := $(VENV)/docs
DOCS_PACKAGES := $(DOCS)/.packages
# What checks a release and the workflows.
RELEASE := $(VENV)/release
RELEASE_PACKAGES := $(RELEASE)/.packages
# The lowest versions that pyproject.toml allows, and the newest that there are.
LOWEST := $(VENV)/lowest
LOWEST_PACKAGES := $(LOWEST)/.packages
# The oldest Python of this machine.
LOWEST_PYTHON ?= $(shell for python in python3.10 python3.11 python3.12 python3.13; do \
	$$python -c '' 2>/dev/null && echo $$python && break; done)
NEWEST := $(VENV)/newest
# The tests of what runs in users' environments: no template snapshots, which are of one CDK version, no rule packs, which
# need newer ones, and no comparison with one botocore.
COMPATIBILITY_TESTS := tests/constructs --ignore tests/constructs/test_templates.py \
	$(patsubst %,--ignore tests/constructs/findings/test_%.py,cdk_nag cfn_lint checkov) tests/contract/test_schemas.py \
	tests/packaging/test_import.py tests/upgrade
EMULATOR_LOCK := connect_constructs/local/emulator-requirements.txt

# The tests that deploy to a local AWS, and those that build, install or run the app in other processes. The slowest come
# first, so that all processes end at about the same time.
DEPLOYED_TESTS := tests/clients tests/queue tests/local tests/verify tests/doctor tests/openapi $(BROWSER) tests/packaging tests/test_app.py
SLOWEST_FAST_TESTS := tests/attack tests/constructs
FAST_TESTS := $(SLOWEST_FAST_TESTS) $(filter-out $(SLOWEST_FAST_TESTS) $(DEPLOYED_TESTS) %__pycache__,$(patsubst %/.,%,$(wildcard tests/*/. tests/test_*.py)))
# For two processors. The deployed tests wait for processes, timeouts and queues for a part of their time.
PARALLEL := $(BIN)/pytest --no-loadscope-reorder --numprocesses

# One lock for all systems and Python versions, without the URL of the package index.
COMPILE = UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.10 \
	--generate-hashes --no-emit-index-url --no-emit-find-links

# The CDK CLI runs `python3 app.py`, and it and npm run `node`: all of these must come from the setup.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
# Without byte code, each start would compile aws-cdk-lib again, which takes many seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo local test attack check lint types fast-tests oldest-botocore-tests test-botocore deployed-tests clients-setup browser-setup clients-table emulator-gaps findings-table checkers-setup lifecycle bench queue-figures queue-faults format release-check public-names check-workflows upgrade-templates test-lowest test-newest deploy snapshots model facts lock docs build clean gone

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r target text; do printf '  make %-18s %s\n' "$$target" "$$text"; done

setup: $(PROJECT) $(CDK_CLI) ## install what the targets need, in .venv and node_modules

demo: setup ## deploy to a local AWS, send two updates through the endpoint, show the contact before and after
	@$(BIN)/connect-constructs local --demo

local: setup ## deploy to a local AWS and keep it running until Ctrl-C (LOCAL_FLAGS="-c key=value")
	@$(BIN)/connect-constructs local $(LOCAL_FLAGS)

# mypy takes a minute when its cache is cold, so it runs in parallel with the fast tests, as does what takes seconds.
# pytest's summary comes last.
test: setup lint ## run make check and all tests
	@$(MAKE) --no-print-directory -j2 types fast-tests oldest-botocore-tests docs check-workflows
	@$(MAKE) --no-print-directory deployed-tests

check: lint types ## check style and types (ruff, mypy)

lint: $(PACKAGES)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: $(PACKAGES)
	@$(BIN)/mypy

fast-tests: setup checkers-setup $(REVIEW_PACKAGES) $(RELEASE_PACKAGES)
	@$(PARALLEL) 2 $(FAST_TESTS)

oldest-botocore-tests: $(OLDEST_BOTOCORE_PACKAGES)
	@$(OLDEST_BOTOCORE)/bin/python -m pytest --quiet -p no:cacheprovider $(BOTOCORE_TESTS)

# The newest botocore is the one in the locks.
test-botocore: setup $(OLDEST_BOTOCORE_PACKAGES) ## run the handler's tests with the oldest and the newest botocore that the Lambda runtime may have
	@$(OLDEST_BOTOCORE)/bin/python -m pytest --quiet -p no:cacheprovider tests/handler
	@$(BIN)/pytest --quiet tests/handler

test-lowest: setup $(LOWEST_PACKAGES) ## run the constructs' tests with the lowest versions of Python and packages that pyproject.toml allows
	@$(LOWEST)/bin/python --version
	@$(LOWEST)/bin/python -m pytest --quiet -p no:cacheprovider -W ignore --numprocesses 2 $(COMPATIBILITY_TESTS)

# Made anew each time, because the newest versions are in no lock.
test-newest: setup ## run the constructs' tests with the newest versions of packages
	@rm -rf $(NEWEST)
	@$(BIN)/uv venv --quiet --python $(BIN)/python $(NEWEST)
	@$(BIN)/uv pip install --quiet --upgrade --python $(NEWEST)/bin/python '.[local,testing]' --requirement requirements/lowest.in
	@$(BIN)/uv pip uninstall --quiet --python $(NEWEST)/bin/python connect-constructs
	@$(BIN)/uv pip install --quiet --python $(NEWEST)/bin/python --no-deps --no-build-isolation --editable .
	@$(NEWEST)/bin/python --version
	@$(BIN)/uv pip list --quiet --python $(NEWEST)/bin/python | grep -E '^(aws-cdk-lib|constructs|jsii|boto3) '
	@$(NEWEST)/bin/python -m pytest --quiet -p no:cacheprovider -W ignore --numprocesses 2 $(COMPATIBILITY_TESTS)

deployed-tests: setup clients-setup browser-setup
	@$(PARALLEL) 3 $(DEPLOYED_TESTS)

checkers-setup: $(CHECKERS_PACKAGES)

clients-setup: $(AWS_CLI_PACKAGES) $(JAVASCRIPT_SDK)

browser-setup: $(BROWSER_DRIVER)

clients-table: setup clients-setup ## rewrite the clients' tables in docs/contract.md after an intended change of what clients get
	@$(BIN)/pytest tests/clients --write-clients-table

emulator-gaps: $(PROJECT) ## rewrite the table of the emulator's gaps in docs/testing.md
	@$(BIN)/python -m tools.emulator_gaps_table

lifecycle: setup ## rewrite the tables in docs/lifecycle.md, after an intended change of what options do to a deployed stack
	@CDK_VALIDATION=false $(BIN)/python -m tools.lifecycle

findings-table: $(PROJECT) ## rewrite the table of rule packs' findings in docs/findings.md
	@$(BIN)/python -m tools.findings_table

bench: setup $(BENCHMARK_PEERS_PACKAGES) ## measure cold start, warm requests and synthesis against alternatives, and rewrite docs/performance.md (takes minutes)
	@$(BIN)/python -m benchmarks.performance --python $(BENCHMARK_PEERS)/bin/python --output-dir docs

queue-figures: setup $(BENCHMARK_PEERS_PACKAGES) ## simulate bursts, and rewrite the queue's figures in docs/performance.md and their chart
	@PYTHONPATH=lambda $(BIN)/python -m benchmarks.queue_figures --output-dir docs

attack: setup ## try to break the queue's promise, and check that mutants of the handler are caught (takes minutes; ATTACK_FLAGS="--seeds 3")
	@$(BIN)/python -m tests.attack $(ATTACK_FLAGS)

queue-faults: setup ## test the queue in the local AWS with 3,000 updates and injected faults (takes minutes)
	@$(BIN)/python -m tests.queue.fault_run --updates 3000 --contacts 300

format: $(PACKAGES) ## format the code and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

ifneq (,$(filter deploy,$(MAKECMDGOALS)))
ifndef INSTANCE_ARN
$(error usage: make deploy INSTANCE_ARN=arn:aws:connect:REGION:ACCOUNT:instance/ID (`aws connect list-instances` prints the ARN, and the Amazon Connect console shows it on the page of the instance))
endif
endif

deploy: setup ## deploy to your AWS account: make deploy INSTANCE_ARN=... (CDK_FLAGS="-c queue=true --profile name")
ifneq ($(DOCTOR),no)
	@$(BIN)/connect-constructs doctor --quick -c instance_arn='$(INSTANCE_ARN)' -- $(CDK_FLAGS) || \
		{ echo 'make deploy: stopped before cdk deploy; to deploy anyway, add DOCTOR=no' >&2; exit 1; }
endif
	@node_modules/.bin/cdk deploy --all -c instance_arn='$(INSTANCE_ARN)' $(CDK_FLAGS)

snapshots: setup ## rewrite the template snapshots after an intended change of the infrastructure
	@$(BIN)/pytest tests/constructs --snapshot-update

upgrade-templates: setup ## write today's templates as those of the version in pyproject.toml, before its release
	@$(BIN)/python -m tests.upgrade.templates "$$($(BIN)/python -m tools.release.version)"

model: $(PACKAGES) ## regenerate the contract from the installed botocore
	@$(BIN)/python tools/cut_service_model.py

facts: $(PACKAGES) $(REVIEW_PACKAGES) ## cut the review's facts about resource types out of the installed aws-service-spec
	@$(BIN)/python tools/cut_resource_facts.py

# The old locks are removed first, because uv and npm would keep their versions. So is node_modules, because npm would
# take packages from there and write no hashes.
lock: $(PACKAGES) ## update the locked versions, except those in requirements/pinned.txt, requirements/emulator.txt and package.json
	@rm -f requirements/dev.txt requirements/awscli.txt requirements/benchmark-peers.txt requirements/oldest-botocore.txt \
		requirements/checkers.txt requirements/docs.txt requirements/release.txt requirements/lowest.txt $(EMULATOR_LOCK) package-lock.json $(JAVASCRIPT)/package-lock.json $(BROWSER)/package-lock.json \
		$(REVIEW)/package-lock.json
	@rm -rf node_modules $(JAVASCRIPT)/node_modules $(BROWSER)/node_modules $(REVIEW)/node_modules
	@$(COMPILE) pyproject.toml --extra dev --constraints requirements/pinned.txt --output-file requirements/dev.txt
	@$(COMPILE) requirements/emulator.txt --output-file $(EMULATOR_LOCK)
	@$(COMPILE) requirements/awscli.in --output-file requirements/awscli.txt
	@$(COMPILE) requirements/oldest-botocore.in --output-file requirements/oldest-botocore.txt
	@$(COMPILE) requirements/checkers.in --output-file requirements/checkers.txt
	@$(COMPILE) requirements/docs.in --output-file requirements/docs.txt
	@$(COMPILE) requirements/release.in --output-file requirements/release.txt
	@$(COMPILE) pyproject.toml requirements/lowest.in --extra local --extra testing --resolution lowest-direct \
		--output-file requirements/lowest.txt
	@$(COMPILE) requirements/benchmark-peers.in --constraints requirements/dev.txt --output-file requirements/benchmark-peers.txt
	@$(BIN)/npm install --package-lock-only --ignore-scripts --loglevel error >/dev/null
	@cd $(JAVASCRIPT) && npm install --package-lock-only --ignore-scripts --loglevel error >/dev/null
	@cd $(BROWSER) && npm install --package-lock-only --ignore-scripts --loglevel error >/dev/null
	@cd $(REVIEW) && npm install --package-lock-only --ignore-scripts --loglevel error >/dev/null

release-check: setup $(RELEASE_PACKAGES) ## check and build everything that a release needs but the upload, into dist/
	@$(BIN)/python -m tools.release

public-names: $(RELEASE_PACKAGES) ## compare the public names with those of the last release
	@$(RELEASE)/bin/python -m tools.release.public_names

check-workflows: $(RELEASE_PACKAGES) ## check the workflows and the CI jobs of the examples (zizmor, check-jsonschema)
	@$(RELEASE)/bin/zizmor --offline --pedantic --quiet .github examples/review/github.yml
	@$(RELEASE)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/review/github.yml
	@$(RELEASE)/bin/check-jsonschema --builtin-schema vendor.gitlab-ci examples/review/gitlab.yml
	@$(RELEASE)/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

docs: $(DOCS_PACKAGES) ## build the documentation site into site/; fails if a link or an anchor is dead
	@$(DOCS)/bin/zensical build --strict --clean

build: $(PACKAGES) ## build the wheel and the sdist into dist/
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --outdir dist .

clean: ## remove everything that make, the tools and the tests leave in this folder
	@rm -rf $(VENV) node_modules $(JAVASCRIPT)/node_modules $(BROWSER)/node_modules $(REVIEW)/node_modules dist site .cache cdk.out contact-updates.json .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Each stamp file is written last, inside the folder that it stands for, so an interrupted setup starts over. So does an
# environment whose interpreter is gone, for example after an upgrade of the machine's Python.
GONE := $(shell test -x $(BIN)/python || echo gone)

$(PACKAGES): requirements/dev.txt requirements/make_venv.sh $(GONE)
	@requirements/make_venv.sh $(VENV) requirements/dev.txt '$(PYTHON)'
	@touch $@

# A separate step, because pip accepts no editable install in a file with hashes.
$(PROJECT): pyproject.toml $(PACKAGES)
	@echo "$(VENV): installing connect-constructs from this folder"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

$(CDK_CLI): package.json package-lock.json .npmrc $(PACKAGES)
	@echo "node_modules: installing the CDK CLI from package-lock.json with npm (once)"
	@$(BIN)/npm ci --ignore-scripts --loglevel error >/dev/null
	@touch $@

# Inside .venv, so it is rebuilt with it.
$(AWS_CLI_PACKAGES): requirements/awscli.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(AWS_CLI) requirements/awscli.txt '$(PYTHON)'
	@touch $@

$(OLDEST_BOTOCORE_PACKAGES): requirements/oldest-botocore.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(OLDEST_BOTOCORE) requirements/oldest-botocore.txt '$(PYTHON)'
	@touch $@

$(CHECKERS_PACKAGES): requirements/checkers.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(CHECKERS) requirements/checkers.txt '$(PYTHON)'
	@touch $@

$(DOCS_PACKAGES): requirements/docs.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(DOCS) requirements/docs.txt '$(PYTHON)'
	@touch $@

$(LOWEST_PACKAGES): requirements/lowest.txt requirements/make_venv.sh pyproject.toml | $(PACKAGES)
	@requirements/make_venv.sh $(LOWEST) requirements/lowest.txt '$(LOWEST_PYTHON)'
	@$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

$(RELEASE_PACKAGES): requirements/release.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(RELEASE) requirements/release.txt '$(PYTHON)'
	@touch $@

# Compiled to byte code at once, as in the Lambda runtime.
$(BENCHMARK_PEERS_PACKAGES): requirements/benchmark-peers.txt requirements/make_venv.sh | $(PACKAGES)
	@requirements/make_venv.sh $(BENCHMARK_PEERS) requirements/benchmark-peers.txt '$(PYTHON)'
	@$(BENCHMARK_PEERS)/bin/python -m compileall -q -j 2 $(BENCHMARK_PEERS)/lib
	@touch $@

$(JAVASCRIPT_SDK): $(JAVASCRIPT)/package.json $(JAVASCRIPT)/package-lock.json $(JAVASCRIPT)/.npmrc | $(PACKAGES)
	@echo "$(JAVASCRIPT)/node_modules: installing the AWS SDK for JavaScript from package-lock.json with npm (once)"
	@cd $(JAVASCRIPT) && npm ci --ignore-scripts --loglevel error >/dev/null
	@touch $@

$(BROWSER_DRIVER): $(BROWSER)/package.json $(BROWSER)/package-lock.json $(BROWSER)/.npmrc | $(PACKAGES)
	@echo "$(BROWSER)/node_modules: installing the browser driver from package-lock.json with npm (once)"
	@cd $(BROWSER) && npm ci --ignore-scripts --loglevel error >/dev/null
	@touch $@

$(REVIEW_PACKAGES): $(REVIEW)/package.json $(REVIEW)/package-lock.json $(REVIEW)/.npmrc | $(PACKAGES)
	@echo "$(REVIEW)/node_modules: installing AWS's template differ from package-lock.json with npm (once)"
	@cd $(REVIEW) && npm ci --ignore-scripts --loglevel error >/dev/null
	@touch $@
