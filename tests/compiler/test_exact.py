"""The reference with exact sums: equal to the integer graph in every integer, where float32 is not."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.exact import run_exactly
from rbonn_hw.compiler.frontend import Lowered, evaluate, execute, lower
from tests.compiler.frontend.sketch import Sketch
from tests.compiler.frontend.strangers import STRANGERS
from tests.networks import QONNX, save_network

S = 0.0371
CONSTANTS = {
    "zero": 0.0, "four": 4.0, "eight": 8.0, "one": 1.0, "s": S, "s2": 2 * S, "u": 0.0137, "v": 0.0173,
}  # fmt: skip


def _quant(x: str, scale: str, bits: str, y: str, *, signed: int = 1) -> Any:
    return helper.make_node(
        "Quant", [x, scale, "zero", bits], [y], f"{y}_quant", domain=QONNX,
        signed=signed, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip


def _conv(x: str, w: str, y: str, pad: int = 1) -> Any:
    size = 2 * pad + 1
    return helper.make_node("Conv", [x, w], [y], f"{y}_conv", kernel_shape=[size, size], pads=[pad] * 4)


def _residual(path: Path) -> Path:
    """Save a shortcut whose halved sum lies on a step for every second integer; an average, a classifier."""
    rng = np.random.default_rng(0)
    nodes = [
        _quant("x", "u", "eight", "a"), _quant("w0", "v", "four", "q0"), _conv("a", "q0", "b"),
        _quant("b", "s", "four", "c"), _quant("w1", "v", "four", "q1"), _conv("c", "q1", "d"),
        _quant("d", "s", "four", "e"), helper.make_node("Add", ["c", "e"], ["f"], "join"),
        _quant("f", "s2", "four", "g"),
        helper.make_node("AveragePool", ["g"], ["h"], "average", kernel_shape=[2, 2], strides=[2, 2]),
        _quant("h", "s", "four", "i"), helper.make_node("Flatten", ["i"], ["j"], "flat"),
        _quant("w2", "v", "four", "q2"), helper.make_node("MatMul", ["j", "q2"], ["y"], "classify"),
    ]  # fmt: skip
    weights = {"w0": (4, 2, 3, 3), "w1": (4, 4, 3, 3), "w2": (16, 3)}
    drawn = {name: rng.normal(0, 0.1, shape) for name, shape in weights.items()}
    constants = {name: value for name, value in CONSTANTS.items() if name != "one"}
    return save_network(path, nodes, {**constants, **drawn}, (1, 2, 4, 4), (1, 3))


def _wide(path: Path) -> Path:
    """Save a product whose sums pass 2^24, with odd integers."""
    nodes = [
        _quant("x", "one", "eight", "a", signed=0),
        _quant("w0", "one", "eight", "q0"),
        helper.make_node("MatMul", ["a", "q0"], ["y"], "wide"),
    ]
    weights = np.random.default_rng(0).integers(100, 128, (1400, 3))
    constants = {name: CONSTANTS[name] for name in ("zero", "one", "eight")}
    return save_network(path, nodes, {**constants, "w0": weights}, (1, 1400), (1, 3))


def _lowered_integers(lowered: Lowered, scale: AnswerScale, frames: NDArray[np.float32]) -> NDArray[np.int64]:
    stored = execute(lowered.lowered, execute(lowered.head, frames))
    return scale.integers(np.rint(stored).astype(np.int64))


def test_integers_are_those_of_the_integer_graph_where_float32_rounds_across_a_step(tmp_path: Path) -> None:
    lowered = lower(_residual(tmp_path / "net.onnx"))
    scale = AnswerScale.of(lowered)
    frames = np.random.default_rng(1).uniform(-2, 2, (60, 2, 4, 4)).astype(np.float32)
    expected = _lowered_integers(lowered, scale, frames)

    run = run_exactly(lowered.reference, scale.lattices, frames, [scale.tensor], scale.tensor)

    assert np.array_equal(run.integers, expected)
    plain = evaluate(lowered.reference, frames, [scale.tensor])[scale.tensor]
    astray = np.any(np.rint(plain / scale.unit()) != expected, axis=1)
    assert astray.any(), "the network shows nothing: float32 never chose another step"
    assert np.all(run.ambiguous[astray])


def test_a_network_without_ties_has_few_ambiguous_frames(tmp_path: Path) -> None:
    """Scales that divide nothing: a sum hardly ever lies on a step."""
    rng = np.random.default_rng(0)
    nodes = [
        _quant("x", "u", "eight", "a"), _quant("w0", "v", "four", "q0"),
        helper.make_node("MatMul", ["a", "q0"], ["b"], "first"), _quant("b", "s", "four", "c"),
        _quant("w1", "v", "four", "q1"), helper.make_node("MatMul", ["c", "q1"], ["y"], "second"),
    ]  # fmt: skip
    constants = {name: CONSTANTS[name] for name in ("zero", "eight", "four", "s", "u", "v")}
    weights = {"w0": rng.normal(0, 0.1, (64, 32)), "w1": rng.normal(0, 0.1, (32, 4))}
    lowered = lower(save_network(tmp_path / "net.onnx", nodes, {**constants, **weights}, (1, 64), (1, 4)))
    scale = AnswerScale.of(lowered)
    frames = rng.uniform(-2, 2, (200, 64)).astype(np.float32)

    run = run_exactly(lowered.reference, scale.lattices, frames, [scale.tensor], scale.tensor)

    assert np.array_equal(run.integers, _lowered_integers(lowered, scale, frames))
    assert run.ambiguous.sum() <= 10


def test_sums_beyond_24_bits_keep_every_bit(tmp_path: Path) -> None:
    lowered = lower(_wide(tmp_path / "net.onnx"))
    scale = AnswerScale.of(lowered)
    frames = np.random.default_rng(1).integers(150, 256, (4, 1400))
    weights = np.random.default_rng(0).integers(100, 128, (1400, 3))
    expected = frames @ weights
    assert expected.min() > 2**24
    assert np.any(expected.astype(np.float32) != expected), "float32 holds all of them: nothing is shown"

    run = run_exactly(
        lowered.reference, scale.lattices, frames.astype(np.float32), [scale.tensor], scale.tensor
    )

    assert np.array_equal(run.integers, expected)
    error = np.abs(
        evaluate(lowered.reference, frames.astype(np.float32), [scale.tensor])[scale.tensor] - expected
    )
    assert error.max() >= 1
    assert np.all(error <= run.lost)


@pytest.mark.verilator
def test_simulate_finds_no_difference_in_either(tmp_path: Path) -> None:
    from rbonn_hw.cli import main

    for make, target in ((_residual, "600"), (_wide, "2000")):
        out = tmp_path / make.__name__
        assert (
            main(["compile", str(make(tmp_path / "n.onnx")), "--out", str(out), "--target-cycles", target])
            == 0
        )
        lowered = lower(tmp_path / "n.onnx")
        shape = lowered.reference.get_tensor_shape("global_in")[1:]
        rng = np.random.default_rng(1)
        frames = rng.uniform(150, 255, (8, *shape)) if make is _wide else rng.uniform(-2, 2, (8, *shape))
        outputs = execute(lowered.reference, frames.astype(np.float32))
        np.savez(tmp_path / "data.npz", frames=frames.astype(np.float32), outputs=outputs)
        assert main(["simulate", str(out), "--data", str(tmp_path / "data.npz")]) == 0


@pytest.mark.parametrize(
    "name",
    ["operands left out", "smaller divisors at the border", "parts whose scales weights cannot take"],
)
def test_networks_of_other_tools(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sketch, "unit", 0.0873)
    onnx.save(STRANGERS[name](), tmp_path / "net.onnx")
    lowered = lower(tmp_path / "net.onnx")
    scale = AnswerScale.of(lowered)
    assert scale.lattices
    frames = np.random.default_rng(1).uniform(-2, 2, (6, 3, 8, 8)).astype(np.float32)
    run = run_exactly(lowered.reference, scale.lattices, frames, [scale.tensor], scale.tensor)
    expected = np.concatenate([_lowered_integers(lowered, scale, frame[None]) for frame in frames])
    assert np.array_equal(run.integers.reshape(expected.shape), expected)
