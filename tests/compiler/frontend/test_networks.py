"""Head, integer graph and tail together against QONNX's execution of the file, bit for bit."""

from collections.abc import Callable
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes
from torch import Tensor, nn

from rbonn_hw.compiler.frontend import Lowered, compose, execute, lower
from tests.compiler.frontend.networks import (
    CONSTANT,
    Bias,
    Call,
    Residual,
    binary_conv,
    binary_linear,
    export,
    integers,
    scaled_conv,
    sign,
)

C = 8
ALLOWED = {
    "Im2Col",
    "MatMul",
    "XnorPopcountMatMul",
    "MultiThreshold",
    "Mul",
    "MaxPoolNHWC",
    "Reshape",
    "ReduceSum",
    "Add",
}
Network = tuple[Callable[[], nn.Module], tuple[int, ...]]


class Downsampling(nn.Module):
    """ReActNet's block with half the resolution: average pool and 1x1 convolution as shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            integers(8, 1.0), binary_conv(3, C, 3, stride=2), nn.BatchNorm2d(C), integers(4)
        )
        self.main = nn.Sequential(
            Bias(C),
            sign(),
            nn.ConstantPad2d(1, -1.0),
            binary_conv(C, 2 * C, 3, stride=2),
            nn.BatchNorm2d(2 * C),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2), sign(), binary_conv(C, 2 * C, 1), nn.BatchNorm2d(2 * C)
        )
        self.shared = integers(4)
        self.after = nn.Sequential(
            Bias(2 * C),
            nn.PReLU(2 * C),
            integers(4),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            Call(lambda x: x - 0.3),
        )
        self.classify = nn.Sequential(sign(), binary_linear(2 * C, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.classify(self.after(self.shared(self.main(x)) + self.shared(self.shortcut(x))))
        return result


class SharedAccumulator(nn.Module):
    """One accumulator feeds a quantizer of two branches and, as it is, a sum; zero and -1 padding meet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(sign(), binary_conv(3, C, 3, padding=1))
        self.norm, self.first, self.second = nn.BatchNorm2d(C), sign(), sign()
        self.bias, self.left, self.right = Bias(C), binary_conv(C, C, 1), binary_conv(C, C, 3)
        self.pad = nn.ConstantPad2d(1, -1.0)
        self.classify = nn.Sequential(sign(), nn.Flatten(), binary_linear(C * 36, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        accumulated = self.stem(x)
        normed = self.norm(accumulated)
        left, right = self.left(self.first(normed)), self.right(self.pad(self.second(self.bias(normed))))
        result: Tensor = self.classify(left + accumulated + right + 0.5)
        return result


class SharedPool(nn.Module):
    """Two quantizers see one accumulator through one pool: neither may negate the other's filters."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(sign(), binary_conv(3, C, 3), nn.BatchNorm2d(C), nn.MaxPool2d(2))
        self.left, self.right = nn.Sequential(sign(), binary_conv(C, C, 3)), nn.Sequential(Bias(C), sign())
        self.mid = nn.Sequential(binary_conv(C, C, 3), nn.BatchNorm2d(C))
        self.classify = nn.Sequential(integers(4), nn.Flatten(), binary_linear(C, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.classify(self.mid[1](self.left(x) + self.mid[0](self.right(x))))
        return result


def _stem() -> list[nn.Module]:
    return [integers(8, 1.0), binary_conv(3, C, 3), nn.BatchNorm2d(C)]


NETWORKS: dict[str, Network] = {
    "residual": (
        lambda: nn.Sequential(
            *_stem(),
            integers(4),
            Residual(C),
            nn.MaxPool2d(2),
            Residual(C),
            Bias(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 9, 10),
            nn.BatchNorm1d(10),
        ),
        (1, 3, 8, 8),
    ),
    "downsampling": (Downsampling, (1, 3, 17, 17)),
    "shared accumulator": (SharedAccumulator, (1, 3, 6, 6)),
    "shared pool": (SharedPool, (1, 3, 8, 8)),
    "zero padding of +-1": (
        lambda: nn.Sequential(
            sign(),
            binary_conv(3, C, 3, padding=1),
            nn.BatchNorm2d(C),
            sign(),
            binary_conv(C, C, 3, padding=1, stride=2),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "zeros around signs": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            nn.ZeroPad2d(1),
            binary_conv(C, C, 3, padding=1),
            nn.BatchNorm2d(C),
            integers(2),
            nn.ZeroPad2d((1, 0, 0, 1)),
            binary_conv(C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 49, 10),
        ),
        (1, 3, 8, 8),
    ),
    "max pools before the sign": (
        lambda: nn.Sequential(
            *_stem(),
            nn.MaxPool2d(2),
            sign(),
            binary_conv(C, C, 3),
            nn.MaxPool2d(2, 1),
            nn.BatchNorm2d(C),
            sign(),
            nn.MaxPool2d(2, 1),
            nn.Flatten(),
            binary_linear(C, 10, bias=True),
        ),
        (1, 3, 12, 12),
    ),
    "bias, pool, norm": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3, bias=True),
            nn.PReLU(C),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 9, 10),
        ),
        (1, 3, 8, 8),
    ),
    "average of 49": (
        lambda: nn.Sequential(
            *_stem(),
            nn.ReLU(),
            integers(4, signed=False),
            nn.AvgPool2d(7),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 4, 10),
            nn.LogSoftmax(1),
        ),
        (1, 3, 16, 16),
    ),
    "averages of signs": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            nn.AvgPool2d(3),
            nn.BatchNorm2d(C),
            sign(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            binary_linear(C, 10),
            nn.BatchNorm1d(10),
        ),
        (1, 3, 8, 8),
    ),
    "norm of features": (
        lambda: nn.Sequential(
            sign(),
            binary_conv(3, C, 3),
            nn.Flatten(),
            nn.BatchNorm1d(C * 36),
            sign(),
            binary_linear(C * 36, 10),
        ),
        (1, 3, 8, 8),
    ),
    "strides, dilation, activations": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3, stride=2, dilation=2),
            nn.BatchNorm2d(C),
            nn.Hardtanh(),
            sign(),
            binary_conv(C, C, (3, 1), stride=(1, 2)),
            nn.BatchNorm2d(C),
            nn.Sigmoid(),
            integers(2, 1.0, signed=False),
            nn.Flatten(),
            binary_linear(C * 9, 10),
            nn.Softmax(1),
        ),
        (1, 3, 13, 13),
    ),
    "alpha per filter": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            scaled_conv(C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "sign, where, relu as quantizers": (
        lambda: nn.Sequential(
            *_stem(),
            Call(torch.sign),
            binary_conv(C, C, 3),
            nn.BatchNorm2d(C),
            Call(lambda x: torch.where(x >= 0, 1.0, -1.0)),
            binary_conv(C, C, 1),
            nn.Tanh(),
            integers(4),
            nn.ReLU(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "vectors, float classifier": (
        lambda: nn.Sequential(
            nn.Flatten(),
            sign(),
            binary_linear(64, 32, bias=True),
            nn.BatchNorm1d(32),
            nn.Dropout(),
            nn.Tanh(),
            sign(),
            qnn.QuantLinear(32, 16, bias=True, weight_bit_width=2),
            nn.LeakyReLU(),
            integers(3),
            nn.Linear(16, 10),
        ),
        (1, 1, 8, 8),
    ),
    "whole convolutional classifier": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            binary_conv(C, C, 6),
            nn.BatchNorm2d(C),
            sign(),
            binary_conv(C, 10, 1),
            nn.Flatten(),
        ),
        (1, 3, 8, 8),
    ),
}


def check_contract(model: ModelWrapper) -> None:
    """Require what layer inference relies on."""
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    assert {node.op_type for node in model.graph.node} <= ALLOWED
    inferred = model.transform(InferShapes())
    produced = {name for node in model.graph.node for name in node.output} | {model.graph.input[0].name}
    for name in produced:
        assert model.get_tensor_datatype(name).is_integer(), name
        assert inferred.get_tensor_shape(name) == model.get_tensor_shape(name)
        assert model.get_tensor_shape(name)[0] == 1
    for node in model.get_nodes_by_op_type("MultiThreshold"):
        rows, dtype = model.get_initializer(node.input[1]), model.get_tensor_datatype(node.input[0])
        assert rows.shape[0] == model.get_tensor_shape(node.input[0])[-1]
        assert np.all(np.diff(rows, axis=1) >= 0)
        assert np.all(rows == np.round(rows))
        assert dtype.min() <= rows.min()
        assert rows.max() <= dtype.max() + 1


def check_frames(lowered: Lowered, frames: NDArray[np.float32]) -> None:
    """Require equality with the reference, frame by frame, and integers within their types."""
    for frame in frames:
        x = frame[None]
        expected = execute(lowered.reference, x)
        assert np.array_equal(compose(lowered, x), expected)
        assert expected.std() > 0


def frames(model: ModelWrapper, count: int) -> NDArray[np.float32]:
    """Draw frames between -1 and 1."""
    shape = model.get_tensor_shape(model.graph.input[0].name)
    return np.random.default_rng(1).uniform(-1.0, 1.0, (count, *shape[1:])).astype(np.float32)


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_reference(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    for seed in range(2):
        lowered = lower(export(make(), shape, tmp_path / f"{seed}.onnx", seed=seed))
        check_contract(lowered.lowered)
        check_frames(lowered, frames(lowered.reference, 6))


def test_residual_needs_no_arithmetic_but_thresholds(tmp_path: Path) -> None:
    make, shape = NETWORKS["residual"]
    lowered = lower(export(make(), shape, tmp_path / "net.onnx"))
    ops = [node.op_type for node in lowered.lowered.graph.node]
    assert "Mul" not in ops
    assert ops.count("Add") == 2
    assert lowered.exact
    assert lowered.notes == ()


def test_zero_padding_is_said_to_cost_more(tmp_path: Path) -> None:
    make, shape = NETWORKS["zero padding of +-1"]
    lowered = lower(export(make(), shape, tmp_path / "net.onnx"))
    assert sum("padded with 0" in note for note in lowered.notes) == 2
    types = [
        lowered.lowered.get_tensor_datatype(node.output[0]).name
        for node in lowered.lowered.get_nodes_by_op_type("Im2Col")
    ]
    assert types == ["INT2", "INT2"]


def test_rounded_sums_of_the_reference_are_said(tmp_path: Path) -> None:
    model = nn.Sequential(
        integers(8, 1.0),
        scaled_conv(3, C, 3),
        Call(torch.relu),
        qnn.QuantIdentity(bit_width=4),
        nn.Flatten(),
        qnn.QuantLinear(C * 36, 10, bias=True, weight_bit_width=4),
    )
    lowered = lower(export(model, (1, 3, 8, 8), tmp_path / "net.onnx"))
    assert not lowered.exact
    assert any("rounds its last sum" in note for note in lowered.notes)
    for frame in frames(lowered.reference, 4):
        assert np.allclose(compose(lowered, frame[None]), execute(lowered.reference, frame[None]), atol=1e-4)


def test_head_makes_integers_of_any_scale(tmp_path: Path) -> None:
    quantizer = qnn.QuantIdentity(bit_width=8, min_val=-0.77, max_val=0.77, **CONSTANT)
    model = nn.Sequential(quantizer, binary_conv(3, C, 3), nn.BatchNorm2d(C), sign())
    lowered = lower(export(model, (1, 3, 4, 4), tmp_path / "net.onnx"))
    made = execute(lowered.head, frames(lowered.reference, 4))
    assert made.shape == (4, 4, 4, 3)
    assert np.array_equal(made, np.round(made))
    assert np.unique(made).size > 50
    assert lowered.head.get_tensor_datatype(lowered.head.graph.output[0].name).name == "INT8"


def test_batch_equals_frames(tmp_path: Path) -> None:
    make, shape = NETWORKS["vectors, float classifier"]
    lowered = lower(export(make(), shape, tmp_path / "vectors.onnx"))
    x = frames(lowered.reference, 5)
    assert np.allclose(
        compose(lowered, x), np.concatenate([compose(lowered, frame[None]) for frame in x]), rtol=1e-5
    )
    make, shape = NETWORKS["residual"]
    lowered = lower(export(make(), shape, tmp_path / "maps.onnx"))
    x = frames(lowered.reference, 3)
    assert np.array_equal(compose(lowered, x), np.concatenate([compose(lowered, frame[None]) for frame in x]))
