"""MNIST in its published idx files, plain or gzipped; downloaded when absent, and always checked.

Source:
    LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits.
"""

import gzip
import hashlib
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.results import write_bytes

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
TIMEOUT_SECONDS = 20.0
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""File name to the checksum of its content before compression."""

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


def parse_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array of an idx file of unsigned bytes.

    Raises:
        DatasetError: Not such a file, or its length is not what its header says.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DatasetError(f"no idx file of bytes: starts with {content[:4].hex()!r}, expected '000008..'")
    rank = content[3]
    start = 4 + 4 * rank
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(rank))
    if len(content) != start + int(np.prod(shape)):
        raise DatasetError(f"idx file of shape {shape} has {len(content) - start} bytes of data")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _download(name: str, folder: Path) -> None:
    url = f"{MIRROR}{name}.gz"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            content = answer.read()
        write_bytes(folder / f"{name}.gz", content)
    except (OSError, urllib.error.URLError) as error:
        raise DatasetError(
            f"MNIST is not in {folder} and {url} cannot be fetched ({error}); put the four files "
            f"{', '.join(SHA256)} there, plain or as .gz, or name another place by --data-dir or RBONN_DATA"
        ) from None


def _read(name: str, folder: Path) -> NDArray[np.uint8]:
    plain, packed = folder / name, folder / f"{name}.gz"
    if not plain.exists() and not packed.exists():
        _download(name, folder)
    path = plain if plain.exists() else packed
    try:
        content = path.read_bytes() if path == plain else gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); delete it to download it again") from None
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise DatasetError(f"{path} is not the published file (checksum); delete it to download it again")
    return parse_idx(content)


def load(folder: Path) -> tuple[Arrays, Arrays]:
    """Return ((train frames, labels), (test frames, labels)) of the 60,000 + 10,000 images.

    Args:
        folder: Where the four files are, or shall be.

    Raises:
        DatasetError: A file is absent and cannot be fetched, or is not the published one.
    """
    train_x, train_y, test_x, test_y = (_read(name, folder) for name in SHA256)
    return (train_x[:, None], train_y.astype(np.int64)), (test_x[:, None], test_y.astype(np.int64))
