"""Bit order between NumPy arrays, stream words and ``$readmemh`` files.

This is the only module that knows the order: lane 0 sits in the least significant bits of a word, a lane is a
two's-complement or unsigned field of ``bits`` bits, and a word is stored as little-endian bytes.
"""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint8]
"""Stream or memory words, [n, bytes_per_word], little-endian; unused high bits are 0."""
Ints = NDArray[np.int64]
"""Integer tensors; BIPOLAR values are carried as BINARY 0 / 1 unless a docstring says otherwise."""


def word_bytes(width_bits: int) -> int:
    """Return the bytes that hold one word of ``width_bits`` [bytes]."""
    return (width_bits + 7) // 8


def pack(values: Ints, bits: int) -> Words:
    """Pack each row of ``values`` [n, lanes] into one word of ``lanes * bits`` bits, lane 0 in the LSBs.

    Args:
        values: [n, lanes]; each value must fit ``bits`` bits, signed or unsigned.
        bits: Width of a lane, 1 .. 63 [bits].

    Raises:
        ValueError: A value does not fit its lane.
    """
    values = np.asarray(values, dtype=np.int64)
    if values.size and (int(values.min()) < -(1 << (bits - 1)) or int(values.max()) >= 1 << bits):
        raise ValueError(f"values {values.min()} .. {values.max()} do not fit {bits} bits")
    n, lanes = values.shape
    fields = (values[:, :, None] >> np.arange(bits)) & 1
    return np.packbits(fields.reshape(n, lanes * bits).astype(np.uint8), axis=1, bitorder="little")


def unpack(words: Words, lanes: int, bits: int, *, signed: bool) -> Ints:
    """Invert :func:`pack`; returns [n, lanes]."""
    flat = np.unpackbits(words, axis=1, count=lanes * bits, bitorder="little").reshape(
        len(words), lanes, bits
    )
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    result: Ints = flat.astype(np.int64) @ weights
    return result


def readmemh_text(words: Words, width_bits: int) -> str:
    """Return ``words`` as the text of a ``$readmemh`` file, one word a line."""
    digits = (width_bits + 3) // 4
    return "".join(bytes(word[::-1]).hex()[-digits:].rjust(digits, "0") + "\n" for word in words)
