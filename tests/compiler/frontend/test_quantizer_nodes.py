"""What a quantizer's parameters say of the integers that it makes."""

import pytest

from rbonn_hw.compiler.frontend.quantizer_nodes import declared


@pytest.mark.parametrize(
    ("signed", "narrow", "bits", "zero_point", "expected"),
    [
        (1, 0, 4, 0, (-8, 7)),
        (1, 1, 4, 0, (-7, 7)),
        (0, 0, 4, 0, (0, 15)),
        (0, 1, 4, 0, (0, 14)),
        (1, 0, 4, 3, (-11, 4)),
        (0, 0, 4, 3, (-3, 12)),
        (0, 0, 8, -5, (5, 260)),
        (1, 1, 1, 0, (-1, 1)),
        (1, 1, 1, 1, (-2, 0)),
    ],
)
def test_range_of_the_integers(
    signed: int, narrow: int, bits: int, zero_point: int, expected: tuple[int, int]
) -> None:
    assert declared(signed, narrow, bits, zero_point) == expected
