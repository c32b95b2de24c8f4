"""Area formulas of the kernels beside what Yosys makes of them, kernel by kernel, out of context.

    python build_flows/benchmark_area.py

Every kernel is mapped by itself at a spread of parameters, to hold the formulas in ``rbonn_hw/spec`` against.
It writes ``benchmark_area.json`` beside this file; no run of it is committed. The file keeps what has been
synthesised, by parameters, memories and sources of the module: a run that was stopped goes on, a second one
maps only what is new or has changed, and writes the estimates anew. The first takes about half an hour on
2 idle cores (estimated).
"""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rbonn_hw.datatypes import IntType
from rbonn_hw.results import Document, fingerprint, read_result, write_result
from rbonn_hw.soc.sources import module_files
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
from rbonn_hw.synth.kernels import RTL_DIR, Instance, instance_of, synthesize_side_by_side

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "area"
RESULT = HERE / "benchmark_area.json"
BATCH = 12
"""Kernels that are mapped in one run; what has been mapped is kept when the next one is stopped."""
COUNTED = ("lut", "ff", "ramb18", "dsp")
BIT = IntType(1, signed=False)
INT4, INT5, INT8, INT12 = (IntType(bits, signed=True) for bits in (4, 5, 8, 12))
UINT2, UINT4, UINT8 = (IntType(bits, signed=False) for bits in (2, 4, 8))


def _xnor(mw: int, mh: int, pe: int, simd: int, **more: Any) -> MvauSpec:
    return MvauSpec(mw=mw, mh=mh, pe=pe, simd=simd, xnor=True, **more)


def _mvau(mw: int, mh: int, pe: int, simd: int, x: IntType, weight_bits: int = 1, **more: Any) -> MvauSpec:
    return MvauSpec(mw=mw, mh=mh, pe=pe, simd=simd, input=x, weight_bits=weight_bits, **more)


def _threshold(channels: int, pe: int, steps: int, x: IntType, **more: Any) -> ThresholdSpec:
    return ThresholdSpec(
        channels=channels, pe=pe, steps=steps, input=x, output=IntType.holding(0, steps), **more
    )


def _window(
    channels: int, in_lanes: int, out_lanes: int, size: int, dtype: IntType = BIT, stride: int = 1,
    kernel: int = 3, pad: int = 1, **more: Any,
) -> WindowSpec:  # fmt: skip
    return WindowSpec(
        channels=channels, in_lanes=in_lanes, out_lanes=out_lanes, dtype=dtype, height=size, width=size,
        kernel_h=kernel, kernel_w=kernel, stride_y=stride, stride_x=stride, pad_top=pad, pad_left=pad,
        pad_bottom=pad, pad_right=pad, **more,
    )  # fmt: skip


def _pool(kind: str, channels: int, pe: int, size: int, kernel: int, x: IntType) -> PoolSpec:
    output = PoolSpec.result_type(kind, x, kernel * kernel)
    return PoolSpec(
        kind=kind, channels=channels, pe=pe, height=size, width=size, kernel_h=kernel, kernel_w=kernel,
        input=x, output=output,
    )  # fmt: skip


