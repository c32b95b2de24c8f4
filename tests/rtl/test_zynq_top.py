"""rbonn_zynq_top.sv: whole jobs through the pins of the processing system, and its names and widths."""

import re
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.sim.memory_bus import MemoryTiming
from rbonn_hw.sim.shell import ShellModel
from rbonn_hw.sim.verilated import Verilation, compiled
from rbonn_hw.spec.registers import ErrorCode
from rbonn_hw.toolchain import run_verilator
from tests.rtl.shell_jobs import (
    ABORT,
    ID,
    IRQ_ENABLE,
    MEMORY_BYTES,
    STUBS,
    check_job,
    defines,
    error_code,
    interrupt,
    read,
    shell_spec,
    start_job,
    write,
)

pytestmark = pytest.mark.verilator

SPEC = shell_spec(3, 5, 15)
HERE = Path(__file__).parent
YOSYS_CELLS = Path(sysconfig.get_path("purelib"), "pyosys", "share", "xilinx", "cells_xtra.v")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    verilation = Verilation(
        top="zynq_pins",
        sources=(
            HERE / "zynq_pins_ps7.sv",
            HERE / "zynq_pins.sv",
            STUBS / "accelerator.sv",
            STUBS / "BUFG.sv",
        ),
        options=(
            "--assert",
            "--x-assign",
            "unique",
            "--x-initial",
            "unique",
            *defines(SPEC),
            *(f"-G{name}=32'd{value}" for name, value in SPEC.rtl_parameters().items()),
        ),
        harness=("shell_model.cpp",),
        headers=(),
        product="shell.so",
        trace=False,
    )
    return compiled(verilation, tmp_path_factory.mktemp("zynq_top"))


def zynq(library: Path, timing: MemoryTiming) -> ShellModel:
    model = ShellModel(library, HERE, timing=timing, memory_bytes=MEMORY_BYTES)
    model.run(4)  # the reset leaves through two flip-flops
    return model


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_jobs_through_the_processing_system(stall: float, library: Path) -> None:
    with zynq(library, MemoryTiming(stall=stall)) as model:
        assert read(model, "NETWORK") == ID
        for frames in (1, 30, 333):
            check_job(model, SPEC, frames)

        start_job(model, SPEC, 333)
        model.run(100)
        write(model, "CONTROL", ABORT | IRQ_ENABLE)
        model.run_until_idle(10_000)
        assert error_code(model) is ErrorCode.ABORTED
        assert interrupt(model)


def test_the_reset_of_the_processing_system_resets_everything(library: Path) -> None:
    with zynq(library, MemoryTiming()) as model:
        expected = start_job(model, SPEC, 333)
        model.run(50)
        model.reset()
        model.run(4)

        assert [read(model, name) for name in ("STATUS", "IN_ADDR", "FRAMES")] == [0, 0, 0]
        assert not np.array_equal(model.memory, expected)
        check_job(model, SPEC, 3)
        assert not interrupt(model)


def test_ports_are_those_of_the_primitive(tmp_path: Path) -> None:
    found = re.search(r"^module PS7\b.*?^endmodule\n", YOSYS_CELLS.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    declared = tmp_path / "PS7.v"
    declared.write_text(f"/* verilator lint_off UNUSED *//* verilator lint_off UNDRIVEN */\n{found[0]}")

    run_verilator(
        [
            "--lint-only",
            "-Wall",
            "-Wno-PINMISSING",  # most of the processing system is not used
            "-Wno-ASCRANGE",
            "-Wno-DECLFILENAME",
            f"-I{RTL_DIR}",
            "--top-module",
            "rbonn_zynq_top",
            declared,
            STUBS / "accelerator.sv",
            STUBS / "BUFG.sv",
            RTL_DIR / "rbonn_zynq_top.sv",
        ]
    )
