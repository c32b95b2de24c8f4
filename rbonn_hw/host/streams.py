"""Frames as the accelerator's streams carry them: integers to bytes and back, at memory speed.

Lane 0 sits in the least significant bits of a word; a word is padded to whole bytes and stored little-endian;
words and frames follow one another without gaps. Everything here moves whole arrays: fields that are whole
bytes are viewed, fields of 1 bit go through NumPy's bit packing, other fields through 64-bit shifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import FrameError, PackageError
from .fields import Fields

Array = Any
"""A NumPy array; the NumPy of old boards cannot say of what."""
MAX_ELEMENTS = 1 << 26
"""Most elements of a frame."""
MAX_AXES = 8
_VIEWS = {8: np.uint8, 16: np.uint16, 32: np.uint32}


@dataclass(frozen=True)
class Stream:
    """One stream of the accelerator.

    Attributes:
        shape: Shape of a frame, without the batch.
        dtype: QONNX name of an element's type; BIPOLAR travels as one bit, 1 for +1.
        bits: Width of an element [bits].
        signed: Two's complement.
        lanes: Elements per word.
        beats: Words per frame.
    """

    shape: tuple[int, ...]
    dtype: str
    bits: int
    signed: bool
    lanes: int
    beats: int

    @classmethod
    def from_document(cls, entry: Fields) -> Stream:
        """Read a stream from a package's metadata.

        Raises:
            PackageError: The entry contradicts itself.
        """
        stream = cls(
            shape=frame_shape(entry),
            dtype=entry.text("dtype"),
            bits=entry.integer("bits", 1, 32),
            signed=entry.flag("signed"),
            lanes=entry.integer("lanes", 1, MAX_ELEMENTS),
            beats=entry.integer("beats", 1, MAX_ELEMENTS),
        )
        if stream.lanes * stream.beats != stream.elements:
            raise PackageError(
                f"metadata.json: {stream} is no stream: lanes times beats must be the {stream.elements} "
                "elements of its shape; make the package again"
            )
        return stream

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def word_bytes(self) -> int:
        """Bytes of a word in memory [bytes]."""
        return (self.lanes * self.bits + 7) // 8

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame in memory [bytes]."""
        return self.word_bytes * self.beats

    @property
    def low(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest value."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    @property
    def numpy_type(self) -> Any:
        """The type of unpacked integers."""
        return np.int32 if self.high < 1 << 31 else np.int64

    def check(self, frames: Array) -> None:
        """Check integers before they are packed.

        Raises:
            FrameError: Wrong shape, type or range.
        """
        if frames.dtype.kind not in "iu":
            raise FrameError(f"frames have type {frames.dtype}; give integers of {self.dtype}")
        if frames.shape[1:] != self.shape or frames.ndim != len(self.shape) + 1:
            expected = ", ".join(["n", *map(str, self.shape)])
            raise FrameError(f"frames have shape {list(frames.shape)}; the accelerator takes [{expected}]")
        if frames.size and (int(frames.min()) < self.low or int(frames.max()) > self.high):
            raise FrameError(
                f"frames hold {frames.min()} .. {frames.max()}, but {self.dtype} is {self.low} .. {self.high}"
            )

    def pack(self, frames: Array, target: Array) -> None:
        """Write frames [n, *shape], checked before, into ``target``, uint8 [n * frame_bytes]."""
        words = target.reshape(-1, self.word_bytes)
        lanes = frames.reshape(-1, self.lanes)
        if self.bits in _VIEWS:
            words.view(_VIEWS[self.bits])[...] = lanes
        elif self.bits == 1:
            words[...] = np.packbits(lanes.astype(np.bool_), axis=1, bitorder="little")
        elif self.lanes * self.bits <= 64:
            words[...] = _fields_to_bytes(lanes, self.bits)[:, : self.word_bytes]
        else:
            words[...] = _pack_groups(lanes, self.bits, self.word_bytes)

    def unpack(self, source: Array) -> Array:
        """Return the frames [n, *shape] that ``source``, uint8 [n * frame_bytes], holds."""
        words = source.reshape(-1, self.word_bytes)
        if self.bits in _VIEWS:
            kind: Any = np.dtype(_VIEWS[self.bits])
            lanes = words.view(np.dtype(f"i{kind.itemsize}") if self.signed else kind)
        elif self.bits == 1 and not self.signed:
            lanes = np.unpackbits(words, axis=1, bitorder="little")[:, : self.lanes]
        elif self.lanes * self.bits <= 64:
            lanes = _fields_from_bytes(words, self.lanes, self.bits, self.signed)
        else:
            lanes = _unpack_groups(words, self.lanes, self.bits, self.signed)
        return lanes.astype(self.numpy_type).reshape((-1, *self.shape))


def frame_shape(entry: Fields) -> tuple[int, ...]:
    """Return the shape of a frame from a package's metadata.

    Raises:
        PackageError: It is no shape, or beyond all reason.
    """
    shape = entry.integers("shape", 1, MAX_ELEMENTS)
    elements = 1
    for size in shape:
        elements *= size
    if not 1 <= len(shape) <= MAX_AXES or elements > MAX_ELEMENTS:
        raise entry.wrong("shape", f"1 to {MAX_AXES} sizes with at most {MAX_ELEMENTS} elements")
    return shape


def _fields_to_bytes(lanes: Array, bits: int) -> Array:
    """Return words [n, 8] that hold the fields of lanes [n, k], k * bits <= 64."""
    mask = np.uint64((1 << bits) - 1)
    words = np.zeros(len(lanes), dtype="<u8")
    for lane in range(lanes.shape[1]):
        words |= (lanes[:, lane].astype(np.int64).view(np.uint64) & mask) << np.uint64(lane * bits)
    return words.view(np.uint8).reshape(-1, 8)


def _fields_from_bytes(words: Array, lanes: int, bits: int, signed: bool) -> Array:
    """Return the fields [n, lanes] of words [n, b], b <= 8."""
    padded = np.zeros((len(words), 8), np.uint8)
    padded[:, : words.shape[1]] = words
    whole = padded.reshape(-1).view("<u8")
    fields = np.empty((len(words), lanes), np.int64)
    for lane in range(lanes):
        # The field goes to the top of the word, and comes down with or without its sign.
        shifted = whole << np.uint64(64 - bits - lane * bits)
        fields[:, lane] = shifted.view(np.int64) >> (64 - bits) if signed else shifted >> np.uint64(64 - bits)
    return fields


def _group(bits: int) -> int:
    """Return how many lanes fill whole bytes within 64 bits, or 0 if none do."""
    return next((lanes for lanes in (8, 4, 2) if lanes * bits <= 64 and lanes * bits % 8 == 0), 0)


def _pack_groups(lanes: Array, bits: int, word_bytes: int) -> Array:
    count = lanes.shape[1]
    group = _group(bits)
    if not group:
        return _pack_bits(lanes, bits)
    padded = np.zeros((len(lanes), -(-count // group) * group), lanes.dtype)
    padded[:, :count] = lanes
    group_bytes = _fields_to_bytes(padded.reshape(-1, group), bits)[:, : group * bits // 8]
    return group_bytes.reshape(len(lanes), -1)[:, :word_bytes]


def _unpack_groups(words: Array, lanes: int, bits: int, signed: bool) -> Array:
    group = _group(bits)
    if not group:
        return _unpack_bits(words, lanes, bits, signed)
    group_bytes = group * bits // 8
    groups = -(-lanes // group)
    padded = np.zeros((len(words), groups * group_bytes), np.uint8)
    padded[:, : words.shape[1]] = words
    fields = _fields_from_bytes(padded.reshape(-1, group_bytes), group, bits, signed)
    return fields.reshape(len(words), -1)[:, :lanes]


def _pack_bits(lanes: Array, bits: int) -> Array:
    fields = (lanes[:, :, None].astype(np.int64) >> np.arange(bits)) & 1
    return np.packbits(fields.reshape(len(lanes), -1).astype(np.uint8), axis=1, bitorder="little")


def _unpack_bits(words: Array, lanes: int, bits: int, signed: bool) -> Array:
    flat = np.unpackbits(words, axis=1, bitorder="little")[:, : lanes * bits]
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    fields: Array = flat.reshape(len(words), lanes, bits).astype(np.int64) @ weights
    return fields
