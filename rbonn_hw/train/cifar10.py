"""CIFAR-10 in its published binary files; unpacked from the published archive when absent, and checked.

A file holds 10,000 records: a label byte, then 32 x 32 bytes each of red, green and blue, row by row.

Source:
    Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; https://www.cs.toronto.edu/~kriz/cifar.html
    (layout, MD5 of the archive).
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.results import write_bytes
from rbonn_hw.train.download import PUBLISHED, Checksum, OnBytes, fetch, silent

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE = "cifar-10-binary.tar.gz"
ARCHIVE_CHECKSUM = Checksum("md5", "c32a1d4ab5d03f1284b67883e8d87530")
FOLDER = "cifar-10-batches-bin"
"""Name of the folder inside the archive and beside it."""
TRAIN_SHA256 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
}
"""As the archive unpacks. Training files that differ are used, and said to differ: a network trained on a
re-encoded copy is still measured on the published test file."""
TEST_SHA256 = {"test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}

FRAME = (3, 32, 32)
CLASSES = 10
RECORD_BYTES = 1 + 3 * 32 * 32
FILE_RECORDS = 10_000

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


def load(folder: Path, on_bytes: OnBytes = silent) -> tuple[Arrays, Arrays, str]:
    """Return ((train frames, labels), (test frames, labels), provenance) of the 50,000 + 10,000 images.

    Args:
        folder: Where the six files are, or shall be; the archive is beside it.
        on_bytes: Called as bytes are fetched; see :func:`rbonn_hw.train.download.fetch`.

    Raises:
        DatasetError: A file is absent and cannot be fetched, or is no file of CIFAR-10, or the test file is
            not the published one.
    """
    absent = [name for name in (*TRAIN_SHA256, *TEST_SHA256) if not (folder / name).exists()]
    if absent:
        archive = folder.parent / ARCHIVE
        fetch(
            URL,
            archive,
            ARCHIVE_CHECKSUM,
            f"put {ARCHIVE} there, or its six .bin files into {folder}, "
            "or name another place by --data-dir or RBONN_DATA",
            on_bytes,
        )
        _unpack(archive, folder, absent)
    differing = []
    train = []
    for name, digest in TRAIN_SHA256.items():
        content = _read(folder / name)
        if not Checksum("sha256", digest).matches(content):
            differing.append(name)
        train.append(_parse(content, folder / name))
    tests = []
    for name, digest in TEST_SHA256.items():
        content = _read(folder / name)
        if not Checksum("sha256", digest).matches(content):
            raise DatasetError(
                f"{folder / name} is not the published file (sha256 differs); accuracy on it would compare "
                "with nothing; delete it to download it again"
            )
        tests.append(_parse(content, folder / name))
    provenance = PUBLISHED
    if differing:
        provenance = (
            f"training files are not those of the published archive ({', '.join(differing)} differ); "
            "the test file is the published one"
        )
    frames, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return (frames, labels), tests[0], provenance


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error}); delete it to download it again") from None


def _parse(content: bytes, path: Path) -> Arrays:
    """Return (frames [n, 3, 32, 32], labels [n]) of one file."""
    if len(content) != FILE_RECORDS * RECORD_BYTES:
        raise DatasetError(
            f"{path} has {len(content)} bytes, a CIFAR-10 file {FILE_RECORDS * RECORD_BYTES}; "
            "delete it to download it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(FILE_RECORDS, RECORD_BYTES)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= CLASSES:
        record = int(np.argmax(labels >= CLASSES))
        raise DatasetError(
            f"{path}, record {record}: label {labels[record]}, CIFAR-10 has 0 .. {CLASSES - 1}; "
            "delete the file to download it again"
        )
    return records[:, 1:].reshape(FILE_RECORDS, *FRAME).copy(), labels


def _unpack(archive: Path, folder: Path, names: list[str]) -> None:
    """Write the named files of the checked archive into ``folder``, each as a whole or not at all."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for name in names:
                member = tar.extractfile(f"{FOLDER}/{name}")
                if member is None:
                    raise DatasetError(f"{archive}: {FOLDER}/{name} is no file; delete the archive")
                write_bytes(folder / name, member.read())
    except (tarfile.TarError, zlib.error, EOFError, KeyError, OSError) as error:
        raise DatasetError(
            f"{archive} cannot be unpacked into {folder} ({error}); delete it to download it again"
        ) from None
