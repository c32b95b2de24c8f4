"""Fashion-MNIST is MNIST's format in its own folder, and is checked by its packed files."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import data, fashion
from rbonn_hw.train.data import in_memory
from rbonn_hw.train.download import PUBLISHED, Checksum
from rbonn_hw.train.mnist import IdxFile, IdxSet

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype=np.uint8)
LABELS = np.array([9, 0, 3, 3], dtype=np.uint8)
IMAGE_FILE = b"\x00\x00\x08\x03" + bytes([0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28]) + FRAMES.tobytes()
LABEL_FILE = b"\x00\x00\x08\x01" + bytes([0, 0, 0, 4]) + LABELS.tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    files = []
    for file in fashion.FASHION.files:
        packed = gzip.compress(IMAGE_FILE if "images" in file.name else LABEL_FILE)
        (folder / f"{file.name}.gz").write_bytes(packed)
        files.append(IdxFile(file.name, Checksum("md5", hashlib.md5(packed).hexdigest())))
    group = IdxSet("Fashion-MNIST", "http://127.0.0.1:1/", (files[0], files[1], files[2], files[3]))
    monkeypatch.setattr(fashion, "FASHION", group)
    monkeypatch.setenv("no_proxy", "*")
    return folder


def test_frames_and_labels(folder: Path) -> None:
    dataset = data.load("fashion-mnist", folder.parent)

    np.testing.assert_array_equal(in_memory(dataset.train).frames[:, 0], FRAMES)
    np.testing.assert_array_equal(dataset.test.labels, LABELS)
    assert dataset.provenance == PUBLISHED


def test_another_packed_file_is_refused(folder: Path) -> None:
    changed = LABEL_FILE[:-1] + b"\x04"
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(changed))

    with pytest.raises(DatasetError, match=r"t10k-labels-idx1-ubyte.gz is not the published file"):
        data.load("fashion-mnist", folder.parent)


def test_a_plain_file_has_no_published_checksum_and_is_not_used(folder: Path) -> None:
    packed = folder / "t10k-labels-idx1-ubyte.gz"
    (folder / "t10k-labels-idx1-ubyte").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()

    with pytest.raises(DatasetError, match=r"put the four files of Fashion-MNIST, .*, as .gz, or name"):
        data.load("fashion-mnist", folder.parent)
