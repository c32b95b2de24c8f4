"""Networks to convert: one with every kind of row, and one trained on digits."""

from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from rbonn_hw.models.layers import Bias, Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Classifier, MaxPool, MeanPool, Stem
from rbonn_hw.models.table import Table
from rbonn_hw.optim.factory import Settings, make_optimizer


def every_row(form: str, bits: int = 4) -> Table:
    rows = (
        Stem(channels=6, weight_bits=8),
        Residual(),
        MaxPool(),
        Downsample(channels=8, weight_bits=8),
        Residual(),
        Shrink(),
        Double(),
        Widen(channels=12),
        Residual(),
        MeanPool(bits=8),
        Classifier(classes=7, weight_bits=8),
    )
    return Table(name="every", form=form, frame=(2, 32, 32), bits=bits, rows=rows)


def digit_rows(form: str, bits: int = 4) -> Table:
    rows = (
        Stem(channels=12, weight_bits=8),
        Residual(),
        Downsample(channels=24),
        Residual(),
        MeanPool(),
        Classifier(classes=10, weight_bits=4),
    )
    return Table(name="few", form=form, frame=(1, 8, 8), bits=bits, rows=rows)


def pixels(table: Table, count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, *table.frame), generator=generator).float()


def randomized(table: Table) -> Network:
    """Return a network in evaluation mode, nothing of which is at its initial value."""
    net = build(table, seed=1)
    generator = torch.Generator().manual_seed(2)
    for module in net.modules():
        if isinstance(module, Norm):
            module.weight.data = torch.randn(len(module.weight), generator=generator) + 1.5
            module.bias.data = torch.randn(len(module.bias), generator=generator)
        elif isinstance(module, Bias):
            module.bias.data = torch.randn(module.bias.shape, generator=generator) * 0.3
        elif isinstance(module, nn.PReLU):
            module.weight.data = torch.rand(module.weight.shape, generator=generator)
    for step in range(3):
        net.train()(pixels(table, 8, seed=step))
    return net.eval()


def at(net: Network, path: str) -> Any:
    """Return the module at a path below the rows."""
    return net.layers.get_submodule(path)


def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's digits as pixels 0 .. 255 [1797, 1, 8, 8], shuffled, and their labels."""
    frames, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(frames), generator=torch.Generator().manual_seed(0))
    pixels = torch.tensor(frames).view(-1, 1, 8, 8).mul(15.9375).round().float()
    return pixels[order], torch.tensor(labels)[order]


def trained(table: Table, epochs: int) -> Network:
    """Return a network trained on the first 1400 digits."""
    net = build(table, seed=0).train()
    pairs = net.binary_pairs()
    paired = {id(parameter) for pair in pairs for parameter in pair}
    others = [parameter for parameter in net.parameters() if id(parameter) not in paired]
    optimizer = make_optimizer("reactnet", pairs, others, Settings(lr=4e-3))
    frames, labels = digits()
    order = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for part in torch.split(torch.randperm(1400, generator=order), 100):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(frames[part]), labels[part])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return net.eval()
