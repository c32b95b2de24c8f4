"""Every kernel as Yosys maps it: what its ready follows, and how deep its logic is."""

from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.compiler.kernels import KERNELS
from rbonn_hw.datatypes import IntType
from rbonn_hw.spec._stream import KernelSpec
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.concat import ConcatSpec
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.labelselect import LabelSelectSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.pool import PoolSpec
from rbonn_hw.spec.register import RegisterSpec
from rbonn_hw.spec.select import SelectSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.spec.upsample import UpsampleSpec
from rbonn_hw.spec.window import WindowSpec
from rbonn_hw.synth.kernels import Instance, instance_of, synthesize_side_by_side
from rbonn_hw.synth.levels import module_depths, read_modules
from tests.synth.ready_walk import followed

pytestmark = pytest.mark.slow

BIT, INT4, INT10 = IntType(1, signed=False), IntType(4, signed=True), IntType(10, signed=True)
SPECS: dict[str, KernelSpec] = {
    "add": AddSpec(channels=8, pe=2, input0=INT4, input1=INT4, output=IntType(5, signed=True), vectors=9),
    "concat": ConcatSpec(channels0=4, channels1=6, pe=2, input0=INT4, input1=INT4, output=INT4, vectors=9),
    "depthwise": DepthwiseSpec(channels=4, taps=9, pe=2, input=INT4, weight_bits=1),
    "depthwise_block": DepthwiseSpec(
        channels=512, taps=9, pe=2, input=INT4, weight_bits=8, ram_style="block"
    ),
    "duplicate": DuplicateSpec(lanes=2, dtype=INT4, copies=3, beats=100),
    "dwc": DwcSpec(in_lanes=6, out_lanes=4, dtype=BIT, beats=100),
    "dwc_up": DwcSpec(in_lanes=1, out_lanes=70, dtype=BIT, beats=700),
    "dwc_down": DwcSpec(in_lanes=70, out_lanes=1, dtype=BIT, beats=10),
    "fifo": FifoSpec(depth=1003, lanes=2, dtype=INT4, beats=100),
    "fifo_small": FifoSpec(depth=32, lanes=2, dtype=INT4, beats=100),
    "labelselect": LabelSelectSpec(labels=10, pe=5, input=INT10),
    "mvau": MvauSpec(mw=144, mh=16, pe=2, simd=4, xnor=True),
    "mvau_fifo": MvauSpec(mw=36, mh=8, pe=2, simd=18, xnor=True, steps=3, out_bias=-2),
    "mvau_block": MvauSpec(mw=1152, mh=128, pe=2, simd=32, xnor=True, ram_style="block"),
    "mvau_integer": MvauSpec(mw=9, mh=4, pe=1, simd=9, input=IntType(8, signed=False)),
    "pool": PoolSpec(
        kind="max", channels=4, pe=2, height=8, width=8, kernel_h=2, kernel_w=2, input=INT4, output=INT4
    ),
    "register": RegisterSpec(lanes=2, dtype=INT4, beats=9),
    "select": SelectSpec(channels=8, kept=(0, 1, 6, 7), pe=2, element=INT4, vectors=9),
    "threshold": ThresholdSpec(channels=64, pe=1, steps=7, input=INT10, output=INT4, out_bias=-3),
    "upsample": UpsampleSpec(
        channels=4, pe=2, height=3, width=8, scale_h=2, scale_w=2, element=INT4
    ),
    "window": WindowSpec(
        channels=8, in_lanes=4, out_lanes=2, dtype=INT4, height=20, width=20, kernel_h=3, kernel_w=3,
        pad_top=1, pad_left=1, pad_bottom=1, pad_right=1,
    ),
    "window_rows": WindowSpec(
        channels=8, in_lanes=8, out_lanes=24, dtype=BIT, height=20, width=20, kernel_h=3, kernel_w=3,
        pad_top=1, pad_left=1, pad_bottom=1, pad_right=1,
    ),
}  # fmt: skip
SHELL = {
    "frame_gate": Instance("rbonn_frame_gate"),
    "frame_reader": Instance("rbonn_frame_reader", {"Width": 24, "Depth": 128}),
    "frame_writer": Instance("rbonn_frame_writer", {"Width": 16, "Depth": 64}),
    "job": Instance("rbonn_job"),
    "registers": Instance("rbonn_registers"),
    "counters": Instance("rbonn_counters"),
    "bridge": Instance("rbonn_axi3_lite"),
}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the mapped module of every instance."""
    instances = {name: instance_of(name, spec) for name, spec in SPECS.items()} | SHELL
    folder: Path = tmp_path_factory.mktemp("kernels")
    found = read_modules(synthesize_side_by_side(instances, folder).netlist)
    return {name: found[cell["type"]] for name, cell in found["side_by_side"]["cells"].items()}


def test_every_kernel_is_here() -> None:
    assert {name.partition("_")[0] for name in SPECS} == set(KERNELS)


@pytest.mark.parametrize("name", SPECS)
def test_ready_follows_what_the_specification_says(name: str, modules: dict[str, Any]) -> None:
    spec = SPECS[name]
    for port in spec.inputs:
        sources = followed(modules[name], f"{port.name}_ready_o")
        if spec.READY_THROUGH:
            assert {f"{port.name}_ready_i" for port in spec.outputs} <= sources
        else:
            assert sources == set()


@pytest.mark.parametrize("name", SPECS)
def test_valid_and_data_leave_from_registers(name: str, modules: dict[str, Any]) -> None:
    for port in SPECS[name].outputs:
        assert followed(modules[name], f"{port.name}_valid_o") == set()
        assert followed(modules[name], f"{port.name}_data_o") == set()


def test_the_shell_ends_every_path_of_ready(modules: dict[str, Any]) -> None:
    reader = modules["frame_reader"]
    outputs = [name for name, port in reader["ports"].items() if port["direction"] == "output"]
    assert [name for name in outputs if "out_ready_i" in followed(reader, name)] == []
    for name in ("frame_writer", "registers", "bridge"):
        ready = [port for port in modules[name]["ports"] if port.endswith("ready_o")]
        assert ready
        assert [port for port in ready if followed(modules[name], port)] == []
    assert "out_ready_i" in followed(modules["frame_gate"], "in_ready_o")


@pytest.mark.parametrize("name", [*SPECS, *SHELL])
def test_logic_is_no_deeper_than_four_luts_and_two_carry_chains(name: str, modules: dict[str, Any]) -> None:
    depths = module_depths(modules[name])

    assert depths.too_deep() == ()
    assert depths.inside is not None
    assert depths.inside.luts >= 1
