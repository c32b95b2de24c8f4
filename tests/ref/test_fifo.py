"""rbonn_hw.ref.fifo: order is kept, and wrong data is refused."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.fifo import fifo
from rbonn_hw.spec.fifo import FifoSpec

UINT4 = IntType(4, signed=False)


@given(depth=st.integers(2, 9), lanes=st.integers(1, 5), beats=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_equals_a_queue_that_fills_and_drains_at_random(
    depth: int, lanes: int, beats: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 16, (2, beats, lanes))
    queue: deque[list[int]] = deque()
    source: list[list[int]] = x.reshape(-1, lanes).tolist()
    sink: list[list[int]] = []
    while len(sink) < 2 * beats:
        if source and len(queue) < depth and rng.random() < 0.5:
            queue.append(source.pop(0))
        elif queue:
            sink.append(queue.popleft())

    y = fifo(FifoSpec(depth=depth, lanes=lanes, dtype=UINT4, beats=beats), x)

    assert y.reshape(-1, lanes).tolist() == sink


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((1, 4, 2), dtype=np.int64), r"x has shape \(1, 4, 2\), expected \(n, 3, 2\)"),
        (np.full((1, 3, 2), 16), r"x holds values 16 .. 16, but UINT4 is 0 .. 15"),
        (np.full((1, 3, 2), -1), r"x holds values -1 .. -1, but UINT4 is 0 .. 15"),
    ],
)
def test_wrong_data_names_what_was_expected(x: np.ndarray, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        fifo(FifoSpec(depth=2, lanes=2, dtype=UINT4, beats=3), x)
