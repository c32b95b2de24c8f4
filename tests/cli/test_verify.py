"""rbonn verify: every level agrees, and what was damaged by hand is found where it was damaged.

The first difference is foretold by plain arithmetic on the constants of the network's file.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from rbonn_hw.cli import main
from rbonn_hw.compiler.graph_file import load_graph, save_graph
from tests.cli.pixel_network import compile_pixels
from tests.networks import binary_mlp

pytestmark = pytest.mark.verilator
Array = NDArray[Any]


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_pixels(tmp_path_factory.mktemp("pixels"))


@pytest.fixture(scope="module")
def frames(pixels: Path) -> Array:
    drawn = np.random.default_rng(5).integers(0, 256, (3, 2, 6, 6)).astype(np.uint8)
    np.savez(pixels.parent / "data.npz", frames=drawn)
    return drawn


@pytest.fixture
def damaged(pixels: Path) -> Iterator[Path]:
    """Give the build folder, and put its files back afterwards."""
    before = pixels.parent / "before"
    shutil.copytree(pixels / "rtl", before)
    graph = (pixels / "finn.onnx").read_bytes()
    yield pixels
    shutil.rmtree(pixels / "rtl")
    before.rename(pixels / "rtl")
    (pixels / "finn.onnx").write_bytes(graph)


@contextmanager
def _edited(file: Path, faults: dict[str, str]) -> Iterator[None]:
    """Put faults into a file, each where one text stands once, and take them out again."""
    text = faulty = file.read_text()
    for good, bad in faults.items():
        assert text.count(good) == 1
        faulty = faulty.replace(good, bad)
    file.write_text(faulty)
    try:
        yield
    finally:
        file.write_text(text)


def _verify(build_dir: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["verify", str(build_dir), "--data", str(build_dir.parent / "data.npz"), *words])
    return code, json.loads((build_dir / "verify.json").read_text())


def _signs(
    frame: Array, network: Path, *, negated: int | None = None, biases: list[int] | None = None
) -> Array:
    """Return the first layer's signs as 0/1 ``[rows, columns, channels]``, with a fault put in."""
    known = {t.name: numpy_helper.to_array(t) for t in onnx.load(network).graph.initializer}
    weights, bias = np.where(known["w0"] >= 0, 1, -1), known["bias"].reshape(-1)
    if negated is not None:
        weights[negated] *= -1
    taps = np.lib.stride_tricks.sliding_window_view(frame.astype(np.int64), (3, 3), axis=(1, 2))
    sums = np.einsum("cyxij,fcij->yxf", taps, weights)
    return np.asarray(sums + bias[biases or [0, 1, 2, 3]] >= 0, np.int64)


def _foretold(frames: Array, network: Path, **fault: Any) -> tuple[int, tuple[int, ...], int, int]:
    """Return frame, place, and how many integers of it differ, and the right value."""
    for number, frame in enumerate(frames):
        good, bad = _signs(frame, network), _signs(frame, network, **fault)
        if np.any(good != bad):
            place = tuple(int(axis) for axis in np.argwhere(good != bad)[0])
            return number, place, int(np.sum(good != bad)), int(good[place])
    raise AssertionError("the fault shows in no frame")


def _check_found(
    document: dict[str, Any], pair: str, foretold: tuple[int, tuple[int, ...], int, int]
) -> None:
    found = next(entry for entry in document["differences"] if entry["pair"] == pair)
    frame, place, count, right = foretold
    assert (found["layer"], found["kernel"]) == ("conv0_mvau", "RbonnMVAU")
    assert (found["frame"], *found["position"], found["channel"]) == (frame, *place)
    assert (found["integers"], found["values"][0]) == (count, right)
    assert found["values"][1] == 1 - right


