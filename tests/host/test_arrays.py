"""rbonn_hw/host/arrays.py: what numpy.save writes comes back, anything else is refused at once."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.host.arrays import read_npy
from rbonn_hw.host.errors import PackageError


def saved(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        np.array([-1, 1 << 40]),
        np.array([[0.5], [-2.25]], np.float32),
        np.zeros((0, 3), np.int32),
        np.array(7, np.int16),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_arrays_come_back(array: NDArray[Any]) -> None:
    found = read_npy(saved(array), "x.npy")
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)
    assert found.flags.writeable


def promised(header: str) -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        saved(np.arange(8))[:-1],
        saved(np.arange(8)) + b"\0",
        saved(np.arange(8)).replace(b"NUMPY\x01", b"NUMPY\x03"),
        saved(np.array([1.5, 2.5], np.complex64)),
        saved(np.array(["text"])),
        saved(np.zeros(3, np.dtype([("a", "i4")]))),
        saved(np.asfortranarray(np.arange(6).reshape(2, 3))),
        saved(np.arange(4, dtype=">i4")),
        promised("{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 9999999999), }"),
        promised("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }"),
        promised("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        promised("__import__('os')"),
        promised("(" * 100),
    ],
)
def test_everything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PackageError, match=r"^x\.npy: (is no \.npy file|holds \d+ bytes of numbers)"):
        read_npy(content, "x.npy")
