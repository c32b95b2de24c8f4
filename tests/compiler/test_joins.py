"""How far branches run apart: against what autograd finds, and in RTL with nothing to spare."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from torch import Tensor, nn

from rbonn_hw.cli import main
from rbonn_hw.compiler import buffers, finn_session
from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.compiler.joins import pixels_ahead
from tests.compiler.frontend.catalogue import NETWORKS
from tests.compiler.frontend.networks import Residual, binary_conv, binary_linear, export, integers, sign

CHANNELS = 8
SIDE = 8


class Join(nn.Module):
    """x through two branches, added; then a classifier."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module, pixels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            integers(8, 1.0), binary_conv(3, CHANNELS, 3), nn.BatchNorm2d(CHANNELS), integers(4)
        )
        self.branch, self.shortcut = branch, shortcut
        self.after = nn.Sequential(sign(), nn.Flatten(), binary_linear(pixels * CHANNELS, 5))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.after(self.branch(x) + self.shortcut(x))
        return result


def step(size: int, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    """Sign, padding and binary convolution, as in every block."""
    padding = [nn.ConstantPad2d(dilation * (size // 2), -1.0)] if size > 1 else []
    return [
        sign(), *padding, binary_conv(CHANNELS, CHANNELS, size, stride=stride, dilation=dilation),
        nn.BatchNorm2d(CHANNELS),
    ]  # fmt: skip


def nothing() -> list[nn.Module]:
    """A shortcut."""
    return []


Layers = Callable[[], list[nn.Module]]

CASES: dict[str, tuple[Layers, Layers, int]] = {
    "3x3": (lambda: step(3), nothing, 1),
    "two of 3x3": (lambda: [*step(3), *step(3)], nothing, 1),
    "dilated": (lambda: step(3, dilation=2), nothing, 1),
    "1x1": (lambda: step(1), nothing, 1),
    "strided beside a pool": (lambda: step(3, stride=2), lambda: [nn.MaxPool2d(2), *step(1)], 2),
    "border above alone": (
        lambda: [
            sign(),
            nn.ConstantPad2d((1, 1, 2, 0), -1.0),
            binary_conv(CHANNELS, CHANNELS, 3),
            nn.BatchNorm2d(CHANNELS),
        ],
        nothing,
        1,
    ),
    "5x5 beside 3x3": (lambda: step(5), lambda: step(3), 1),
}


def hardware_layers(network: nn.Module, folder: Path) -> ModelWrapper:
    """Return the layers before width converters and FIFOs."""
    finn_session.start(folder / "finn")
    return infer_hardware_layers(lower(export(network, (1, 3, 10, 10), folder / "join.onnx")).lowered)


def needs(layers: list[nn.Module]) -> list[int]:
    """Return for each output pixel how many input pixels, in raster order, have come with its last one."""
    positive = [
        torch.nn.Conv2d(1, 1, x.kernel_size, x.stride, dilation=x.dilation)  # type: ignore[arg-type]
        if isinstance(x, nn.Conv2d)
        else nn.AvgPool2d(x.kernel_size)
        if isinstance(x, nn.MaxPool2d)
        else nn.ConstantPad2d(x.padding, 0.0)
        for x in layers
        if isinstance(x, nn.Conv2d | nn.MaxPool2d | nn.ConstantPad2d)
    ]
    for module in positive:
        for parameter in module.parameters():
            nn.init.ones_(parameter)
    image = torch.zeros(1, 1, SIDE, SIDE, requires_grad=True)
    found, latest = [], 0
    for value in nn.Sequential(*positive)(image).flatten():
        (gradient,) = torch.autograd.grad(value, image, retain_graph=True)
        latest = max(latest, int(gradient.flatten().nonzero().max()) + 1)
        found.append(latest)
    return found


@pytest.mark.parametrize("name", CASES)
def test_pixels_ahead_are_those_that_autograd_counts(name: str, tmp_path: Path) -> None:
    branch, shortcut, stride = CASES[name]
    first, second = branch(), shortcut()
    network = Join(
        nn.Sequential(*first, integers(4)),
        nn.Sequential(*second, integers(4)) if second else nn.Identity(),
        (SIDE // stride) ** 2,
    )
    model = hardware_layers(network, tmp_path)

    one, other = needs(first), needs(second) if second else list(range(1, SIDE**2 + 1))
    expected = sorted(
        max(sum(need <= limit for need in mine) - given for given, limit in enumerate(theirs))
        for mine, theirs in ((one, other), (other, one))
    )
    assert sorted(pixels_ahead(model).values()) == expected


def test_the_nearest_fork_counts(tmp_path: Path) -> None:
    network = nn.Sequential(
        integers(8, 1.0), binary_conv(3, CHANNELS, 3), nn.BatchNorm2d(CHANNELS), integers(4),
        Residual(CHANNELS), Residual(CHANNELS), sign(), nn.Flatten(), binary_linear(CHANNELS * SIDE**2, 5),
    )  # fmt: skip
    model = hardware_layers(network, tmp_path)

    assert sorted(pixels_ahead(model).values()) == [1, 1, SIDE + 2, SIDE + 2]


def simulated(name: str, fewer: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code with FIFOs that hold what can be ahead, less some pixels, and nothing to spare."""
    branch, shortcut, stride = CASES[name]
    network = Join(
        nn.Sequential(*branch(), integers(4)),
        nn.Sequential(*shortcut(), integers(4)) if shortcut() else nn.Identity(),
        (SIDE // stride) ** 2,
    )
    path, out = export(network, (1, 3, 10, 10), folder / "join.onnx"), folder / "out"
    monkeypatch.setattr(buffers, "JOIN_SLACK_ROWS", 0)
    monkeypatch.setattr(buffers, "PIPELINE_SLACK_WORDS", 2)
    monkeypatch.setattr(
        buffers,
        "pixels_ahead",
        lambda model: {at: max(1, n - 1 - fewer) for at, n in pixels_ahead(model).items()},
    )
    assert main(["compile", str(path), "--out", str(out), "--target-cycles", "2000"]) == 0
    return main(["simulate", str(out), "--random", "3", "--finn-frames", "1", "--stall", "0.2"])


@pytest.mark.verilator
@pytest.mark.parametrize("name", CASES)
def test_so_many_pixels_suffice(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulated(name, 0, tmp_path, monkeypatch) == 0


@pytest.mark.verilator
@pytest.mark.parametrize("name", ["3x3", "two of 3x3", "dilated"])
def test_two_pixels_fewer_do_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shortcut without windows of its own has no other place for them."""
    assert simulated(name, 2, tmp_path, monkeypatch) != 0
    assert "no stream moved" in capsys.readouterr().err


def test_a_join_of_which_nothing_is_known_holds_a_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, shape = NETWORKS["downsampling"]
    monkeypatch.setattr(buffers, "pixels_ahead", lambda _: {})
    path, out = export(make(), shape, tmp_path / "network.onnx"), tmp_path / "out"

    assert main(["compile", str(path), "--out", str(out), "--target-cycles", "600"]) == 0

    graph = ModelWrapper(str(out / "finn.onnx"))
    fifos = [getCustomOp(node) for node in graph.graph.node if "add_fifo" in node.name]
    assert len(fifos) == 2
    for fifo in fifos:
        elements = int(np.prod(fifo.get_nodeattr("normal_shape")))
        assert fifo.get_nodeattr("depth") * fifo.get_nodeattr("lanes") >= elements