def test_all_agree(pixels: Path, frames: Array, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = _verify(pixels)
    assert code == 0
    assert document["agrees"]
    assert document["levels"] == {"qonnx": 3, "finn": 3, "functional": 3, "rtl": 3}
    assert set(document["pairs"]) == {
        "qonnx-finn",
        "qonnx-functional",
        "qonnx-rtl",
        "finn-functional",
        "finn-rtl",
        "functional-rtl",
    }
    assert {(entry["agree"], entry["compared"]) for entry in document["pairs"].values()} == {(3, 3)}
    assert document["differences"] == []
    assert "all agree" in capsys.readouterr().out


def test_a_damaged_weight_memory(damaged: Path, frames: Array, capsys: pytest.CaptureFixture[str]) -> None:
    file = damaged / "rtl" / "conv0_mvau_weights.mem"
    words = file.read_text().split()
    # PE 2, SIMD 2: filter 2 is lane 0 of the second half of the words.
    half = len(words) // 2
    file.write_text("".join(f"{int(w, 16) ^ (3 if n >= half else 0):x}\n" for n, w in enumerate(words)))
    network = damaged.parent / "pixels.onnx"

    code, document = _verify(damaged)

    assert code == 1
    foretold = _foretold(frames, network, negated=2)
    assert foretold[1][-1] == 2
    for pair in ("qonnx-rtl", "finn-rtl", "functional-rtl"):
        _check_found(document, pair, foretold)
    # The window in front of it is shown by FINN's graph, and not by the file.
    agree = {entry["pair"]: (entry["agree"], entry["unseen"]) for entry in document["differences"]}
    assert agree == {
        "qonnx-rtl": (0, ["conv0_window_swg"]),
        "finn-rtl": (1, []),
        "functional-rtl": (1, []),
    }
    assert document["pairs"]["qonnx-finn"]["agree"] == 3
    assert "differs first behind layer conv0_mvau (RbonnMVAU), channel 2" in capsys.readouterr().out


def test_a_wrong_threshold_in_a_memory(damaged: Path, frames: Array) -> None:
    file = damaged / "rtl" / "conv0_mvau_thresholds.mem"
    first, _ = file.read_text().split()
    file.write_text(f"{first}\n{first}\n")  # filters 2 and 3 with the thresholds of 0 and 1

    code, document = _verify(damaged, "--levels", "finn,rtl")

    assert code == 1
    _check_found(document, "finn-rtl", _foretold(frames, damaged.parent / "pixels.onnx", biases=[0, 1, 0, 1]))


def test_a_wrong_threshold_in_the_graph(damaged: Path, frames: Array) -> None:
    graph = load_graph(damaged / "finn.onnx", "rbonn compile")
    name = next(n for node in graph.graph.node for n in node.input if n.endswith("thresholds"))
    rows = graph.get_initializer(name).copy()
    rows[[2, 3]] = rows[[0, 1]]
    graph.set_initializer(name, rows)
    save_graph(graph, damaged / "finn.onnx")

    code, document = _verify(damaged, "--levels", "qonnx,functional,finn")

    assert code == 1
    foretold = _foretold(frames, damaged.parent / "pixels.onnx", biases=[0, 1, 0, 1])
    for pair in ("qonnx-finn", "qonnx-functional"):  # both read that graph
        _check_found(document, pair, foretold)
    assert document["pairs"]["finn-functional"]["agree"] == 3


def test_no_answer_of_the_rtl_is_the_answer_no(mlp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _edited(mlp / "rtl" / "accelerator.v", {"TVALID(m_axis_0_tvalid)": "TVALID()"}):
        code, document = _verify(mlp)
    assert code == 1
    assert document["pairs"]["qonnx-finn"]["agree"] == 4
    assert document["edited"] == ["rtl/accelerator.v"]
    assert "fc0_mvau -> fc1_mvau" in document["failed"]["rtl"]
    assert "the dataflow model of its layers goes on" in document["failed"]["rtl"]
    assert "rtl gives no answer" in capsys.readouterr().out
    assert main(["verify", str(mlp), "--levels", "qonnx,finn"]) == 0
    (mlp / "rtl" / "fc1_mvau_weights.mem").rename(mlp / "kept.mem")
    assert main(["verify", str(mlp)]) == 2
    assert "fc1_mvau_weights.mem is gone" in capsys.readouterr().err
    (mlp / "kept.mem").rename(mlp / "rtl" / "fc1_mvau_weights.mem")


@pytest.fixture(scope="module")
def mlp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mlp")
    network = binary_mlp(out / "mlp.onnx", inputs=12, hidden=16)
    assert main(["compile", str(network), "--out", str(out / "build"), "--target-cycles", "60"]) == 0
    np.savez(out / "data.npz", frames=np.random.default_rng(1).normal(size=(4, 12)))
    return out / "build"


def test_a_mutated_kernel(mlp: Path, tmp_path: Path) -> None:
    """Matches are taken for mismatches, so sums are negated; first seen where that turns a sign."""
    known = {t.name: numpy_helper.to_array(t) for t in onnx.load(mlp.parent / "mlp.onnx").graph.initializer}
    with np.load(mlp.parent / "data.npz") as data:
        signs = np.where(data["frames"] >= 0, 1, -1)
    sums = signs @ np.where(known["w0"] >= 0, 1, -1)
    right, wrong = (known["gamma"] * s + known["beta"] >= 0 for s in (sums, -sums))
    frame, channel = (int(axis) for axis in np.argwhere(right != wrong)[0])
    with _edited(mlp / "rtl" / "rbonn_match_count.sv", {"= ~(w_i ^ x_i)": "= w_i ^ x_i"}):
        code, document = _verify(mlp, "--levels", "qonnx,rtl")

    assert code == 1
    (found,) = document["differences"]
    assert (found["layer"], found["frame"], found["channel"]) == ("fc0_mvau", frame, channel)


def test_a_fault_that_needs_the_frames_before(mlp: Path) -> None:
    """The accelerator's answers are inverted from the third frame on: no frame alone shows it."""
    file = mlp / "rtl" / "accelerator.v"
    width = file.read_text().partition(":0] m_axis_0_tdata")[0].rpartition("[")[2]
    beats = json.loads((mlp / "compile.json").read_text())["output"]["beats"]
    counter = (
        f"  wire [{width}:0] right; reg [7:0] sent = 0;\n"
        f"  assign m_axis_0_tdata = sent >= {2 * beats} ? right ^ 8'h1 : right;\n"
        "  always @(posedge ap_clk) if (m_axis_0_tvalid && m_axis_0_tready) sent <= sent + 1;\n"
    )
    faults = {".out0_V_TDATA(m_axis_0_tdata)": ".out0_V_TDATA(right)", "endmodule": counter + "endmodule"}
    with _edited(file, faults):
        code, document = _verify(mlp, "--levels", "qonnx,rtl")

    assert code == 1
    (found,) = document["differences"]
    assert (found["layer"], found["frame"], found["after"], found["channel"]) == ("fc1_mvau", 2, 2, 0)
    assert found["agree"] == 1


def test_what_pytorch_answered_otherwise(mlp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(mlp.parent / "data.npz") as data:
        frames = data["frames"]
    wrong = mlp.parent / "wrong.npz"
    np.savez(wrong, frames=frames, outputs=np.full((4, 3), 99.0), labels=np.zeros(4, np.int64))
    words = ["verify", str(mlp), "--data", str(wrong), "--levels", "pytorch,qonnx", "--json"]
    assert main(words) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["pairs"]["pytorch-qonnx"]["frames"] == 4
    (found,) = document["differences"]
    assert (found["layer"], found["values"][0]) == ("", 99.0)
    assert set(document["accuracy"]) == {"pytorch", "qonnx"}


def test_a_network_is_compiled_first(tmp_path: Path) -> None:
    network = binary_mlp(tmp_path / "mlp.onnx")
    words = ["verify", str(network), "--out", str(tmp_path / "out"), "--levels", "qonnx,finn"]
    assert main(words) == 0
    assert json.loads((tmp_path / "out" / "verify.json").read_text())["frames"] == 4
    assert main(words) == 0  # nothing to compile any more
    assert main(["verify", str(tmp_path / "out"), "--out", str(tmp_path / "other")]) == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--levels", "qonnx,verilog"), "'verilog' is not one of"),
        (("--levels", "qonnx"), "two at least"),
        (("--levels", "pytorch,qonnx"), "for pytorch a trained network"),
        (("--random", "0"), "at least 1"),
        (("--stall", "1"), "0 .. 0.99"),
        (("--finn-frames", "-1"), "at least 1"),
        (("--pytorch", "nothing"), "nothing"),
    ],
)
def test_bad_options(
    options: tuple[str, ...], expected: str, mlp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(mlp), *options]) == 2
    assert expected in capsys.readouterr().err


def test_neither_build_nor_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert "no trained network" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "absent.onnx"), "--out", str(tmp_path / "out")]) == 2
    assert "absent.onnx" in capsys.readouterr().err