POINTS: dict[str, KernelSpec] = {
    "window_c3_u8_1_3": _window(3, 1, 3, 32, UINT8),
    "window_c3_u8_3_27": _window(3, 3, 27, 32, UINT8),
    "window_c3_u8_3_1": _window(3, 3, 1, 32, UINT8, pad=0),
    "window_c32_1_32": _window(32, 1, 32, 32),
    "window_c32_4_96": _window(32, 4, 96, 32),
    "window_c32_32_288": _window(32, 32, 288, 32),
    "window_c32_8_8": _window(32, 8, 8, 32),
    "window_c64_64_64": _window(64, 64, 64, 16),
    "window_c64_8_192": _window(64, 8, 192, 16),
    "window_c64_s2_32_64": _window(64, 32, 64, 32, stride=2),
    "window_c128_16_128": _window(128, 16, 128, 8),
    "window_c128_128_384": _window(128, 128, 384, 8),
    "window_c128_4_4": _window(128, 4, 4, 8, pad=0),
    "window_c16_i4_16_16": _window(16, 16, 16, 28, INT4),
    "window_c16_i4_4_48": _window(16, 4, 48, 28, INT4),
    "window_c16_i4_major": _window(16, 4, 4, 28, INT4, channel_major=True),
    "window_1x1_s2": _window(64, 8, 8, 16, INT4, stride=2, kernel=1, pad=0),
    "window_5x5": _window(6, 2, 6, 14, BIT, kernel=5, pad=2),
    "fifo_2x8": FifoSpec(depth=2, lanes=8, dtype=BIT, beats=9),
    "fifo_9x64": FifoSpec(depth=9, lanes=64, dtype=BIT, beats=9),
    "fifo_32x3": FifoSpec(depth=32, lanes=3, dtype=INT4, beats=9),
    "fifo_64x16": FifoSpec(depth=64, lanes=16, dtype=BIT, beats=9),
    "fifo_150x8": FifoSpec(depth=150, lanes=2, dtype=INT4, beats=9, ram_style="distributed"),
    "fifo_300x4": FifoSpec(depth=300, lanes=4, dtype=BIT, beats=9, ram_style="distributed"),
    "fifo_600x4": FifoSpec(depth=600, lanes=1, dtype=INT4, beats=9, ram_style="block"),
    "fifo_1003x64": FifoSpec(depth=1003, lanes=16, dtype=INT4, beats=9, ram_style="block"),
    "fifo_1500x16": FifoSpec(depth=1500, lanes=4, dtype=INT4, beats=9, ram_style="block"),
    "fifo_3300x4": FifoSpec(depth=3300, lanes=1, dtype=INT4, beats=9, ram_style="block"),
    "fifo_3300x20": FifoSpec(depth=3300, lanes=5, dtype=INT4, beats=9, ram_style="block"),
    "dwc_1_8": DwcSpec(in_lanes=1, out_lanes=8, dtype=INT4, beats=64),
    "dwc_8_1": DwcSpec(in_lanes=8, out_lanes=1, dtype=INT4, beats=64),
    "dwc_2_32": DwcSpec(in_lanes=2, out_lanes=32, dtype=BIT, beats=64),
    "dwc_64_4": DwcSpec(in_lanes=64, out_lanes=4, dtype=BIT, beats=64),
    "dwc_6_4": DwcSpec(in_lanes=6, out_lanes=4, dtype=INT4, beats=64),
    "dwc_288_32": DwcSpec(in_lanes=288, out_lanes=32, dtype=BIT, beats=64),
    "pool_or_2": _pool("max", 64, 4, 28, 2, BIT),
    "pool_or_2_whole": _pool("max", 64, 64, 10, 2, BIT),
    "pool_max_2": _pool("max", 16, 4, 24, 2, INT4),
    "pool_max_2_block": _pool("max", 64, 2, 32, 2, UINT8),
    "pool_sum_8": _pool("sum", 128, 1, 8, 8, INT4),
    "pool_sum_4": _pool("sum", 64, 4, 8, 4, INT8),
    "depthwise_i4_w1_1": DepthwiseSpec(channels=32, taps=9, pe=1, input=INT4, weight_bits=1),
    "depthwise_i4_w1_8": DepthwiseSpec(channels=32, taps=9, pe=8, input=INT4, weight_bits=1),
    "depthwise_i4_w4_4": DepthwiseSpec(channels=64, taps=9, pe=4, input=INT4, weight_bits=4),
    "depthwise_u8_w8_2": DepthwiseSpec(channels=64, taps=9, pe=2, input=UINT8, weight_bits=8),
    "depthwise_u8_w8_deep": DepthwiseSpec(channels=256, taps=9, pe=1, input=UINT8, weight_bits=8),
    "depthwise_i4_w1_all_3": DepthwiseSpec(channels=16, taps=9, pe=16, simd=3, input=INT4, weight_bits=1),
    "depthwise_i4_w4_all_9": DepthwiseSpec(channels=8, taps=9, pe=8, simd=9, input=INT4, weight_bits=4),
    "concat_1": ConcatSpec(
        channels0=48, channels1=80, pe=1, input0=INT4, input1=INT4, output=INT4, vectors=4
    ),
    "concat_16": ConcatSpec(
        channels0=48, channels1=80, pe=16, input0=INT4, input1=BIT, output=INT4, vectors=4
    ),
    "concat_all": ConcatSpec(
        channels0=8, channels1=8, pe=8, input0=INT4, input1=INT4, output=INT4, vectors=4
    ),
    "select_1": SelectSpec(channels=64, kept=tuple(range(32)), pe=1, element=INT4, vectors=4),
    "select_2": SelectSpec(channels=256, kept=tuple(range(128)), pe=2, element=INT4, vectors=4),
    "select_shuffle": SelectSpec(channels=64, kept=tuple(range(0, 64, 2)), pe=1, element=INT4, vectors=4),
    "upsample_1": UpsampleSpec(channels=16, pe=1, height=8, width=8, scale_h=2, scale_w=2, element=INT4),
    "upsample_8": UpsampleSpec(channels=16, pe=8, height=8, width=8, scale_h=2, scale_w=2, element=INT4),
    "upsample_all": UpsampleSpec(channels=16, pe=16, height=14, width=14, scale_h=3, scale_w=2, element=BIT),
    "upsample_block": UpsampleSpec(
        channels=64, pe=2, height=16, width=32, scale_h=2, scale_w=2, element=INT8
    ),
    "add_4": AddSpec(channels=64, pe=4, input0=INT4, input1=INT4, output=INT5, vectors=4),
    "add_8_8": AddSpec(
        channels=64, pe=8, input0=INT8, input1=INT4, output=IntType(9, signed=True), vectors=4
    ),
    "add_scaled": AddSpec(
        channels=64, pe=2, input0=INT4, input1=INT4, output=INT8, vectors=4, factor0=3, factor1=2
    ),
    "duplicate_2_4": DuplicateSpec(lanes=4, dtype=INT4, copies=2, beats=9),
    "duplicate_3_16": DuplicateSpec(lanes=16, dtype=INT4, copies=3, beats=9),
    "duplicate_8": DuplicateSpec(lanes=2, dtype=INT4, copies=8, beats=9),
    "register_16": RegisterSpec(lanes=4, dtype=INT4, beats=9),
    "register_64": RegisterSpec(lanes=64, dtype=BIT, beats=9),
    "labelselect_1": LabelSelectSpec(labels=10, pe=1, input=INT12),
    "labelselect_10": LabelSelectSpec(labels=10, pe=10, input=INT12),
    "labelselect_5": LabelSelectSpec(labels=1000, pe=5, input=INT12),
    "threshold_1_4": _threshold(64, 4, 1, INT12),
    "threshold_1_2_deep": _threshold(512, 2, 1, INT12),
    "threshold_3_4": _threshold(32, 4, 3, INT8),
    "threshold_15_1": _threshold(32, 1, 15, INT12),
    "threshold_15_1_64": _threshold(64, 1, 15, INT12),
    "threshold_15_1_128": _threshold(128, 1, 15, INT12),
    "threshold_15_2_64": _threshold(64, 2, 15, INT12),
    "threshold_15_4_32": _threshold(32, 4, 15, INT12),
    "threshold_15_8_flip": _threshold(64, 8, 15, INT8, flip=True),
    "threshold_15_i5": _threshold(64, 2, 15, INT5),
    "threshold_255_2": _threshold(4, 2, 255, INT12),
    "threshold_255_1_deep": _threshold(64, 1, 255, INT12),
    "mvau_x_32_32_1x32": _xnor(288, 32, 1, 32),
    "mvau_x_32_32_2x96": _xnor(288, 32, 2, 96),
    "mvau_x_32_32_8x96": _xnor(288, 32, 8, 96),
    "mvau_x_32_32_8x288": _xnor(288, 32, 8, 288),
    "mvau_x_64_64_1x64_block": _xnor(576, 64, 1, 64),
    "mvau_x_64_64_1x192_block": _xnor(576, 64, 1, 192),
    "mvau_x_64_64_4x64": _xnor(576, 64, 4, 64, ram_style="distributed"),
    "mvau_x_64_64_4x192": _xnor(576, 64, 4, 192),
    "mvau_x_128_128_1x128_block": _xnor(1152, 128, 1, 128),
    "mvau_x_128_128_2x128_block": _xnor(1152, 128, 2, 128),
    "mvau_x_128_128_4x128_block": _xnor(1152, 128, 4, 128),
    "mvau_x_128_128_4x128_lut": _xnor(1152, 128, 4, 128, ram_style="distributed"),
    "mvau_x_128_128_2x384_lut": _xnor(1152, 128, 2, 384, ram_style="distributed"),
    "mvau_x_256_256_1x16_block": _xnor(2304, 256, 1, 16),
    "mvau_x_256_256_4x32_sign": _xnor(2304, 256, 4, 32, steps=1),
    "mvau_x_fc_1x8": _xnor(512, 512, 1, 8),
    "mvau_x_fc_16x32_sign": _xnor(1024, 1024, 16, 32, steps=1),
    "mvau_x_fc_1x4_10": _xnor(512, 10, 1, 4),
    "mvau_x_whole": _xnor(72, 8, 8, 72, steps=1),
    "mvau_x_pe16": _xnor(64, 64, 16, 16),
    "mvau_u8_1x3": _mvau(27, 32, 1, 3, UINT8),
    "mvau_u8_4x9": _mvau(27, 32, 4, 9, UINT8),
    "mvau_u8_8x27": _mvau(27, 64, 8, 27, UINT8, steps=1),
    "mvau_i8_w8_1x3": _mvau(27, 32, 1, 3, INT8, 8),
    "mvau_u8_w8_4x3": _mvau(27, 32, 4, 3, UINT8, 8),
    "mvau_u8_w8_2x9": _mvau(27, 32, 2, 9, UINT8, 8),
    "mvau_i4_w8_1x2": _mvau(128, 10, 1, 2, INT4, 8),
    "mvau_i4_w1_2x16": _mvau(64, 128, 2, 16, INT4),
    "mvau_i4_w4_2x8": _mvau(64, 32, 2, 8, INT4, 4),
    "mvau_u4_w2_4x12": _mvau(108, 32, 4, 12, UINT4, 2),
    "mvau_u2_w2_4x16_7": _mvau(144, 32, 4, 16, UINT2, 2, steps=7),
    "mvau_i12_w8_1x1": _mvau(128, 10, 1, 1, INT12, 8),
}


