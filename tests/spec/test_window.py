"""rbonn_hw.spec.window: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.window import WindowSpec
from rbonn_hw.spec.window_schedule import unstalled

BIT = IntType(1, signed=False)
SAME = {"pad_top": 1, "pad_left": 1, "pad_bottom": 1, "pad_right": 1}


def make(**changes: Any) -> WindowSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels": 32, "in_lanes": 32, "out_lanes": 32, "dtype": BIT, "height": 32, "width": 32,
        "kernel_h": 3, "kernel_w": 3,
    }  # fmt: skip
    return WindowSpec(**(fields | SAME | changes))


@pytest.mark.parametrize(
    ("changes", "beats", "cycles"),
    [
        ({}, 9216, 9216),
        ({"out_lanes": 4}, 8 * 9216, 8 * 9216),
        ({"out_lanes": 96}, 3072, 32 * 33 * 3),  # 32 columns and the border right of them
        ({"out_lanes": 288}, 1024, 32 * 33 * 3),
        ({"stride_x": 2, "stride_y": 2, "in_lanes": 2}, 2304, 16384),
        ({"kernel_h": 1, "kernel_w": 1, "pad_top": 0, "pad_left": 0, "pad_bottom": 0, "pad_right": 0,
          "stride_y": 2, "stride_x": 2}, 256, 1024),
    ],
)  # fmt: skip
def test_cycles_are_those_of_the_busiest(changes: dict[str, Any], beats: int, cycles: int) -> None:
    spec = make(**changes)

    assert (spec.outputs[0].beats, spec.cycles_per_frame) == (beats, cycles)


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, 3),
        ({"pad_top": 0, "pad_bottom": 0}, 5),  # the next frame's first three come in during the last windows
        ({"stride_y": 2}, 4),
        ({"dilation_y": 2, "pad_top": 2, "pad_bottom": 2}, 5),
        ({"kernel_h": 1, "pad_top": 0, "pad_bottom": 0}, 1),
        ({"pad_top": 5}, 6),
        ({"out_lanes": 96}, 2),  # a pixel lies where the one was that it replaces
        ({"out_lanes": 96, "spare_row": True}, 3),
        ({"out_lanes": 96, "pad_right": 0}, 3),
    ],
)
def test_it_stores_what_the_next_windows_need(changes: dict[str, Any], rows: int) -> None:
    assert make(**changes).rows == rows


def test_the_first_window_leaves_with_its_last_pixel() -> None:
    spec = make(height=4, width=10, channels=1, in_lanes=1, out_lanes=1)

    schedule = unstalled(spec, 1)

    # Rows -1, 0, 1 and columns -1, 0, 1: the ninth beat waits for pixel (1, 1), the 12th to come.
    assert schedule.in_cycles[:12] == tuple(range(12))
    assert schedule.out_cycles[8] == 11 + spec.latency_cycles


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"out_lanes": 5}, FoldingError, r"out_lanes=5 must be one of \[1, 2, 4, 8, 16, 32, 96, 288\]"),
        ({"out_lanes": 96, "channel_major": True}, FoldingError, r"one of \[1, 2, 4, 8, 16, 32\]"),
        ({"in_lanes": 3}, FoldingError, "in_lanes=3 must divide the frame of 32768 elements"),
        ({"border": 2}, SpecError, "border=2 must lie in 0 .. 1 of BINARY"),
        ({"stride_y": 0}, SpecError, "stride_y=0 must be at least 1"),
        ({"pad_top": -1}, SpecError, "must not be negative"),
        ({"kernel_w": 35}, SpecError, "a window of 35 pixels in x does not fit the map of 32"),
        ({"out_lanes": 96, "pad_left": 3}, FoldingError, r"one of \[1, 2, 4, 8, 16, 32\]"),
        ({"ram_style": "ultra"}, SpecError, "ram_style='ultra' must be one of"),
    ],
)
def test_contradictions_name_value_and_rule(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**changes)
