"""rbonn_hw.packing and rbonn_hw.datatypes: bit order against big-integer arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import pack, readmemh_text, unpack


@given(
    bits=st.integers(1, 20), lanes=st.integers(1, 70), signed=st.booleans(), seed=st.integers(0, 2**32 - 1)
)
def test_pack_is_positional_notation(bits: int, lanes: int, signed: bool, seed: int) -> None:
    dtype = IntType(bits, signed)
    values = np.random.default_rng(seed).integers(dtype.min, dtype.max + 1, (3, lanes))

    words = pack(values, bits)

    for row, word in zip(values, words, strict=True):
        expected = sum((int(value) % 2**bits) << (bits * lane) for lane, value in enumerate(row))
        assert int.from_bytes(word.tobytes(), "little") == expected
    np.testing.assert_array_equal(unpack(words, lanes, bits, signed=signed), values)


def test_value_too_wide_for_its_lane_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0 \.\. 4 do not fit 2 bits"):
        pack(np.array([[0, 4]]), 2)


def test_readmemh_text_has_the_digits_of_the_width() -> None:
    assert readmemh_text(pack(np.array([[1, 2, 3]]), 4), 12) == "321\n"


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (0, 1, "BINARY"),
        (0, 144, "UINT8"),
        (0, 256, "UINT9"),
        (-1, 0, "INT2"),
        (-8, 7, "INT4"),
        (-3, 8, "INT5"),
    ],
)
def test_narrowest_type(low: int, high: int, name: str) -> None:
    dtype = IntType.holding(low, high)
    assert dtype.qonnx_name == name
    assert dtype.min <= low
    assert dtype.max >= high


def test_type_names_round_trip_and_others_are_refused() -> None:
    assert IntType.from_qonnx("BIPOLAR") == IntType.from_qonnx("BINARY") == IntType(1, signed=False)
    assert IntType.from_qonnx("INT5") == IntType(5, signed=True)
    with pytest.raises(SpecError, match="FLOAT32"):
        IntType.from_qonnx("FLOAT32")
