"""How deep the logic of every kernel is as Yosys maps it: LUTs and carry chains between registers.

    python build_flows/benchmark_levels.py

Representative parameters: those of the shipped networks and what is hardest for a kernel. A path may have at
most four LUTs and two carry chains; exit code 1 if one has more. Writes ``benchmark_levels.json`` beside this
file; some minutes on 2 cores.
"""

import sys
from dataclasses import asdict
from pathlib import Path

from rbonn_hw.datatypes import IntType
from rbonn_hw.results import write_result
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
from rbonn_hw.synth.levels import MOST_CHAINS, MOST_LUTS, module_depths, read_modules

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "levels"
BIT, INT4, INT5 = IntType(1, signed=False), IntType(4, signed=True), IntType(5, signed=True)
INT8, INT12, UINT8 = IntType(8, signed=True), IntType(12, signed=True), IntType(8, signed=False)
MAP_8, MAP_27 = {"height": 8, "width": 8}, {"height": 9, "width": 27}


def _threshold(channels: int, pe: int, steps: int, out_bias: int = 0, *, flip: bool = False) -> ThresholdSpec:
    output = IntType.holding(out_bias, out_bias + steps)
    return ThresholdSpec(
        channels=channels, pe=pe, steps=steps, input=INT12, output=output, out_bias=out_bias, flip=flip
    )


def _window(
    channels: int, in_lanes: int, out_lanes: int, size: int, dtype: IntType, stride: int = 1,
    *, channel_major: bool = False,
) -> WindowSpec:  # fmt: skip
    """Return a 3x3 window over a square map with a border of one pixel."""
    return WindowSpec(
        channels=channels, in_lanes=in_lanes, out_lanes=out_lanes, dtype=dtype, height=size, width=size,
        kernel_h=3, kernel_w=3, stride_y=stride, stride_x=stride, pad_top=1, pad_left=1, pad_bottom=1,
        pad_right=1, channel_major=channel_major,
    )  # fmt: skip


