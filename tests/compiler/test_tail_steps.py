"""rbonn_hw/compiler/tail_steps.py: what the driver answers against PyTorch and against QONNX's own tail."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, load, save
from torch import Tensor, nn

from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.frontend import Lowered, execute, lower
from rbonn_hw.compiler.tail_steps import TailSteps, ranked_tensor
from rbonn_hw.errors import UnsupportedOperatorError
from rbonn_hw.host.fields import Fields
from rbonn_hw.host.tail import Tail
from tests.compiler.frontend.networks import (
    Call,
    binary_conv,
    binary_linear,
    export,
    integers,
    scaled_conv,
    sign,
)

FRAMES = 60


class PerClass(nn.Module):
    """A scale of either sign and an offset for every class."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.scale = nn.Parameter(torch.randn(classes, generator=generator))
        self.offset = nn.Parameter(torch.randn(classes, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        return x * self.scale + self.offset


def mlp(*tail: nn.Module, outputs: int = 10, hidden: int = 24) -> nn.Module:
    body = [integers(8, 128.0), nn.Flatten(), binary_linear(36, hidden), nn.BatchNorm1d(hidden), sign()]
    return nn.Sequential(*body, binary_linear(hidden, outputs), *tail)


def maps(*tail: nn.Module) -> nn.Module:
    return nn.Sequential(
        integers(8, 128.0), scaled_conv(1, 6, 3), nn.BatchNorm2d(6), sign(), binary_conv(6, 4, 2), *tail
    )


class Case:
    """A network, its lowering, random images, and what the accelerator answers to them."""

    def __init__(self, net: nn.Module, folder: Path) -> None:
        torch.manual_seed(1)
        path = export(net, (1, 1, 6, 6), folder / "net.onnx")
        self.lowered: Lowered = lower(path)
        self.scale = AnswerScale.of(self.lowered)
        x = np.random.default_rng(2).integers(0, 256, (FRAMES, 1, 6, 6)).astype(np.float32)
        with torch.no_grad():
            self.truth: NDArray[Any] = net(torch.from_numpy(x)).numpy()
        stored = execute(self.lowered.lowered, execute(self.lowered.head, x))
        self.stored = np.rint(stored).astype(np.int64)
        output = self.lowered.output
        self.steps = TailSteps(self.lowered.tail, int(output.low.min()), int(output.high.max()))
        self.tail = packed(self.steps.build())

    def outputs(self) -> NDArray[Any]:
        """What the driver answers."""
        return np.asarray(self.tail.run(self.stored, self.tail.output))

    def classes(self) -> NDArray[Any]:
        """What the driver takes for the class."""
        return np.asarray(self.tail.run(self.stored, self.tail.ranked).reshape(FRAMES, -1).argmax(axis=1))


def packed(tail: Tail) -> Tail:
    """Return a tail as a package brings it to the board."""
    import io

    files = {}
    for name, value in tail.arrays().items():
        file = io.BytesIO()
        np.save(file, value)
        files[name] = file.getvalue()
    document = json.dumps(tail.to_document()).encode()
    return Tail.from_package(Fields.parse(document, "x"), files, "x")


EXACT = {
    "nothing": lambda: mlp(),
    "relu": lambda: mlp(nn.ReLU()),
    "prelu": lambda: mlp(nn.PReLU(10)),
    "relu6": lambda: mlp(nn.ReLU6()),
    "batch norm": lambda: mlp(nn.BatchNorm1d(10)),
    "batch norm, sigmoid": lambda: mlp(nn.BatchNorm1d(10), nn.Sigmoid()),
    "per class": lambda: mlp(PerClass(10)),
    "per class, tanh": lambda: mlp(PerClass(10), nn.Tanh()),
    "two functions of one tensor": lambda: mlp(nn.SiLU()),
    "map": lambda: maps(nn.BatchNorm2d(4), nn.Tanh()),
}
SUMMING = {
    "float linear": lambda: mlp(nn.BatchNorm1d(16), nn.Linear(16, 10), outputs=16),
    "two float layers": lambda: mlp(
        nn.Linear(16, 12), nn.BatchNorm1d(12), nn.LeakyReLU(), nn.Linear(12, 10), nn.Softmax(1), outputs=16
    ),
    "softmax": lambda: mlp(PerClass(10), nn.Softmax(1)),
    "log-softmax": lambda: mlp(nn.LogSoftmax(1)),
    "softmax of two": lambda: mlp(nn.Softmax(1), outputs=2),
    "global average": lambda: maps(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)),
}


@pytest.mark.parametrize("name", EXACT)
def test_functions_of_single_integers_are_exact(name: str, tmp_path: Path) -> None:
    case = Case(EXACT[name](), tmp_path)

    assert case.steps.exact
    np.testing.assert_array_equal(case.outputs(), execute(case.lowered.tail, case.stored.astype(np.float32)))
    np.testing.assert_allclose(case.outputs(), case.truth, rtol=1e-5, atol=1e-6)
    assert len(np.unique(case.outputs())) > 3
    if case.truth.ndim == 2:
        check_classes(case, 1e-6)


@pytest.mark.parametrize("name", SUMMING)
def test_sums_are_within_the_bound(name: str, tmp_path: Path) -> None:
    case = Case(SUMMING[name](), tmp_path)

    assert not case.steps.exact
    assert case.scale.bound is not None
    assert case.outputs().dtype == np.float32
    qonnx = execute(case.lowered.tail, case.stored.astype(np.float32))
    for other in (case.truth, qonnx):
        assert np.abs(case.outputs().astype(np.float64) - other).max() <= case.scale.bound
    check_classes(case, case.scale.bound)


def check_classes(case: Case, bound: float) -> None:
    """The driver's class is PyTorch's, or PyTorch scores both alike."""
    classes, best = case.classes(), case.truth.argmax(axis=1)
    rows = np.arange(FRAMES)
    assert len(np.unique(classes)) > 1
    assert np.all(case.truth[rows, best] - case.truth[rows, classes] <= bound)
    clear = np.diff(np.sort(case.truth, axis=1)[:, -2:], axis=1)[:, 0] > bound
    assert clear.sum() >= FRAMES // 6
    np.testing.assert_array_equal(classes[clear], best[clear])


def test_a_saturated_sigmoid_keeps_the_order_of_its_arguments(tmp_path: Path) -> None:
    case = Case(mlp(nn.Sigmoid(), hidden=200), tmp_path)
    saturated = (case.truth == 1.0).sum(axis=1) > 1
    assert saturated.any(), "float32 makes the best scores equal"
    np.testing.assert_array_equal(case.classes(), case.stored.reshape(FRAMES, -1).argmax(axis=1))
    assert ranked_tensor(case.lowered.tail)[1][0].endswith("(Sigmoid)")


def test_relu_and_scales_per_class_decide(tmp_path: Path) -> None:
    """What is not the same rising function of each score is not dropped."""
    for number, tail in enumerate((nn.ReLU(), PerClass(10))):
        folder = tmp_path / str(number)
        folder.mkdir()
        lowered = lower(export(mlp(tail), (1, 1, 6, 6), folder / "net.onnx"))
        assert ranked_tensor(lowered.tail) == (lowered.tail.graph.output[0].name, ())


def test_the_network_selects_itself(tmp_path: Path) -> None:
    case = Case(mlp(PerClass(10)), tmp_path)
    proto = load(tmp_path / "net.onnx")
    scores = proto.graph.output[0].name
    proto.graph.node.append(helper.make_node("ArgMax", [scores], ["label"], name="best", axis=1, keepdims=0))
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("label", TensorProto.INT64, [1]))
    save(proto, tmp_path / "label.onnx")
    lowered = lower(tmp_path / "label.onnx")
    tail = TailSteps(lowered.tail, int(lowered.output.low.min()), int(lowered.output.high.max())).build()
    np.testing.assert_array_equal(tail.run(case.stored, tail.output), case.truth.argmax(axis=1))


@pytest.mark.parametrize(
    ("make", "node"),
    [
        (lambda: maps(nn.Conv2d(4, 2, 2)), r"Conv.*\(Conv\)"),
        (lambda: mlp(Call(lambda x: torch.cumsum(x, 1))), r"\(CumSum\)"),
    ],
)
def test_what_the_driver_cannot_run_is_named(make: Any, node: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lowered = lower(export(make(), (1, 1, 6, 6), tmp_path / "net.onnx"))
    with pytest.raises(
        UnsupportedOperatorError, match=rf"{node} stands behind the last integers.*label-select"
    ):
        TailSteps(lowered.tail, -100, 100).build()


def test_tables_have_a_limit(tmp_path: Path) -> None:
    lowered = lower(export(mlp(nn.BatchNorm1d(10)), (1, 1, 6, 6), tmp_path / "net.onnx"))
    with pytest.raises(
        UnsupportedOperatorError, match=r"\(BatchNormalization\).*over 10000001 integers in 10 places"
    ):
        TailSteps(lowered.tail, 0, 10_000_000).build()
