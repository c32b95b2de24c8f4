"""rbonn_hw.ref.register: words and order are kept, and wrong data is refused."""

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.register import register
from rbonn_hw.spec.register import RegisterSpec

SPEC = RegisterSpec(lanes=2, dtype=IntType(4, signed=False), beats=3)


def test_two_places_that_a_token_walks_through_keep_the_order() -> None:
    x = np.random.default_rng(0).integers(0, 16, (4, 3, 2))
    skid: list[list[int]] = []
    offered: list[list[int]] = []
    sink: list[list[int]] = []
    rng = np.random.default_rng(1)
    source = x.reshape(-1, 2).tolist()
    while len(sink) < 12:
        if offered and rng.random() < 0.5:
            sink.append(offered.pop())
        if not offered and skid:
            offered.append(skid.pop())
        if source and not skid:
            (skid if offered else offered).append(source.pop(0))

    y = register(SPEC, x)

    assert y.reshape(-1, 2).tolist() == sink
    assert y is not x


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((1, 4, 2), dtype=np.int64), r"x has shape \(1, 4, 2\), expected \(n, 3, 2\)"),
        (np.full((1, 3, 2), 16), r"x holds values 16 .. 16, but UINT4 is 0 .. 15"),
    ],
)
def test_wrong_data_names_what_was_expected(x: np.ndarray, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        register(SPEC, x)
