"""Quantizers of one bit with a zero point: two values that need not be opposite."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.compiler.frontend import compose, lower
from tests.compiler.frontend.files import FEATURES, GENERAL, HIDDEN, Floats, Style, node


@pytest.mark.parametrize("scale", [0.5, 1e6])
@pytest.mark.parametrize("zero_point", [0, 1, -2, 5])
@pytest.mark.parametrize("narrow", [0, 1])
@pytest.mark.parametrize("place", ["input", "between"])
def test_one_bit_with_a_zero_point(
    place: str, narrow: int, zero_point: int, scale: float, tmp_path: Path
) -> None:
    """Its values are -1 and +1, less the zero point, times the scale."""
    style = Style(changes={"shift": float(zero_point), "one": 1.0, "t": scale})

    def one_bit(x: str, y: str) -> Any:
        return node("Quant", [x, "t", "shift", "one"], y, domain=GENERAL,
                    signed=1, narrow=narrow, rounding_mode="ROUND")  # fmt: skip

    def by_hand(x: Floats) -> Floats:
        return (np.where(x / scale + zero_point >= 0, 1.0, -1.0) - zero_point) * scale

    rng = np.random.default_rng(3)
    w, v = (rng.choice([-1.0, 1.0], shape) for shape in ((FEATURES, HIDDEN), (HIDDEN, 3)))
    frames = rng.integers(-9, 9, (12, FEATURES)).astype(np.float64)
    if place == "input":
        nodes = [one_bit("x", "a"), node("MatMul", ["a", "w"], "y")]
        wanted = by_hand(frames) @ w
    else:
        nodes = [
            style.quant("x", "one", "eight", "a"), node("MatMul", ["a", "w"], "b"), one_bit("b", "c"),
            node("MatMul", ["c", "v"], "y"),
        ]  # fmt: skip
        wanted = by_hand(frames @ w) @ v
    path = style.write(tmp_path / "net.onnx", nodes, {"w": w, "v": v}, [FEATURES], [wanted.shape[1]])
    assert np.array_equal(compose(lower(path), frames.astype(np.float32)), wanted)


@pytest.mark.parametrize("zero_point", [1, -1])
def test_one_bit_with_a_zero_point_may_be_padded(zero_point: int, tmp_path: Path) -> None:
    style = Style(changes={"shift": float(zero_point), "one": 1.0, "t": 0.5})
    quantizer = node("Quant", ["x", "t", "shift", "one"], "a", domain=GENERAL,
                     signed=1, narrow=1, rounding_mode="ROUND")  # fmt: skip
    conv = node("Conv", ["a", "w"], "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    w = np.random.default_rng(0).choice([-1.0, 1.0], (2, 1, 3, 3))
    path = style.write(tmp_path / "net.onnx", [quantizer, conv], {"w": w}, [1, 4, 4], [2, 4, 4])
    x = np.random.default_rng(1).integers(-2, 3, (1, 1, 4, 4)).astype(np.float64)
    signs = (np.where(x / 0.5 + zero_point >= 0, 1.0, -1.0) - zero_point) * 0.5
    bordered = np.pad(signs[0, 0], 1)
    wanted = [
        [[(bordered[i : i + 3, j : j + 3] * kernel[0]).sum() for j in range(4)] for i in range(4)]
        for kernel in w
    ]
    assert np.array_equal(compose(lower(path), x.astype(np.float32))[0], wanted)
