"""rbonn simulate: what it refuses, and in which words."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.cli import main
from tests.cli.mlp_build import compile_mlp

pytestmark = pytest.mark.verilator


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_mlp(tmp_path_factory.mktemp("mlp"))


def _bad_files(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    """Write data files that are none, with what the message says of each."""
    frames = np.zeros((4, 12), np.float32)
    arrays: dict[str, tuple[dict[str, Any], str]] = {
        "scalar": ({"frames": np.float32(1)}, r"frames are float32 \[\]"),
        "vector": ({"frames": np.zeros(4)}, r"frames are float64 \[4\]"),
        "text": ({"frames": np.array([["a"]])}, "frames are <U1"),
        "nan": ({"frames": np.where(np.arange(4)[:, None] == 2, np.nan, frames)}, "frame 2 holds NaN"),
        "of nothing": ({"frames": np.zeros((0, 12))}, r"frames are \[0, 12\], which is nothing"),
        "of no pixel": ({"frames": np.zeros((4, 0))}, r"frames are \[4, 0\], which is nothing"),
        "no frames": ({"images": frames}, "it must hold `frames`"),
        "empty outputs": ({"frames": frames, "outputs": np.zeros((0, 3))}, r"outputs are \[0, 3\]"),
        "one-hot": ({"frames": frames, "labels": np.eye(4)}, "one integer for each of the 4 frames.*one-hot"),
        "short labels": (
            {"frames": frames, "labels": np.zeros(1, np.int64)},
            "one integer for each of the 4",
        ),
        "text labels": ({"frames": frames, "labels": np.array(list("0120"))}, "labels are <U1"),
        "float labels": ({"frames": frames, "labels": np.full(4, 0.5)}, "labels are float64"),
    }
    cases: dict[str, tuple[Path, str]] = {}
    for name, (content, message) in arrays.items():
        cases[name] = (tmp_path / f"{name}.npz", message)
        np.savez(cases[name][0], allow_pickle=False, **content)
    np.savez_compressed(tmp_path / "good.npz", frames=np.random.default_rng(0).normal(size=(40, 12)))
    good = (tmp_path / "good.npz").read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 3] ^= 255
    np.save(tmp_path / "array.npy", frames)
    single = (tmp_path / "array.npy").read_bytes()
    damaged = {
        "empty": b"",
        "half": good[: len(good) // 2],
        "flipped": bytes(flipped),
        "array": single,
        "words": b"no",
    }
    for name, data in damaged.items():
        cases[name] = (tmp_path / f"{name}.npz", "expected a .npz as `rbonn export`")
        cases[name][0].write_bytes(data)
    return cases


def test_data_files_that_are_none(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (path, message) in _bad_files(tmp_path).items():
        assert main(["simulate", str(build_dir), "--data", str(path), "--frames", "3"]) == 2, name
        text = " ".join(capsys.readouterr().err.split())
        assert path.name in text, name
        assert re.search(message, text), (name, text)


def test_a_fault_of_our_own_is_not_the_answer_no(
    build_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rbonn_hw import api

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(api, "simulate", fault)
    assert main(["simulate", str(build_dir)]) == 3
    assert "ZeroDivisionError: by hand" in capsys.readouterr().err


def test_data_of_another_shape_names_both(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "d.npz", frames=np.zeros((2, 1, 28, 28)))
    assert main(["simulate", str(build_dir), "--data", str(tmp_path / "d.npz")]) == 2
    message = capsys.readouterr().err
    assert "[2, 1, 28, 28]" in message
    assert "[n, 12]" in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--data", "absent.npz"), "absent.npz"),
        (("--stall", "1.5"), "0 .. 0.99"),
        (("--random", "0"), "at least 1"),
        (("--instances", "0"), "at least 1"),
        (("--window", "1", "2"), "of a waveform"),
        (("--window", "5", "2", "--waveform", "w.fst"), "FIRST <= LAST"),
    ],
)
def test_bad_options(
    options: tuple[str, ...], expected: str, build_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(build_dir), *options]) == 2
    assert expected in capsys.readouterr().err


def test_folder_that_was_not_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(tmp_path)]) == 2
    assert "run `rbonn compile" in capsys.readouterr().err


def test_missing_compiler(
    build_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("XDG_CACHE_HOME", str(build_dir / "empty-cache"))
    (build_dir / "sim").rename(build_dir / "sim-before") if (build_dir / "sim").exists() else None
    assert main(["simulate", str(build_dir), "--random", "1"]) == 2
    message = capsys.readouterr().err
    assert "no-such-compiler" in message
    assert "install g++" in message
