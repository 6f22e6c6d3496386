# 需要的只有 Python 3.11（或更新）和 make · Needs Python 3.11 or newer, and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# the front end is built again when one of these changed, came or went (a folder changes when a file does)
PAGES_LOCK := static/package.json static/package-lock.json static/.npmrc
PAGES_SOURCES := static/vite.config.ts static/tsconfig.json $(shell find static/src static/public)
PAGES_INSTALLED := static/node_modules/.installed
PAGES_BUILT := static/dist/.built
# as many tests at once as a small machine has cores; storms run alone, or they measure each other
WORKERS ?= 2
CHROMIUM := $(or $(VOUCHER_CHROMIUM),chromium)
NAME ?= all
SIZE ?= small
WHAT ?=
PICTURES ?= yes

.PHONY: help setup frontend demo test storm long fuzz tour sure check rules story bench migration docs

help: ## 列出所有命令 · this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) $(PAGES_BUILT) ## 建立运行环境 · make .venv from the lock file, build the pages' front end

$(LOCKED): requirements.lock
	@python=; for each in python3.11 python3 python3.12 python3.13 python; do \
	  if "$$each" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python="$$each"; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "需要 Python 3.11 或更新版本 · Python 3.11 or newer is needed" >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then "$$python" -m venv $(VENV); fi
	@echo "安装依赖，约一分钟 · installing the locked dependencies"
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(INSTALLED): $(LOCKED) pyproject.toml
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

frontend: $(PAGES_BUILT) ## 建立网页的样式和脚本 · build styles and scripts of the pages, where they changed

$(PAGES_INSTALLED): $(PAGES_LOCK) | $(LOCKED)
	@echo "安装前端依赖 · installing the locked front-end packages"
	@static/build.sh install
	@touch $@

$(PAGES_BUILT): $(PAGES_INSTALLED) $(PAGES_SOURCES)
	@echo "建立前端 · building the front end"
	@static/build.sh build
	@touch $@

demo: setup ## 一条命令看全程：建库、结算济源一个季度、开网页 · build, settle a real quarter, serve
	@$(BIN)/voucher demo

test: setup ## 测试，SQLite 与 PostgreSQL · the tests, on both databases; what takes its time has targets of its own
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not storm and not long and not fuzz and not tour"

storm: setup ## 64 个客户端同时操作，SIZE=full 用千张券 · 64 clients at once, alone on the machine; SIZE=full with a thousand vouchers
	@STORM_SIZE=$(SIZE) $(BIN)/python -m pytest -m storm tests/storms tests/loop

long: setup ## 伪造码、强行中断、密码卡、读码器，SIZE=full 用十万个码 · what takes its time, or needs SoftHSM (softhsm2) and zbar (libzbar0); SIZE=full the whole
	@STORM_SIZE=$(SIZE) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m long

fuzz: setup ## 接口模糊测试：每种数据库 3000 次请求，SIZE=full 用 5000 次 · 3,000 generated requests on each database, SIZE=full 5,000
	@FUZZ_SIZE=$(SIZE) $(BIN)/python -m pytest -n $(WORKERS) -m fuzz tests/doors

tour: setup ## 用浏览器走完全程，看遍每个网页，截图在 .run/shots；PICTURES=no 不截图 · click the whole loop in Chromium, look at every page; PICTURES=no keeps none
	@if ! command -v "$(CHROMIUM)" >/dev/null; then \
	  echo "没有找到浏览器，请先安装 · no browser found, install one: apt-get install chromium fonts-noto-cjk" >&2; \
	  exit 2; fi
	@VOUCHER_CHROMIUM="$(CHROMIUM)" TOUR_PICTURES=$(PICTURES) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m tour tests/browser

sure: check test ## 提交前：格式、检查、类型、墙、文档、测试 · all checks, then all tests

check: setup ## 格式、检查、类型、墙、文档 · format, lint, types, walls, generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict voucher tests benchmarks
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m voucher.cli.documents --check

rules: setup ## 规则登记簿：编号、依据、起始日 · every rule with its legal source
	@$(BIN)/voucher rules

story: setup ## 济源 2023 年第四季度的结算故事 · the Jiyuan settlement, told step by step
	@$(BIN)/python -m tests.loop.story

bench: setup ## 速度：NAME=哪一项 SIZE=规模 · what we claim about speed, measured here
	@$(BIN)/python -m benchmarks.$(NAME) --size $(SIZE)

migration: setup ## 新的数据库迁移：WHAT="做什么" · a new migration from the models
	@if [ -z "$(WHAT)" ]; then echo '请写明内容 · say what: make migration WHAT="..."' >&2; exit 2; fi
	@mkdir -p .run && rm -f .run/migration.sqlite*
	@next="$$(printf '%04d' $$((10#$$(cat migrations/HEAD) + 1)))"; \
	export VOUCHER_DATABASE_URL="sqlite:///$(CURDIR)/.run/migration.sqlite"; \
	$(BIN)/alembic -c migrations/alembic.ini upgrade head; \
	$(BIN)/alembic -c migrations/alembic.ini revision --autogenerate --rev-id "$$next" -m "$(WHAT)"; \
	echo "$$next" > migrations/HEAD

docs: setup ## 由代码重写 docs/rules.md 与 docs/lifecycle.md · write the generated documents again
	@$(BIN)/python -m voucher.cli.documents
