"""rbonn_hw.arrays: .npz files in any state."""

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError

FRAMES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def write(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_arrays_of_every_kind_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    arrays: dict[str, Any] = {
        "frames": FRAMES,
        "fortran": np.asfortranarray(FRAMES),
        "big": FRAMES.astype(">f4"),
        "text": np.array(["ab", "c"]),
        "flags": FRAMES > 3,
        "scalar": np.float64(2.5),
        "none": np.zeros((0, 5), np.int8),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        found = read_arrays(path)
        assert list(found) == list(arrays)
        for name, array in arrays.items():
            assert np.array_equal(found[name], array)
            assert found[name].dtype == np.asarray(array).dtype


GOOD = npy(FRAMES)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", GOOD[:9], GOOD[:-1], GOOD + b"x",
        GOOD.replace(b"(2, 3, 4)", b"(2, 3, 5)"),
        GOOD.replace(b"(2, 3, 4)", b"(2, 3,-4)"),
        GOOD.replace(b"(2, 3, 4)", b"(2, 3, [)"),
        GOOD.replace(b"'<f4'", b"'|O '"),
        GOOD.replace(b"{'desc", b"{{{{{{"),
        GOOD.replace(b"shape", b"shapf"),
        GOOD.replace(b"\x93NUMPY\x01", b"\x93NUMPY\x07"),
        npy(np.array([{}], object)),
    ],
)  # fmt: skip
def test_damaged_arrays_are_refused(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "a.npz", frames=content)
    with pytest.raises(DatasetError, match=r"a\.npz: cannot be read .* expected a \.npz"):
        read_arrays(path)


def test_a_size_that_is_not_there_is_not_allocated(tmp_path: Path) -> None:
    huge = GOOD.replace(b"(2, 3, 4), }  ", b"(2, 3, 9999999), }")
    assert huge != GOOD
    path = write(tmp_path / "a.npz", frames=huge)
    tracemalloc.start()
    with pytest.raises(DatasetError, match="cannot be read"):
        read_arrays(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_two_arrays_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("frames.npy", GOOD)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("frames.npy", npy(FRAMES + 1))
    with pytest.raises(DatasetError, match="two arrays of one name"):
        read_arrays(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"", "not a zip"), (b"PK\x03\x04", "not a zip"), (GOOD, "is a single array")],
)
def test_files_that_are_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        read_arrays(path)
