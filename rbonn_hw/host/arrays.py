"""Reads .npy files strictly: plain arrays of numbers in C order, nothing evaluated or allocated on trust.

NumPy's own reader evaluates the header as Python text and allocates what it promises; here the header has one
form, the one in which ``numpy.save`` writes such arrays, and the data must be there.
"""

from __future__ import annotations

import re

import numpy as np

from .errors import PackageError
from .streams import Array

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<|][iuf][1248])', 'fortran_order': False, 'shape': \(((?:\d{1,10},? ?){0,8})\), \} *\n"
)


def read_npy(content: bytes, name: str) -> Array:
    """Return the array of a .npy file.

    Args:
        content: The file.
        name: Its name, for error messages.

    Raises:
        PackageError: It is no such file, or truncated.
    """
    length = int.from_bytes(content[8:10], "little")
    header = _HEADER.fullmatch(content[10 : 10 + length])
    if not content.startswith(_MAGIC) or header is None:
        raise PackageError(f"{name}: is no .npy file of numbers, or damaged; make or copy the package again")
    kind = np.dtype(header.group(1).decode())
    shape = tuple(int(size) for size in header.group(2).replace(b" ", b"").split(b",") if size)
    expected = kind.itemsize
    for size in shape:
        expected *= size
    data = content[10 + length :]
    if len(data) != expected:
        raise PackageError(
            f"{name}: holds {len(data)} bytes of numbers, its header says {expected}; make or copy the "
            "package again"
        )
    # A copy: what is read from bytes cannot be written to.
    return np.frombuffer(data, kind).reshape(shape).copy()
