"""rbonn_hw/rtl/rbonn_window.sv: every bit, and every beat in its cycle.

Beside it and what others use it is made of rbonn_window_lines, rbonn_window_order with rbonn_window_rows,
rbonn_window_taps and rbonn_window_columns, rbonn_window_ahead and rbonn_window_line.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import RbonnError, ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.window import window
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.window import WindowSpec
from rbonn_hw.spec.window_schedule import unstalled
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 4
BIT, INT2, UINT4 = IntType(1, signed=False), IntType(2, signed=True), IntType(4, signed=False)


def make(map_size: tuple[int, int], kernel: tuple[int, int], pads: int = 0, **rest: Any) -> WindowSpec:
    """Return a window with the same border on every side."""
    sides = dict.fromkeys(("pad_top", "pad_left", "pad_bottom", "pad_right"), pads)
    fields: dict[str, Any] = {"dtype": BIT, "height": map_size[0], "width": map_size[1]}
    return WindowSpec(kernel_h=kernel[0], kernel_w=kernel[1], **fields | sides | rest)


CASES = {
    "parts-of-pixels": make((6, 5), (3, 3), 1, channels=6, in_lanes=2, out_lanes=2, dtype=UINT4, border=9),
    "pixels": make((5, 8), (3, 3), channels=3, in_lanes=3, out_lanes=3, dtype=INT2),
    "tap-rows": make((6, 8), (3, 3), 1, channels=4, in_lanes=2, out_lanes=12, border=1),
    "tap-rows-ahead": make((6, 8), (3, 3), 1, channels=4, in_lanes=4, out_lanes=12, spare_row=True),
    "windows-wider-than-64-bits": make((5, 6), (3, 3), 1, channels=9, in_lanes=9, out_lanes=81),
    "even-kernel-and-stride": make((8, 9), (2, 4), 1, channels=4, in_lanes=8, out_lanes=16, stride_y=2,
                                   stride_x=3),
    "dilated": make((9, 9), (3, 2), 2, channels=2, in_lanes=2, out_lanes=2, dilation_y=2, dilation_x=3),
    "dilated-tap-rows": make((6, 9), (2, 3), 1, channels=1, in_lanes=9, out_lanes=3, dilation_x=3,
                             dtype=UINT4),
    "channel-major": make((5, 5), (3, 3), 1, channels=6, in_lanes=3, out_lanes=3, stride_y=2, stride_x=2,
                          pad_right=2, channel_major=True),
    "channel-major-whole-pixels": make((6, 6), (2, 2), channels=4, in_lanes=4, out_lanes=4, stride_y=2,
                                       stride_x=2, channel_major=True),
    "every-third-pixel": make((7, 8), (1, 1), channels=4, in_lanes=4, out_lanes=4, stride_y=3, stride_x=3),
    "border-alone": make((2, 3), (1, 1), 2, channels=2, in_lanes=2, out_lanes=2, border=1),
    "border-between-taps": make((2, 3), (2, 2), 2, channels=1, in_lanes=1, out_lanes=1, border=1,
                                dilation_y=3, dilation_x=4),
    "one-row": make((1, 12), (1, 5), channels=2, in_lanes=1, out_lanes=10, pad_left=2, pad_right=2),
    "one-window": make((3, 3), (3, 3), channels=2, in_lanes=3, out_lanes=18),
    "rows-never-reached": make((8, 7), (2, 2), channels=2, in_lanes=2, out_lanes=1, stride_y=3, stride_x=5),
    "more-windows-than-rows": make((3, 3), (5, 5), 4, channels=1, in_lanes=1, out_lanes=1, border=1),
}  # fmt: skip


def drawn(seed: int) -> WindowSpec:
    """Return a window at random."""
    rng = random.Random(seed)
    while True:
        channels, kernel = rng.choice([1, 2, 3, 6]), (rng.randint(1, 5), rng.randint(1, 5))
        row = kernel[1] * channels
        out_lanes = rng.choice([1, channels, row, kernel[0] * row])
        try:
            return WindowSpec(
                channels=channels, out_lanes=out_lanes, in_lanes=rng.choice([min(out_lanes, channels), 1]),
                dtype=INT2, height=rng.randint(1, 9), width=rng.randint(1, 9), kernel_h=kernel[0],
                kernel_w=kernel[1], stride_y=rng.randint(1, 3), stride_x=rng.randint(1, 3),
                dilation_y=rng.choice([1, 1, 2]), dilation_x=rng.choice([1, 1, 2]),
                pad_top=rng.randint(0, 3), pad_left=rng.randint(0, 3), pad_bottom=rng.randint(0, 3),
                pad_right=rng.randint(0, 3), border=-2, ram_style=rng.choice(["auto", "block"]),
                channel_major=out_lanes <= channels and rng.random() < 0.3,
            )  # fmt: skip
        except RbonnError:
            continue


SPECS = [*(pytest.param(spec, id=name) for name, spec in CASES.items()),
         *(pytest.param(drawn(seed), id=f"drawn-{seed}") for seed in range(6))]  # fmt: skip


def frames(spec: WindowSpec) -> Ints:
    """Return random frames [FRAMES, height, width, channels]."""
    shape = (FRAMES, spec.height, spec.width, spec.channels)
    return np.random.default_rng(1).integers(spec.dtype.min, spec.dtype.max + 1, shape)


def simulate(spec: WindowSpec, build_dir: Path, *, stall: float) -> Run:
    """Stream random frames through the window and check every element."""
    x = frames(spec)
    run = build(kernel_design(spec), build_dir).run(
        [pack(x.reshape(-1, spec.in_lanes), spec.dtype.bits)],
        [FRAMES * spec.outputs[0].beats],
        in_stall=stall,
        out_stall=stall,
        seed=1,
        idle_limit=5_000,
    )
    expected = window(spec, x)
    y = unpack(run.outputs[0], spec.out_lanes, spec.dtype.bits, signed=spec.dtype.signed)
    np.testing.assert_array_equal(y.reshape(expected.shape), expected)
    assert_modelled(spec, run, in_stall=stall, out_stall=stall)
    return run


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("window")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_every_beat_has_its_cycle(spec: WindowSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir, stall=0.0)

    schedule = unstalled(spec, FRAMES)
    np.testing.assert_array_equal(run.in_cycles[0], schedule.in_cycles)
    np.testing.assert_array_equal(run.beat_cycles[0], schedule.out_cycles)


@pytest.mark.parametrize("name", CASES)
def test_frames_follow_each_other_without_a_gap(name: str) -> None:
    """By the schedule, which is the RTL's."""
    spec = CASES[name]

    ends = np.array(unstalled(spec, FRAMES).out_cycles).reshape(FRAMES, -1)[:, -1]

    np.testing.assert_array_equal(np.diff(ends)[1:], spec.cycles_per_frame)


@pytest.mark.parametrize("spec", SPECS)
def test_random_stalls_change_nothing(spec: WindowSpec, build_dir: Path) -> None:
    simulate(spec, build_dir, stall=0.5)


def test_a_frame_is_offered_only_when_it_has_begun(build_dir: Path) -> None:
    """Its first beats are border, which asks for no pixel."""
    spec = CASES["parts-of-pixels"]
    run = simulate(spec, build_dir, stall=0.7)

    first_in = run.in_cycles[0].reshape(FRAMES, -1)[:, 0]
    first_out = run.beat_cycles[0].reshape(FRAMES, -1)[:, 0]
    assert (first_out >= first_in + spec.latency_cycles).all()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("OutLanes", 4), ("ChannelMajor", 1), ("Border", 2), ("Rows", 1), ("PadLeft", 3)],
)
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, build_dir: Path) -> None:
    spec = make((6, 8), (3, 3), 1, channels=3, in_lanes=3, out_lanes=9)

    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(spec, {parameter: value}), build_dir)
