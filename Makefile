# One verb a line; `make help` prints them. Everything is made below .venv and build.
.DEFAULT_GOAL := help
SHIPPED := cnv-cifar10 conv-mnist detect-digits lfc-mnist resnet20-cifar10
.PHONY: $(SHIPPED) help setup wheel demo demo-mnist detector test lint type arch rtl-lint proofs unit hls-test hls-synth docs fuzz fuzz-files mutants bitstream package board doctor clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BUILD  ?= build
BIN    := .venv/bin
BOARD  ?= Pynq-Z2
MODEL  ?= resnet20-cifar10
TOOL   ?= auto
SEEDS  ?= 1
INSTALLER ?= pip

##@ Begin
help:       ## list the verbs
	@sed -n -e 's/^##@ /\n/p' -e 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/ready  ## create .venv from requirements.lock

.venv/ready: requirements.lock pyproject.toml
	build_flows/setup_venv.sh $(PYTHON)

doctor: .venv/ready  ## what is installed, what is missing, what that costs
	$(BIN)/rbonn doctor

clean:      ## remove build/
	rm -rf $(BUILD)

##@ Try; trained networks too: make lfc-mnist, conv-mnist, cnv-cifar10, resnet20-cifar10 or detect-digits
demo: .venv/ready  ## train, export, compile, simulate, synthesize and report on bundled digits
	$(call flow,digits,$(BUILD)/demo)

demo-mnist: .venv/ready  ## the same on MNIST (from RBONN_DATA, else downloaded)
	$(call flow,mnist,$(BUILD)/demo-mnist)

detector: .venv/ready  ## the detector that ships: digits on canvases, RTL = PyTorch on 50 frames, fit, report, a zip for the board
	$(BIN)/rbonn export detect-digits --out $(BUILD)/detector/export --frames 50
	$(BIN)/rbonn compile $(BUILD)/detector/export/model.qonnx.onnx --out $(BUILD)/detector $(COMPILE_detect-digits)
	$(BIN)/rbonn simulate $(BUILD)/detector --data $(BUILD)/detector/export/golden.npz
	$(BIN)/rbonn synth $(BUILD)/detector
	$(BIN)/rbonn report $(BUILD)/detector --export $(BUILD)/detector/export
	$(BIN)/rbonn package $(BUILD)/detector --data $(BUILD)/detector/export/golden.npz --out $(BUILD)/detector/detector.zip

define flow
	$(BIN)/rbonn train --recipe build_flows/demo_$(1).json --out $(2)/train
	$(BIN)/rbonn export $(2)/train --out $(2)/export
	$(BIN)/rbonn compile $(2)/export/model.qonnx.onnx --out $(2) $(COMPILE_$(1))
	$(BIN)/rbonn simulate $(2) --data $(2)/export/golden.npz $(SIMULATE_$(1))
	$(BIN)/rbonn simulate $(2) --level dataflow --frames 8
	$(BIN)/rbonn synth $(2)
	$(BIN)/rbonn report $(2) --train $(2)/train --export $(2)/export
endef
COMPILE_digits := --target-cycles 1200
COMPILE_mnist  := --target-cycles 10000
# All 10,000 frames through the RTL; FINN's graph is executed in Python, at some frames a second.
SIMULATE_mnist := --finn-frames 100

# Trained networks that come with the package, compiled for the board: make lfc-mnist
$(SHIPPED): .venv/ready
	$(BIN)/rbonn export $@ --out $(BUILD)/$@/export --frames none
	$(BIN)/rbonn compile $(BUILD)/$@/export/model.qonnx.onnx --out $(BUILD)/$@ $(COMPILE_$@)
COMPILE_cnv-cifar10 := --target-cycles 10000
COMPILE_conv-mnist := --target-cycles 19000
COMPILE_detect-digits := --target-cycles 20000
COMPILE_lfc-mnist := --target-cycles 2048
COMPILE_resnet20-cifar10 := --target-cycles 98304

##@ Check
test: lint type arch unit  ## everything CI runs

lint: .venv/ready  ## ruff: rules and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

type: .venv/ready  ## mypy --strict
	$(BIN)/mypy

arch: .venv/ready  ## import-linter: who may import whom
	$(BIN)/lint-imports

rtl-lint: .venv/ready  ## Verilator -Wall on every RTL module alone
	$(BIN)/pytest -q tests/rtl/test_lint.py

proofs: .venv/ready  ## what the stream kernels are held to, proved for every input: build_flows/proofs.json
	$(BIN)/python -m build_flows.proofs

unit: .venv/ready  ## all tests: units, RTL against golden models, notebook
	$(BIN)/pytest -n 2 --dist loadfile

hls-test: .venv/ready  ## HLS twins under g++ with sanitizers, against the golden models and the RTL's vectors
	$(BIN)/pytest -q tests/hls

hls-synth: .venv/ready  ## HLS twins through Vitis HLS, where it is installed
	$(BIN)/python -m hls.synth $(BUILD)/hls

ONLY ?=
mutants: .venv/ready  ## put faults into a copy on purpose: a test must notice each (ONLY=words of a name or file)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.mutation --only "$(ONLY)"

fuzz-files: .venv/ready  ## damage 10,000 files of every kind that is read, and see each refused
	$(BIN)/python -m build_flows.fuzz_files

fuzz: .venv/ready  ## 500 random networks, foldings and memories through every level to the RTL (ONLY=seeds: these alone)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m build_flows.fuzz_networks $(if $(ONLY),--only $(ONLY))

wheel: .venv/ready  ## install the wheel elsewhere as a user would (INSTALLER=pip or uv; gigabytes) and run digits through it
	build_flows/check_wheel.sh $(INSTALLER) $(PYTHON)

##@ Documentation
docs: .venv/ready  ## documentation site, in build/site: warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

##@ Board
bitstream: .venv/ready  ## place and route: BOARD=Pynq-Z2 TOOL=auto SEEDS=1 MODEL=resnet20-cifar10, cnv-cifar10, conv-mnist, lfc-mnist, detect-digits or demo
	test -f $(BUILD)/$(MODEL)/compile.json || $(MAKE) $(MODEL)
	$(BIN)/rbonn bitstream $(BUILD)/$(MODEL) --board $(BOARD) --tool $(TOOL) --seeds $(SEEDS)

package: .venv/ready  ## zip of the demo for a board: driver, self-test, bitstream if there is one
	$(BIN)/rbonn package $(BUILD)/demo --data $(BUILD)/demo/export/golden.npz --out $(BUILD)/demo/digits.zip

board: package  ## self-test of that zip on the virtual board (installs pynq once, a minute)
	$(BIN)/rbonn board --virtual $(BUILD)/demo/digits.zip