@dataclass(frozen=True, slots=True)
class _Point:
    name: str
    spec: KernelSpec
    instance: Instance
    key: str


def _point(name: str, spec: KernelSpec) -> _Point:
    instance = instance_of(name, spec)
    key = fingerprint(
        repr(sorted(spec.rtl_parameters().items())),
        *instance.memories.values(),
        *module_files(spec.MODULE, RTL_DIR),
    )
    return _Point(name, spec, instance, key)


def _measure(points: list[_Point], known: dict[str, Document]) -> None:
    """Map what is not known yet, and add it."""
    new = [point for point in points if point.key not in known]
    for first in range(0, len(new), BATCH):
        batch = new[first : first + BATCH]
        sys.stdout.write(f"mapping {first + 1} to {first + len(batch)} of {len(new)}: {batch[0].name} ..\n")
        instances = {point.name: point.instance for point in batch}
        nodes = synthesize_side_by_side(instances, BUILD).nodes
        for point in batch:
            used = asdict(nodes[point.name])
            whole = round(2 * used["ramb36"])
            known[point.key] = {**{name: used[name] for name in ("lut", "ff", "dsp")}, "ramb18": whole}
        _write(points, known)


def _write(points: list[_Point], known: dict[str, Document]) -> None:
    mapped = [point for point in points if point.key in known]
    estimated = {point.name: _counted(asdict(point.spec.area())) for point in mapped}
    synthesised = {point.name: known[point.key] for point in mapped}
    kernels = {
        point.name: {"module": point.spec.MODULE, "key": point.key, "parameters": point.spec.rtl_parameters()}
        for point in mapped
    }
    document = {
        "what": "a kernel alone: synthesised by Yosys, and estimated by the formula of its specification",
        "kernels": kernels,
        "synthesised": synthesised,
        "estimated": estimated,
        "sums": {
            module: {
                origin: {
                    name: sum(rows[point.name][name] for point in mapped if module == point.spec.MODULE)
                    for name in COUNTED
                }
                for origin, rows in (("synthesised", synthesised), ("estimated", estimated))
            }
            for module in sorted({point.spec.MODULE for point in mapped})
        },
    }
    write_result(RESULT, document, {"synthesised": "synthesised", "estimated": "estimated"})


def _counted(area: dict[str, int]) -> dict[str, int]:
    return {name: area[name] for name in COUNTED}


def run() -> int:
    """Map what is new, and write the table."""
    known: dict[str, Document] = {}
    if RESULT.is_file():
        document = read_result(RESULT, "python build_flows/benchmark_area.py")
        known = {row["key"]: document["synthesised"][name] for name, row in document["kernels"].items()}
    points = [_point(name, spec) for name, spec in POINTS.items()]
    _measure(points, known)
    _write(points, known)
    return 0


if __name__ == "__main__":
    sys.exit(run())
