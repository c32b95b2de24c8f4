# One verb a line; `make help` prints them. Everything is made below .venv and build.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-mnist test lint type arch rtl-lint unit bitstream doctor clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BUILD  ?= build
BIN    := .venv/bin
BOARD  ?= Pynq-Z2
MODEL  ?= demo
TOOL   ?= auto

help:       ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/ready  ## create .venv from requirements.lock

.venv/ready: requirements.lock pyproject.toml
	build_flows/setup_venv.sh $(PYTHON)

demo: .venv/ready  ## train, export, compile, simulate, synthesize and report on bundled digits
	$(call flow,digits,$(BUILD)/demo)

demo-mnist: .venv/ready  ## the same on MNIST (looked for below $$RBONN_DATA, else downloaded)
	$(call flow,mnist,$(BUILD)/demo-mnist)

define flow
	$(BIN)/rbonn train --recipe build_flows/demo_$(1).json --out $(2)/train
	$(BIN)/rbonn export $(2)/train --out $(2)/export
	$(BIN)/rbonn compile $(2)/export/model.qonnx.onnx --out $(2) $(COMPILE_$(1))
	$(BIN)/rbonn simulate $(2) --data $(2)/export/golden.npz
	$(BIN)/rbonn synth $(2)
	$(BIN)/rbonn report $(2) --train $(2)/train --export $(2)/export
endef
COMPILE_digits := --target-cycles 1200
COMPILE_mnist  := --target-cycles 10000

test: lint type arch unit  ## everything CI runs

lint: .venv/ready  ## ruff: rules and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

type: .venv/ready  ## mypy --strict
	$(BIN)/mypy

arch: .venv/ready  ## import-linter: who may import whom
	$(BIN)/lint-imports

rtl-lint: .venv/ready  ## Verilator -Wall on every RTL module alone
	$(BIN)/pytest -q tests/rtl/test_lint.py

unit: .venv/ready  ## all tests: units, RTL against golden models, notebook
	$(BIN)/pytest -n 2 --dist loadfile

bitstream: .venv/ready  ## place and route: BOARD=Pynq-Z2 MODEL=demo TOOL=auto, vivado, openxc7 or finn
	test -f $(BUILD)/$(MODEL)/compile.json || $(MAKE) $(MODEL)
	$(BIN)/rbonn bitstream $(BUILD)/$(MODEL) --board $(BOARD) --tool $(TOOL)

doctor: .venv/ready  ## what is installed, what is missing, what that costs
	$(BIN)/rbonn doctor

clean:      ## remove build/
	rm -rf $(BUILD)
