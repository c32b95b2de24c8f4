"""MNIST in its published idx files, plain or gzipped; downloaded when absent, and always checked.

Other sets in the same format are another :class:`IdxSet`.

Source:
    LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.train.download import PUBLISHED, Checksum, OnBytes, fetch, silent

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class IdxFile:
    """A file as published.

    Attributes:
        name: Without ".gz".
        packed: Checksum of name + ".gz".
        content: Checksum of what is in it; None where none was published, then only the .gz is accepted.
    """

    name: str
    packed: Checksum
    content: Checksum | None = None


@dataclass(frozen=True, slots=True)
class IdxSet:
    """Four idx files.

    Attributes:
        title: What people call it.
        mirror: Address of the folder with the four .gz files, ending in "/".
        files: Training images, training labels, test images, test labels.
    """

    title: str
    mirror: str
    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]


MNIST = IdxSet(
    "MNIST",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    (
        IdxFile(
            "train-images-idx3-ubyte",
            Checksum("md5", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            Checksum("sha256", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ),
        IdxFile(
            "train-labels-idx1-ubyte",
            Checksum("md5", "d53e105ee54ea40749a09fcbcd1e9432"),
            Checksum("sha256", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ),
        IdxFile(
            "t10k-images-idx3-ubyte",
            Checksum("md5", "9fb629c4189551a2d022fa330f9573f3"),
            Checksum("sha256", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte",
            Checksum("md5", "ec29112dd5afa0611ce80d1b7f02629c"),
            Checksum("sha256", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    ),
)


def parse_idx(content: bytes, path: Path) -> NDArray[np.uint8]:
    """Return the array of an idx file of unsigned bytes.

    Raises:
        DatasetError: Not such a file, or its length is not what its header says.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DatasetError(
            f"{path} is no idx file of bytes: starts with {content[:4].hex()!r}, expected '000008..'"
        )
    rank = content[3]
    start = 4 + 4 * rank
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank))
    if len(content) != start + int(np.prod(shape)):
        raise DatasetError(f"{path}: idx file of shape {shape} has {len(content) - start} bytes of data")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _read(file: IdxFile, group: IdxSet, folder: Path, on_bytes: OnBytes) -> NDArray[np.uint8]:
    plain, packed = folder / file.name, folder / f"{file.name}.gz"
    use_plain = file.content is not None and plain.exists()
    if not use_plain and not packed.exists():
        form = "plain or as .gz" if file.content else "as .gz"
        fetch(
            f"{group.mirror}{packed.name}",
            packed,
            file.packed,
            f"put the four files of {group.title}, {', '.join(one.name for one in group.files)}, "
            f"into {folder}, {form}, or name another place by --data-dir or RBONN_DATA",
            on_bytes,
        )
    path = plain if use_plain else packed
    try:
        raw = path.read_bytes()
        content = raw if use_plain else gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read ({error}); delete it to download it again") from None
    genuine = file.content.matches(content) if file.content else file.packed.matches(raw)
    if not genuine:
        raise DatasetError(f"{path} is not the published file (checksum); delete it to download it again")
    return parse_idx(content, path)


def load_idx(group: IdxSet, folder: Path, on_bytes: OnBytes = silent) -> tuple[Arrays, Arrays, str]:
    """Return ((train frames, labels), (test frames, labels), provenance) of a set of idx files.

    Args:
        group: Which.
        folder: Where the four files are, or shall be.
        on_bytes: Called as bytes are fetched; see :func:`rbonn_hw.train.download.fetch`.

    Raises:
        DatasetError: A file is absent and cannot be fetched, or is not the published one.
    """
    train_x, train_y, test_x, test_y = (_read(file, group, folder, on_bytes) for file in group.files)
    train = train_x[:, None], train_y.astype(np.int64)
    return train, (test_x[:, None], test_y.astype(np.int64)), PUBLISHED