SPECS: dict[str, KernelSpec] = {
    "add": AddSpec(channels=16, pe=2, input0=INT4, input1=INT4, output=INT5, vectors=64),
    "concat": ConcatSpec(channels0=48, channels1=80, pe=2, input0=INT4, input1=INT4, output=INT4, vectors=64),
    "depthwise_int8": DepthwiseSpec(channels=64, taps=9, pe=2, input=UINT8, weight_bits=8),
    "depthwise_bipolar_unfolded": DepthwiseSpec(channels=4, taps=9, pe=4, simd=9, input=INT4, weight_bits=1),
    "depthwise_block": DepthwiseSpec(
        channels=512, taps=9, pe=2, input=INT4, weight_bits=8, ram_style="block"
    ),
    "duplicate_2": DuplicateSpec(lanes=2, dtype=INT4, copies=2, beats=100),
    "duplicate_8": DuplicateSpec(lanes=2, dtype=INT4, copies=8, beats=100),
    "dwc_6_to_4": DwcSpec(in_lanes=6, out_lanes=4, dtype=INT4, beats=100),
    "dwc_1_to_16": DwcSpec(in_lanes=1, out_lanes=16, dtype=INT4, beats=1600),
    "dwc_144_to_1": DwcSpec(in_lanes=144, out_lanes=1, dtype=BIT, beats=100),
    "fifo_32": FifoSpec(depth=32, lanes=3, dtype=INT4, beats=100),
    "fifo_150_lut": FifoSpec(depth=150, lanes=2, dtype=INT4, beats=100, ram_style="distributed"),
    "fifo_1003_block": FifoSpec(depth=1003, lanes=16, dtype=INT4, beats=100, ram_style="block"),
    "labelselect_10": LabelSelectSpec(labels=10, pe=1, input=INT12),
    "labelselect_10_unfolded": LabelSelectSpec(labels=10, pe=10, input=INT12),
    "labelselect_1000": LabelSelectSpec(labels=1000, pe=5, input=INT12),
    "mvau_xnor_2x64": MvauSpec(mw=576, mh=64, pe=2, simd=64, xnor=True),
    "mvau_xnor_folded_sign": MvauSpec(mw=576, mh=64, pe=1, simd=1, xnor=True, steps=1),
    "mvau_xnor_fifo_7_steps": MvauSpec(mw=72, mh=8, pe=2, simd=36, xnor=True, steps=7, out_bias=-4),
    "mvau_xnor_block": MvauSpec(mw=1152, mh=128, pe=2, simd=32, xnor=True, ram_style="block"),
    "mvau_uint8_bipolar": MvauSpec(mw=27, mh=16, pe=4, simd=9, input=UINT8),
    "mvau_int8_int8": MvauSpec(mw=27, mh=16, pe=1, simd=9, input=INT8, weight_bits=8),
    "pool_or_2x2": PoolSpec(
        kind="max", channels=16, pe=4, **MAP_8, kernel_h=2, kernel_w=2, input=BIT, output=BIT
    ),
    "pool_max_2x2_unfolded": PoolSpec(
        kind="max", channels=16, pe=16, **MAP_8, kernel_h=2, kernel_w=2, input=INT4, output=INT4
    ),
    "pool_max_3x3": PoolSpec(
        kind="max", channels=10, pe=2, **MAP_27, kernel_h=3, kernel_w=3, input=UINT8, output=UINT8
    ),
    "pool_sum_8x8": PoolSpec(
        kind="sum", channels=64, pe=1, **MAP_8, kernel_h=8, kernel_w=8, input=INT4,
        output=PoolSpec.result_type("sum", INT4, 64),
    ),
    "register": RegisterSpec(lanes=3, dtype=INT4, beats=9),
    "select": SelectSpec(channels=256, kept=tuple(range(128)), pe=2, element=INT4, vectors=64),
    "threshold_1": _threshold(64, 4, 1),
    "threshold_6_flipped": _threshold(48, 3, 6, -3, flip=True),
    "threshold_15": _threshold(64, 4, 15, -8),
    "threshold_255": _threshold(4, 2, 255, -128),
    "threshold_255_deep": _threshold(32, 2, 255, -100),
    "upsample": UpsampleSpec(channels=16, pe=2, **MAP_8, scale_h=2, scale_w=2, element=INT4),
    "window_stem": _window(3, 1, 3, 32, UINT8),
    "window_pixels": _window(32, 32, 32, 32, BIT),
    "window_tap_rows": _window(32, 32, 96, 32, BIT),
    "window_whole": _window(32, 32, 288, 32, BIT),
    "window_parts_stride_2": _window(64, 8, 4, 56, BIT, 2),
    "window_channel_major": _window(16, 2, 2, 28, INT4, 2, channel_major=True),
}  # fmt: skip
SHELL = {
    "frame_reader_24": Instance("rbonn_frame_reader", {"Width": 24}),
    "frame_writer_40": Instance("rbonn_frame_writer", {"Width": 40}),
    "job": Instance("rbonn_job"),
    "registers": Instance("rbonn_registers"),
    "counters": Instance("rbonn_counters"),
    "axi3_lite": Instance("rbonn_axi3_lite"),
}


def run() -> int:
    """Map every kernel, measure, and write the table."""
    instances = {name: instance_of(name, spec) for name, spec in SPECS.items()} | SHELL
    result = synthesize_side_by_side(instances, BUILD, progress=print)
    modules = read_modules(result.netlist)
    kernels, deep = {}, False
    for name, cell in modules["side_by_side"]["cells"].items():
        depths = module_depths(modules[cell["type"]])
        deep |= bool(depths.too_deep())
        kernels[name] = {
            "module": instances[name].module,
            "parameters": {
                key: value for key, value in instances[name].parameters.items() if isinstance(value, int)
            },
            **asdict(depths),
            "lut": result.nodes[name].lut,
            "ff": result.nodes[name].ff,
        }
    document = {
        "what": "most LUTs and carry chains on any path; the ends are those of the longest path",
        "most_luts": MOST_LUTS,
        "most_chains": MOST_CHAINS,
        "kernels": kernels,
    }
    write_result(HERE / "benchmark_levels.json", document, {"kernels": "synthesised"})
    return int(deep)


if __name__ == "__main__":
    sys.exit(run())
