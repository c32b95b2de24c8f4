"""Reads named arrays from .npz files, whatever state they are in; nothing is allocated on trust."""

import contextlib
import math
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError

EXPECTED = "expected a .npz as `rbonn export` or np.savez writes it"
_DAMAGED = (
    OSError, EOFError, KeyError, MemoryError, OverflowError, RuntimeError, SyntaxError, TypeError, ValueError,
    struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile, zlib and NumPy's parser of headers raise of damaged files."""
_SUFFIX = ".npy"


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read an .npz file whole, whatever state it is in.

    Raises:
        DatasetError: It is absent, damaged, or no .npz.
    """
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            if stream.read(6) == b"\x93NUMPY":
                raise DatasetError(f"{path}: is a single array, not named ones; {EXPECTED}")
            archive = stack.enter_context(zipfile.ZipFile(stream))
            entries = archive.infolist()
            arrays = {entry.filename.removesuffix(_SUFFIX): _array(archive, entry) for entry in entries}
        except _DAMAGED as error:
            what = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DatasetError(f"{path}: cannot be read ({what}); {EXPECTED}") from None
    if len(arrays) < len(entries):
        raise DatasetError(f"{path}: has two arrays of one name; {EXPECTED}")
    return arrays


def read_array(path: Path) -> NDArray[Any]:
    """Read an .npy file whole, whatever state it is in.

    Raises:
        DatasetError: It is absent, damaged, or no .npy.
    """
    try:
        with path.open("rb") as stream:
            held = path.stat().st_size
            shape, kind = _header(stream)
            promised = math.prod(shape) * kind.itemsize
            if kind.hasobject or promised != held - stream.tell():
                raise ValueError(f"{kind} {list(shape)} in {held} bytes")
            stream.seek(0)
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except _DAMAGED as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"{path}: cannot be read ({what}); expected a .npy as np.save writes it") from None
    return array


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Return an array, after its header has been found to promise no more than the entry holds."""
    with archive.open(entry) as member:
        shape, kind = _header(member)
        promised, held = kind.itemsize, entry.file_size - member.tell()
        for size in shape:
            promised *= size
        if kind.hasobject or promised != held:
            raise ValueError(f"{entry.filename}: {kind} {list(shape)} in {held} bytes")
    with archive.open(entry) as member:
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
    return array


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"format {version} of arrays")
    shape, _, kind = readers[version](member)
    return shape, kind
