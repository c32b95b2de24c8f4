"""Windows of a layer: which cover a map, how many there are, and how much border they need."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from rbonn_hw.compiler.frontend.windows import Window, window_of


@pytest.mark.parametrize(
    ("size", "changes", "expected"),
    [
        ((4, 6), {}, True),
        ((5, 6), {}, False),
        ((4, 7), {}, False),
        ((4, 6), {"stride": (2, 2)}, False),
        ((4, 6), {"dilation": (1, 2)}, False),
        ((4, 6), {"pads": (0, 0, 0, 3)}, False),
    ],
)
def test_windows_that_tile_a_map(
    size: tuple[int, int], changes: dict[str, tuple[int, ...]], expected: bool
) -> None:
    values = {"kernel": (2, 3), "stride": (2, 3), **changes}
    assert Window(**values).tiles(size) is expected  # type: ignore[arg-type]


def ends(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> list[int]:
    """Return the last place of each window over a row with so much border, counted from the row's begin."""
    row = np.arange(-before, size + after)
    reach = dilation * (kernel - 1)
    return [int(row[first + reach]) for first in range(0, len(row) - reach, stride)]


SIDE = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))


@given(SIDE, SIDE, st.tuples(*[st.integers(0, 3)] * 4))
def test_as_many_windows_as_fit(
    high: tuple[int, int, int, int], wide: tuple[int, int, int, int], pads: tuple[int, int, int, int]
) -> None:
    (height, width), kernel, stride, dilation = zip(high, wide, strict=True)
    window = Window(kernel=kernel, stride=stride, dilation=dilation, pads=pads)
    rows = ends(height, high[1], high[2], high[3], pads[0], pads[2])
    columns = ends(width, wide[1], wide[2], wide[3], pads[1], pads[3])
    if not rows or not columns:
        return
    assert window.out((height, width)) == (len(rows), len(columns))
    # No more border at the end than the last window reaches.
    needed = window.reaching((height, width), (len(rows), len(columns)))
    assert needed.pads[:2] == pads[:2]
    assert needed.pads[2:] == (max(0, rows[-1] - height + 1), max(0, columns[-1] - width + 1))


@pytest.mark.parametrize(
    ("auto_pad", "expected"),
    [("SAME_UPPER", (1, 0, 1, 1)), ("SAME_LOWER", (1, 1, 1, 0)), ("VALID", (0, 0, 0, 0))],
)
def test_border_that_the_sizes_imply(auto_pad: str, expected: tuple[int, ...]) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], auto_pad=auto_pad, strides=[2, 2])
    after = (3, 3) if auto_pad != "VALID" else (2, 2)
    assert window_of(node, (3, 3), (5, 6), after).pads == expected
