"""Blocks of either form against their formulas in float64."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rbonn_hw.models.layers import BiasedPReLU, Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink
from rbonn_hw.models.rows import Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.table import FORMS, Row, Table
from rbonn_hw.models.weights import IntegerConv, RealConv
from tests.models.randomized import pixels, randomized

END: tuple[Row, ...] = (MeanPool(), Classifier(classes=4, weight_bits=4))
RESIDUAL = (Stem(channels=4, weight_bits=8), Residual(), Downsample(channels=6), Shrink(), Double(), *END)
PLAIN = (Conv(channels=5), Conv(channels=4), MaxPool(), Dense(features=6), Dense(features=5), END[1])


def made(form: str, rows: tuple[Row, ...] = RESIDUAL) -> Network:
    return randomized(Table(name="t", form=form, frame=(2, 8, 8), rows=rows))


def layers(net: Network) -> Any:
    """Return the modules of the rows, whose attributes differ from row to row."""
    return net.layers


def frames(count: int) -> Tensor:
    return torch.from_numpy(pixels(Table(name="t", frame=(2, 8, 8), rows=RESIDUAL), count, seed=5))


def grid64(x: Tensor, bits: int) -> Tensor:
    """Round half to even and saturate to signed integers."""
    limit = 2 ** (bits - 1)
    return x.round().clamp(-limit, limit - 1)


def norm64(norm: Norm, x: Tensor) -> Tensor:
    state = {name: value.double() for name, value in norm.state_dict().items()}
    shape = (-1, *[1] * (x.dim() - 2))
    centred = (x - state["running_mean"].view(shape)) / (state["running_var"] + 1e-5).sqrt().view(shape)
    out: Tensor = centred * state["weight"].view(shape) + state["bias"].view(shape)
    return out


def act64(act: BiasedPReLU, x: Tensor) -> Tensor:
    x = x + act.before.bias.double()
    slope = act.prelu.weight.double().view(-1, 1, 1)
    out: Tensor = torch.where(x >= 0, x, slope * x) + act.after.bias.double()
    return out


def integers64(weight: Tensor, bits: int) -> Tensor:
    """Fill the range of each filter."""
    weight = weight.detach().double()
    largest = weight.abs().flatten(1).amax(1).view(-1, *[1] * (weight.dim() - 1))
    out: Tensor = (weight / largest * (2 ** (bits - 1) - 1)).round()
    return out


def residual64(block: Any, x: Tensor, shortcut: Tensor, paper: bool, stride: int = 1) -> Tensor:
    """Return what a block gives, by its formula."""
    conv, norm, _ = block.branch
    weight = conv.binary.conv.weight.detach()
    signs = torch.where(x + conv.bias.bias.double() >= 0, 1.0, -1.0).double()
    border = weight.shape[-1] // 2
    padded = functional.pad(signs, [border] * 4, value=0.0 if paper else -1.0)
    sums = functional.conv2d(padded, torch.where(weight >= 0, 1.0, -1.0).double(), stride=stride)
    branch = norm64(norm, sums * conv.binary.alpha.double())
    out = act64(block.act, shortcut + (branch if paper else grid64(branch, 4)))
    return out if paper else grid64(out, 4)


@pytest.mark.parametrize("form", FORMS)
def test_residual_rows_are_their_formulas(form: str) -> None:
    net, paper = made(form), form == "paper"
    stem, plain, down, shrink, double, mean, last = layers(net)
    with torch.no_grad():
        x = frames(3).double()
        weight = stem[1].conv.weight.double() if paper else integers64(stem[1].conv.weight, 8)
        x = norm64(stem[2], functional.conv2d(x, weight, padding=1))
        x = x if paper else grid64(x, 4)
        x = residual64(plain, x, x, paper)
        blocks = x.unfold(2, 2, 2).unfold(3, 2, 2).sum((4, 5))
        _, conv, norm, _ = down.shortcut
        if paper:
            kept = norm64(norm, functional.conv2d(blocks / 4, conv.conv.weight.double()))
        else:
            kept = grid64(norm64(norm, functional.conv2d(blocks, integers64(conv.conv.weight, 4))), 4)
        x = residual64(down, x, kept, paper, stride=2)
        means = x.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
        x = residual64(shrink, x, means if paper else grid64(means, 4), paper, stride=2)
        x = residual64(double, x, torch.cat((x, x), dim=1), paper)
        if paper:
            expected = x.mean((2, 3)) @ last.weight.double().T + last.bias.double()
        else:
            weight = last.weight.double()
            largest = weight.abs().max()
            expected = grid64(x.sum((2, 3)), 6) @ (weight / largest * 7).round().T
        answers = net(frames(3))

    if paper:
        torch.testing.assert_close(answers.double(), expected, rtol=1e-4, atol=1e-4)
    else:
        assert torch.equal(answers.double(), expected)
    assert answers.std() > 0
    assert mean is layers(net)[5]


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_signs_are_their_formulas(form: str) -> None:
    net, paper = made(form, PLAIN), form == "paper"
    first, second, _, dense, vector, last = layers(net)

    def signs(weight: Tensor) -> Tensor:
        return torch.where(weight >= 0, 1.0, -1.0).double()

    with torch.no_grad():
        x = frames(3).double()
        if paper:
            x = functional.conv2d(x, first[1].conv.weight.double())
        else:
            x = functional.conv2d(x, signs(first[1].conv.weight)) * first[1].alpha.double()
        x = signs(norm64(first[2], x))
        x = signs(
            norm64(second[2], functional.conv2d(x, signs(second[1].conv.weight)) * second[1].alpha.double())
        )
        x = x.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5)).flatten(1)
        for block in (dense, vector):
            x = signs(norm64(block[2], x @ signs(block[1].linear.weight).T * block[1].alpha.double()))
        weight = last.weight.double()
        expected = x @ (weight if paper else (weight / weight.abs().max() * 7).round()).T
        expected = expected + last.bias.double() if paper else expected
        answers = net(frames(3))

    torch.testing.assert_close(answers.double(), expected, rtol=1e-5, atol=1e-5)
    assert answers.std() > 0


def test_perceptron_sees_signs_of_the_image_or_the_image() -> None:
    rows = (Dense(features=3), Classifier(classes=2))
    x = torch.tensor([127.0, 128.0, 0.0, 255.0]).view(1, 1, 2, 2)

    first = {
        form: layers(build(Table(name="t", form=form, frame=(1, 2, 2), rows=rows), 0).eval())[0][0](x)
        for form in FORMS
    }

    assert first["hardware"].tolist() == [[-1.0, 1.0, -1.0, 1.0]]
    assert first["paper"].tolist() == [[-1 / 128, 0.0, -1.0, 127 / 128]]


@pytest.mark.parametrize(
    ("pixels_", "bits", "shift"), [(64, 6, 4), (49, 6, 4), (1, 6, 0), (16, 8, 0), (4, 3, 3)]
)
def test_mean_pool_fills_its_range(pixels_: int, bits: int, shift: int) -> None:
    edge = math.isqrt(pixels_)
    table = Table(
        name="t",
        frame=(1, edge, edge),
        rows=(Stem(channels=2), MeanPool(bits=bits), Classifier(classes=2)),
    )
    layer = layers(build(table, 0).eval())[1]

    out = layer(torch.stack([torch.full((1, edge, edge), value) for value in (-8.0, 7.0, 3.0)]))

    limit = 2 ** (bits - 1)
    expected = np.rint(np.array([-8.0, 7.0, 3.0]) * pixels_ / 2**shift).clip(-limit, limit - 1)
    assert out.flatten().tolist() == expected.tolist()


def test_overlapping_pool_is_resnets_in_the_paper_form() -> None:
    rows = (Stem(channels=3), MaxPool(overlapping=True), *END)
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))

    paper, hardware = (layers(made(form, rows))[1](x) for form in ("paper", "hardware"))

    assert torch.equal(paper, functional.max_pool2d(x, 3, 2, 1))
    assert torch.equal(hardware, functional.max_pool2d(x, 2))


def test_first_layer_and_shortcut_have_the_rows_bits() -> None:
    rows = (Stem(channels=4), Downsample(channels=6, weight_bits=1), SumPool(), Classifier(classes=3))
    ones = build(Table(name="t", frame=(2, 8, 8), rows=rows), 0)
    few = made("hardware")

    assert len(ones.binary_pairs()) == 3
    assert len(few.binary_pairs()) == 4
    assert [m.bits for m in few.modules() if isinstance(m, IntegerConv)] == [8, 4]
    assert len([m for m in made("paper").modules() if isinstance(m, RealConv)]) == 2
