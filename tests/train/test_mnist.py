"""MNIST is read plain and gzipped, is checked, and its absence explained."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import data, mnist
from rbonn_hw.train.data import in_memory
from rbonn_hw.train.download import PUBLISHED, Checksum
from rbonn_hw.train.mnist import IdxFile, IdxSet


def idx(array: NDArray[np.uint8]) -> bytes:
    header = b"\x00\x00\x08" + bytes([array.ndim])
    return header + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


def checksum(content: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(content).hexdigest())


ARRAYS = [
    np.random.default_rng(number).integers(0, 10, shape, dtype=np.uint8)
    for number, shape in enumerate([(5, 28, 28), (5,), (3, 28, 28), (3,)])
]


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with four small idx files, two of them gzipped, declared to be the published ones."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    files = []
    for number, (file, array) in enumerate(zip(mnist.MNIST.files, ARRAYS, strict=True)):
        content = idx(array)
        packed = gzip.compress(content)
        files.append(IdxFile(file.name, checksum(packed), checksum(content)))
        path = folder / (f"{file.name}.gz" if number % 2 else file.name)
        path.write_bytes(packed if number % 2 else content)
    group = IdxSet("MNIST", "http://127.0.0.1:1/", (files[0], files[1], files[2], files[3]))
    monkeypatch.setattr(mnist, "MNIST", group)
    return tmp_path


def test_plain_and_gzipped(small_mnist: Path) -> None:
    dataset = data.load("mnist", small_mnist)
    train, test = in_memory(dataset.train), in_memory(dataset.test)

    np.testing.assert_array_equal(train.frames[:, 0], ARRAYS[0])
    np.testing.assert_array_equal(train.labels, ARRAYS[1])
    np.testing.assert_array_equal(test.frames[:, 0], ARRAYS[2])
    np.testing.assert_array_equal(test.labels, ARRAYS[3])
    assert test.labels.dtype == np.int64
    assert train.frames.flags.writeable  # PyTorch warns of arrays that are not
    assert dataset.provenance == PUBLISHED


def test_data_directory_comes_from_the_environment(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RBONN_DATA", str(small_mnist))

    assert len(data.load("mnist").test) == 3


def test_a_file_gzipped_anew_is_the_same(small_mnist: Path) -> None:
    path = small_mnist / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=1))

    assert data.load("mnist", small_mnist).provenance == PUBLISHED


def test_a_changed_file_is_refused(small_mnist: Path) -> None:
    path = small_mnist / "mnist" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")

    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte is not the published file"):
        data.load("mnist", small_mnist)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"12345678", mtime=0)[:-9], b"\x1f\x8b" + b"\x08" * 30],
    ids=["empty", "text", "cut short", "no deflate"],
)
def test_a_broken_gzip_is_refused(content: bytes, small_mnist: Path) -> None:
    path = small_mnist / "mnist" / "train-labels-idx1-ubyte.gz"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte.gz .*delete it to download it again"):
        data.load("mnist", small_mnist)


def test_offline_says_where_to_put_the_files(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    place = small_mnist / "nowhere"

    with pytest.raises(
        DatasetError,
        match=r"cannot be fetched .*; put the four files of MNIST, .* plain or .* --data-dir or RBONN_DATA",
    ):
        data.load("mnist", place)
    assert not place.exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x09\x01", idx(np.zeros((2, 2), np.uint8))[:-1]])
def test_what_is_no_idx_file_is_refused(content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"some-file.* idx file"):
        mnist.parse_idx(content, Path("some-file"))


def test_the_published_checksums_fit_the_published_files() -> None:
    """Whoever fetches a .gz by its MD5 must also get the content; both are known for MNIST alone."""
    for file in mnist.MNIST.files:
        assert file.packed.algorithm == "md5"
        assert file.content is not None
        assert file.content.algorithm == "sha256"
