"""CIFAR-10 from made files: layout, archive, and what of it is the published set."""

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw import toolchain
from rbonn_hw.errors import DatasetError
from rbonn_hw.train import cifar10, data
from rbonn_hw.train.data import in_memory
from rbonn_hw.train.download import PUBLISHED, Checksum

RECORDS = 20
NAMES = (*cifar10.TRAIN_SHA256, *cifar10.TEST_SHA256)


def content(number: int) -> tuple[bytes, NDArray[np.uint8], list[int]]:
    """Return a file, its frames and its labels; written byte by byte, as the format is described."""
    generator = np.random.default_rng(number)
    frames = generator.integers(0, 256, (RECORDS, 3, 32, 32), dtype=np.uint8)
    labels = generator.integers(0, 10, RECORDS).tolist()
    written = b""
    for frame, label in zip(frames, labels, strict=True):
        written += bytes([label])
        for plane in frame:
            for row in plane:
                written += row.tobytes()
    return written, frames, labels


FILES = {name: content(number) for number, name in enumerate(NAMES)}


def pack(names: tuple[str, ...] = NAMES) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"{cifar10.FOLDER}/{name}")
            member.size = len(FILES[name][0])
            tar.addfile(member, io.BytesIO(FILES[name][0]))
    return packed.getvalue()


ARCHIVE = pack()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the made files to be the published ones; nothing leaves this machine."""
    digests = {name: hashlib.sha256(written).hexdigest() for name, (written, _, _) in FILES.items()}
    monkeypatch.setattr(cifar10, "FILE_RECORDS", RECORDS)
    monkeypatch.setattr(cifar10, "TRAIN_SHA256", {name: digests[name] for name in cifar10.TRAIN_SHA256})
    monkeypatch.setattr(cifar10, "TEST_SHA256", {name: digests[name] for name in cifar10.TEST_SHA256})
    monkeypatch.setattr(cifar10, "ARCHIVE_CHECKSUM", Checksum("md5", hashlib.md5(ARCHIVE).hexdigest()))
    monkeypatch.setattr(cifar10, "URL", "http://127.0.0.1:1/cifar-10-binary.tar.gz")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with the six files."""
    folder = tmp_path / cifar10.FOLDER
    folder.mkdir()
    for name, (written, _, _) in FILES.items():
        (folder / name).write_bytes(written)
    return tmp_path


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data directory, and a server with the archive."""
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / cifar10.ARCHIVE).write_bytes(ARCHIVE)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = partial(Quiet, directory=str(tmp_path / "server"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(cifar10, "URL", f"http://127.0.0.1:{httpd.server_port}/{cifar10.ARCHIVE}")
        yield tmp_path / "data"
        httpd.shutdown()
        thread.join()


def check(dataset: data.Dataset) -> None:
    made = [FILES[name] for name in NAMES[:5]]
    train, test = in_memory(dataset.train), in_memory(dataset.test)
    np.testing.assert_array_equal(train.frames, np.concatenate([frames for _, frames, _ in made]))
    assert train.labels.tolist() == [label for _, _, labels in made for label in labels]
    np.testing.assert_array_equal(test.frames, FILES["test_batch.bin"][1])
    assert test.labels.tolist() == FILES["test_batch.bin"][2]
    assert train.labels.dtype == np.int64


def test_files_are_read_plane_by_plane(directory: Path) -> None:
    dataset = data.load("cifar10", directory)

    check(dataset)
    assert dataset.provenance == PUBLISHED
    assert dataset.train.frame == (3, 32, 32)
    assert dataset.train.classes == 10


def test_training_files_that_differ_are_used_and_named(directory: Path) -> None:
    path = directory / cifar10.FOLDER / "data_batch_3.bin"
    changed = bytearray(path.read_bytes())
    changed[7] ^= 1
    path.write_bytes(changed)

    dataset = data.load("cifar10", directory)

    assert "not those of the published archive (data_batch_3.bin differ)" in dataset.provenance
    assert in_memory(dataset.train).frames[2 * RECORDS, 0, 0, 6] == changed[7]


def test_a_test_file_that_differs_is_refused(directory: Path) -> None:
    path = directory / cifar10.FOLDER / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    with pytest.raises(DatasetError, match=r"test_batch.bin is not the published file .* delete it"):
        data.load("cifar10", directory)


def test_a_truncated_file_is_refused(directory: Path) -> None:
    path = directory / cifar10.FOLDER / "data_batch_5.bin"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(DatasetError, match=r"data_batch_5.bin has 61459 bytes, a CIFAR-10 file 61460"):
        data.load("cifar10", directory)


def test_a_label_out_of_range_is_refused(directory: Path) -> None:
    path = directory / cifar10.FOLDER / "data_batch_1.bin"
    changed = bytearray(path.read_bytes())
    changed[4 * 3073] = 10
    path.write_bytes(changed)

    with pytest.raises(DatasetError, match=r"data_batch_1.bin, record 4: label 10, CIFAR-10 has 0 .. 9"):
        data.load("cifar10", directory)


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / cifar10.ARCHIVE).write_bytes(ARCHIVE)

    check(data.load("cifar10", tmp_path))
    assert sorted(path.name for path in (tmp_path / cifar10.FOLDER).iterdir()) == sorted(NAMES)


def test_what_is_absent_is_fetched_and_unpacked(served: Path) -> None:
    told: list[tuple[str, int, int]] = []

    dataset = data.load("cifar10", served, on_bytes=lambda *values: told.append(values))

    check(dataset)
    assert dataset.provenance == PUBLISHED
    assert told[-1] == (cifar10.ARCHIVE, len(ARCHIVE), len(ARCHIVE))


def test_only_what_is_absent_is_unpacked(directory: Path) -> None:
    (directory / cifar10.ARCHIVE).write_bytes(ARCHIVE)
    (directory / cifar10.FOLDER / "test_batch.bin").unlink()
    kept = directory / cifar10.FOLDER / "data_batch_2.bin"
    before = kept.stat().st_mtime_ns, kept.stat().st_ino

    check(data.load("cifar10", directory))
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == before


def test_another_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / cifar10.ARCHIVE).write_bytes(ARCHIVE[:-1])

    with pytest.raises(DatasetError, match=r"binary.tar.gz is not the published file .* delete it"):
        data.load("cifar10", tmp_path)
    assert not (tmp_path / cifar10.FOLDER).exists()


@pytest.mark.parametrize("archive", [ARCHIVE[: len(ARCHIVE) // 2], b"no archive", pack(NAMES[:5])])
def test_an_archive_that_cannot_be_unpacked(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar10, "ARCHIVE_CHECKSUM", Checksum("md5", hashlib.md5(archive).hexdigest()))
    (tmp_path / cifar10.ARCHIVE).write_bytes(archive)

    with pytest.raises(DatasetError, match=r"binary.tar.gz cannot be unpacked into .*; delete it"):
        data.load("cifar10", tmp_path)


def test_offline_says_where_to_put_what(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        data.load("cifar10", tmp_path / "nowhere")

    message = str(caught.value)
    assert str(tmp_path / "nowhere" / cifar10.FOLDER) in message
    assert "--data-dir or RBONN_DATA" in message
    assert not (tmp_path / "nowhere").exists()


def test_the_published_test_file_where_it_is_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    place = toolchain.environment_path(toolchain.DATA_VARIABLE)
    if place is None or not (place / cifar10.FOLDER / "test_batch.bin").exists():
        pytest.skip("RBONN_DATA names no folder with CIFAR-10")

    dataset = data.load("cifar10", place)

    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10
    assert len(dataset.train) == 50_000
