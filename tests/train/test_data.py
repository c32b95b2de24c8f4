"""Data sets: digits are complete and stratified; MNIST is checked, and its absence explained."""

import gzip
import hashlib
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import data, mnist
from rbonn_hw.train.download import Checksum


def idx(array: NDArray[np.uint8]) -> bytes:
    header = b"\x00\x00\x08" + bytes([array.ndim])
    return header + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


def checksum(content: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(content).hexdigest())


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four small idx files, two of them gzipped, declared to be the published ones."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "mnist"
    folder.mkdir()
    files = []
    for number, file in enumerate(mnist.MNIST.files):
        count = 5 if "train" in file.name else 3
        shape = (count, 28, 28) if "images" in file.name else (count,)
        content = idx(generator.integers(0, 10, shape, dtype=np.uint8))
        packed = gzip.compress(content)
        files.append(mnist.IdxFile(file.name, checksum(packed), checksum(content)))
        if number % 2:
            (folder / f"{file.name}.gz").write_bytes(packed)
        else:
            (folder / file.name).write_bytes(content)
    monkeypatch.setattr(mnist, "MNIST", mnist.IdxSet("MNIST", "http://localhost/", tuple(files)))  # type: ignore[arg-type]
    return tmp_path


def test_digits_are_split_by_class_and_keep_their_order() -> None:
    dataset = data.load("digits")
    again = data.load("digits")

    assert len(dataset.train) + len(dataset.test) == 1797
    assert 0.2 < len(dataset.test) / 1797 < 0.3
    assert dataset.train.frames.shape[1:] == (1, 8, 8)
    assert dataset.train.frames.dtype == np.uint8
    assert dataset.train.frames.max() == 240
    for split in (dataset.train, dataset.test):
        counts = np.bincount(split.labels)
        assert counts.min() / counts.max() > 0.9
    np.testing.assert_array_equal(dataset.test.frames, again.test.frames)


def test_splits_share_no_frame() -> None:
    dataset = data.load("digits")
    train, test = ({frame.tobytes() for frame in split.frames} for split in (dataset.train, dataset.test))

    assert not train & test


def test_mnist_is_read_plain_and_gzipped(small_mnist: Path) -> None:
    dataset = data.load("mnist", small_mnist)

    assert dataset.train.frames.shape == (5, 1, 28, 28)
    assert dataset.test.labels.dtype == np.int64
    assert dataset.train.frames.flags.writeable  # PyTorch warns of arrays that are not


def test_data_directory_comes_from_the_environment(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RBONN_DATA", str(small_mnist))

    assert len(data.load("mnist").test) == 3


def test_changed_file_is_refused(small_mnist: Path) -> None:
    path = small_mnist / "mnist" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")

    with pytest.raises(DatasetError, match="is not the published file"):
        data.load("mnist", small_mnist)


def test_truncated_gzip_is_refused(small_mnist: Path) -> None:
    path = small_mnist / "mnist" / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(DatasetError, match="delete it to download it again"):
        data.load("mnist", small_mnist)


def test_offline_says_where_to_put_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", offline)

    with pytest.raises(
        DatasetError,
        match=r"cannot be fetched .*; put the four files of MNIST, .* plain or .* --data-dir or RBONN_DATA",
    ):
        data.load("mnist", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x09\x01", idx(np.zeros((2, 2), np.uint8))[:-1]])
def test_what_is_no_idx_file_is_refused(content: bytes) -> None:
    with pytest.raises(DatasetError, match="idx file"):
        mnist.parse_idx(content, Path("some-file"))


def test_unknown_data_set_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"'cifar' is not one of .*; did you mean 'cifar10'\?"):
        data.load("cifar")


def test_frames_without_labels_are_refused() -> None:
    with pytest.raises(DatasetError, match="do not match 2 labels"):
        data.Split(np.zeros((3, 1, 8, 8), np.uint8), np.zeros(2, np.int64))
