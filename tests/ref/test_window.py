"""rbonn_hw.ref.window: against loops over pixels, and against torch's unfold."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError, SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.window import window
from rbonn_hw.spec.window import WindowSpec

INT4 = IntType(4, signed=True)

axes = st.fixed_dictionaries(
    {"size": st.integers(1, 6), "kernel": st.integers(1, 4), "stride": st.integers(1, 3),
     "dilation": st.integers(1, 2), "before": st.integers(0, 3), "after": st.integers(0, 3)}
)  # fmt: skip


def make(y: dict[str, int], x: dict[str, int], **changes: Any) -> WindowSpec:
    """Return a window of 4 channels, or skip the example where there is none."""
    fields: dict[str, Any] = {"channels": 4, "in_lanes": 4, "out_lanes": 2, "dtype": INT4, "border": -3}
    try:
        return WindowSpec(
            height=y["size"], width=x["size"], kernel_h=y["kernel"], kernel_w=x["kernel"],
            stride_y=y["stride"], stride_x=x["stride"], dilation_y=y["dilation"], dilation_x=x["dilation"],
            pad_top=y["before"], pad_bottom=y["after"], pad_left=x["before"], pad_right=x["after"],
            **fields | changes,
        )  # fmt: skip
    except SpecError:
        assume(False)
        raise


def values(spec: WindowSpec, seed: int) -> Ints:
    return np.random.default_rng(seed).integers(-8, 8, (2, spec.height, spec.width, spec.channels))


@settings(max_examples=40)
@given(y=axes, x=axes, channel_major=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_equals_loops_over_taps(y: dict[str, int], x: dict[str, int], channel_major: bool, seed: int) -> None:
    spec = make(y, x, channel_major=channel_major)
    image = values(spec, seed)

    result = window(spec, image)

    def element(n: int, row: int, column: int, channel: int) -> int:
        inside = 0 <= row < spec.height and 0 <= column < spec.width
        return int(image[n, row, column, channel]) if inside else -3

    for n, oy, ox in np.ndindex(result.shape[:-1]):
        rows = [oy * y["stride"] - y["before"] + ky * y["dilation"] for ky in range(y["kernel"])]
        columns = [ox * x["stride"] - x["before"] + kx * x["dilation"] for kx in range(x["kernel"])]
        if channel_major:
            order = [
                (r, c, ch) for group in (0, 2) for r in rows for c in columns for ch in (group, group + 1)
            ]
        else:
            order = [(r, c, ch) for r in rows for c in columns for ch in range(4)]
        assert result[n, oy, ox].tolist() == [element(n, *at) for at in order]


@settings(max_examples=40)
@given(y=axes, x=axes, seed=st.integers(0, 2**32 - 1))
def test_channel_by_channel_it_is_torch_s_unfold(y: dict[str, int], x: dict[str, int], seed: int) -> None:
    spec = make(y, x, channel_major=True, out_lanes=1)
    image = values(spec, seed)

    result = window(spec, image)

    pads = (x["before"], x["after"], y["before"], y["after"])
    padded = torch.nn.functional.pad(torch.tensor(image.transpose(0, 3, 1, 2)).double(), pads, value=-3.0)
    columns = torch.nn.functional.unfold(
        padded, (y["kernel"], x["kernel"]), (y["dilation"], x["dilation"]), 0, (y["stride"], x["stride"])
    )
    expected = columns.numpy().transpose(0, 2, 1)
    assert result.shape[1] * result.shape[2] == expected.shape[1]
    np.testing.assert_array_equal(result.reshape(expected.shape), expected)


def test_wrong_map_names_the_expected_one() -> None:
    spec = WindowSpec(
        channels=3, in_lanes=3, out_lanes=3, dtype=INT4, height=4, width=6, kernel_h=2, kernel_w=2
    )

    with pytest.raises(ShapeError, match=r"expected \(n, 4, 6, 3\)"):
        window(spec, np.zeros((1, 6, 4, 3), dtype=np.int64))
