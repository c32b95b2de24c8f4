"""rbonn simulate --level functional: test sets without cycles, and how it refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from rbonn_hw.cli import main
from rbonn_hw.compiler import golden
from rbonn_hw.results import write_bytes
from rbonn_hw.sealed_graph import read_sealed, sealed
from rbonn_hw.sim.functional import engine
from tests.networks import binary_mlp

FRAMES = 40


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mlp")
    network = binary_mlp(out / "mlp.onnx", inputs=70, hidden=40)
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "100"]) == 0
    return out


def data_of(build_dir: Path, file: Path, *, wrong: int = 0) -> Path:
    """Save frames, QONNX's answers to them as PyTorch's, and labels that are right in every second frame."""
    frames = np.random.default_rng(1).normal(size=(FRAMES, 70)).astype(np.float32)
    outputs = golden.reference_scores(build_dir, frames)
    labels = outputs.argmax(axis=1)
    labels[::2] = (labels[::2] + 1) % 3
    outputs[:wrong, 0] += 2.0
    np.savez(file, frames=frames, outputs=outputs, labels=labels)
    return file


def test_every_integer_of_a_test_set_and_its_top_1(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = data_of(build_dir, tmp_path / "data.npz")

    assert main(["simulate", str(build_dir), "--data", str(data), "--level", "functional"]) == 0

    said = capsys.readouterr().out
    assert f"pytorch-functional: 0 of {FRAMES} frames differ" in said
    assert f"top-1, functional: 50.00% of {FRAMES} (executed)" in said
    result = json.loads((build_dir / "functional.json").read_text())
    assert result["verdicts"]["qonnx-functional"]["compared"] == 20
    assert result["accuracy"] == {"functional": 0.5, "pytorch": 0.5}
    assert result["origin"]["frames_per_second"] == "measured"
    with np.load(build_dir / "functional.npz") as answers, np.load(data) as given:
        np.testing.assert_array_equal(answers["scores"], given["outputs"])


def test_one_integer_that_differs_is_exit_code_1(build_dir: Path, tmp_path: Path) -> None:
    data = data_of(build_dir, tmp_path / "data.npz", wrong=3)
    words = ["simulate", str(build_dir), "--data", str(data), "--level", "functional", "--qonnx-frames", "0"]

    assert main(words) == 1

    result = json.loads((build_dir / "functional.json").read_text())
    assert result["pairs"] == {"pytorch-functional": 3}
    assert result["verdicts"]["pytorch-functional"]["integers"] == 3


def test_an_option_of_another_level_is_refused(build_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(build_dir), "--random", "3"]
    for level, option, right in (
        ("functional", ("--stall", "0.5"), "rtl or dataflow"),
        ("functional", ("--window", "1", "2"), "rtl or dataflow"),
        ("dataflow", ("--instances", "2"), "rtl"),
        ("dataflow", ("--finn-frames", "2"), "rtl"),
        ("rtl", ("--threads", "2"), "functional"),
        ("rtl", ("--qonnx-frames", "0"), "functional"),
    ):
        assert main([*words, "--level", level, *option]) == 2
        assert f"{option[0]} is for --level {right};" in capsys.readouterr().err
    assert main([*words, "--level", "functional", "--threads", "0"]) == 2


def test_frames_of_another_network_are_refused(build_dir: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", frames=np.zeros((2, 69), np.float32))
    words = ["simulate", str(build_dir), "--data", str(tmp_path / "data.npz"), "--level", "functional"]
    assert main(words) == 2


def test_a_build_of_another_version_is_refused(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(build_dir, tmp_path / "other")
    for change, message in ((_another_kernel, "Sorter is no kernel"), (_no_width, "has no Kept")):
        model = read_sealed(build_dir / "finn.onnx", "rbonn compile")
        change(model.graph.node[0])
        write_bytes(other / "finn.onnx", sealed(model.SerializeToString()))

        assert main(["simulate", str(other), "--level", "functional"]) == 2

        assert message in capsys.readouterr().err
    (other / "finn.onnx").write_bytes(b"no graph")
    assert main(["simulate", str(other), "--level", "functional"]) == 2


def _another_kernel(node: onnx.NodeProto) -> None:
    node.op_type = "RbonnSorter_rtl"


def _no_width(node: onnx.NodeProto) -> None:
    node.op_type = "RbonnSelect_rtl"
    del node.attribute[:]


def test_a_missing_compiler_is_said(
    build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine.library.cache_clear()
    assert main(["simulate", str(build_dir), "--level", "functional"]) == 2
    assert "C++ compiler 'no-such-compiler' not found" in capsys.readouterr().err
