"""Factors on the feature maps of a network, chosen so that integers hold them best.

Binary layers look at the signs of a map only, and everything else on a map is positively homogeneous: with
gamma and beta of each BatchNorm that writes to a map, and each bias on it, multiplied by one factor, all its
values are, and no sign changes. The factor is the same for maps that an addition joins, but may change where
convolution and BatchNorm lie on both branches: there a stretch of rows ends.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rbonn_hw.datatypes import IntType
from rbonn_hw.models.blocks import MapMean, MapPool, ResidualBlock, StemBlock, WidenBlock, WindowSum
from rbonn_hw.models.layers import BiasedPReLU, Norm
from rbonn_hw.models.network import Network
from rbonn_hw.models.residual_rows import Downsample, Widen
from rbonn_hw.models.style import Style
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import BinaryConv, BinaryLinear, IntegerConv, RealConv, RealLinear, SignedConv
from rbonn_hw.quant.weight import SMALLEST

SEARCHED = torch.arange(-16, 17) / 8.0
"""Factors that are tried, as powers of two relative to the first guess."""
VALUES_PER_MAP = 1 << 14
"""Values of a map that are looked at."""
CALIBRATION_FRAMES = 64
"""Frames that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A layer that looks at the values of a map or image, not at the signs behind a bias.

    Attributes:
        layer: The layer.
        norm: BatchNorm behind it.
        pool_factor: Of a pool before it, compared with the average; 1 without one.
    """

    layer: BinaryConv | BinaryLinear | IntegerConv | RealConv | RealLinear
    norm: Norm
    pool_factor: float


def weighted(block: nn.Module) -> Iterator[Weighted]:
    """Yield the layers of a row's module that look at values."""
    for sequence in [module for module in block.modules() if isinstance(module, nn.Sequential)]:
        layers = list(sequence)
        for before, layer, norm in zip(layers, layers[1:], layers[2:], strict=False):
            if isinstance(layer, BinaryConv | BinaryLinear | IntegerConv | RealConv | RealLinear):
                assert isinstance(norm, Norm)
                factor = before.factor if isinstance(before, MapPool) else 1.0
                yield Weighted(layer=layer, norm=norm, pool_factor=factor)


def stretches(table: Table) -> tuple[int, ...]:
    """Return for each row the number of the stretch whose factor its output has, from 0."""
    numbers, number = [], 0
    for row in table.rows:
        number += isinstance(row, Downsample | Widen)
        numbers.append(number)
    return tuple(numbers)


@torch.no_grad()
def scaled_maps(net: Network, scales: tuple[float, ...]) -> Network:
    """Return a copy whose feature maps are multiplied by a factor for each stretch of rows.

    In the paper form its signs and scores are those of ``net``, up to float rounding: bit for bit if the
    factors are powers of two. In the hardware form its scores are multiplied by the last factor, and maps are
    rounded otherwise.

    Args:
        net: A network.
        scales: Positive, one per stretch; see :func:`stretches`. Without maps they have no effect.
    """
    twin = copy.deepcopy(net)
    if not has_maps(net):
        return twin
    behind = [scales[number] for number in stretches(net.table)]
    for block, taken, given in zip(twin.layers, [1.0, *behind], behind, strict=False):
        for module in block.modules():
            match module:
                case SignedConv():
                    module.bias.bias.mul_(taken)
                case Norm():
                    module.weight.mul_(given)
                    module.bias.mul_(given)
                case BiasedPReLU():
                    module.before.bias.mul_(given)
                    module.after.bias.mul_(given)
                case _:
                    pass
        for each in weighted(block):
            _take_scaled(each, taken)
    last = twin.layers[-1]
    if net.table.paper:
        assert isinstance(last, nn.Linear | RealConv)
        (last.conv if isinstance(last, RealConv) else last).weight.div_(behind[-1])
    return twin


def _take_scaled(each: Weighted, factor: float) -> None:
    """Let a layer give BatchNorm the values it gave before its input was multiplied by a factor."""
    match each.layer:
        case RealConv(conv=conv):
            conv.weight.div_(factor)
        case BinaryConv(alpha=alpha):
            alpha.div_(factor)
        case IntegerConv():
            # Integer weights have no scale of their own: their sums grow with the map.
            scale_statistics(each.norm, torch.tensor(factor))
        case _:
            pass


def scale_statistics(norm: Norm, factor: Tensor) -> None:
    """Adapt running statistics to inputs that are multiplied by ``factor``, a number or [C]."""
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    factor = factor.to(mean.device)
    mean.mul_(factor)
    # What evaluation divides by is the root of variance + eps.
    variance.add_(norm.eps).mul_(factor.square()).sub_(norm.eps).clamp_(min=0.0)


def has_maps(net: Network) -> bool:
    """Return whether the last layer looks at feature maps, not at signs."""
    return net.table.boxes is not None or any(isinstance(block, MapMean | WindowSum) for block in net.layers)


@torch.no_grad()
def best_scales(net: Network, table: Table, frames: Tensor | None) -> tuple[float, ...]:
    """Return the factor of each stretch with which the integers of ``table`` hold the maps of ``net`` best.

    Best is the least sum over maps of the relative squared error.

    Args:
        net: A trained network.
        table: The same rows in the hardware form.
        frames: Pixels 0 .. 255 as float [n, C, H, W]; without any, the factors are the ratio of what
            untrained networks of either table have as the deviation of a map.
    """
    count = stretches(table)[-1] + 1
    guess = Style.of(table, "approx").gain / Style.of(net.table, "approx").gain
    if frames is None:
        return (guess,) * count
    maps: list[list[Tensor]] = [[] for _ in range(count)]
    for number, values in _observed(net, frames):
        maps[number].append(values)
    return tuple(_best_scale(seen, table.dtype, guess) for seen in maps)


def _observed(net: Network, frames: Tensor) -> list[tuple[int, Tensor]]:
    """Return (stretch, values [m]) of each feature map before it is rounded."""
    twin, found = copy.deepcopy(net).eval(), []

    def watch(number: int, values: Tensor) -> None:
        values = values.flatten()
        found.append((number, values[:: math.ceil(len(values) / VALUES_PER_MAP)].float()))

    for block, number in zip(twin.layers, stretches(net.table), strict=True):
        for grid in _map_grids(block):
            grid.register_forward_pre_hook(lambda _, inputs, number=number: watch(number, inputs[0]))
    twin(frames[:CALIBRATION_FRAMES].to(next(net.parameters()).device))
    return found


def _map_grids(block: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules that round a feature map in the hardware form."""
    match block:
        case StemBlock() | WidenBlock():
            yield block[-1]
        case ResidualBlock(branch=branch, grid=grid, shortcut=shortcut):
            yield branch[-1]
            yield grid
            if isinstance(shortcut, nn.Sequential):
                yield shortcut[-1]
        case _:
            pass


def _best_scale(maps: list[Tensor], dtype: IntType, guess: float) -> float:
    power = sum(float(values.square().mean()) for values in maps)
    if not power:
        return guess
    first = Style(paper=False, dtype=dtype).gain / math.sqrt(power / len(maps))
    candidates: list[float] = (first * 2.0**SEARCHED).tolist()
    return min(candidates, key=lambda scale: sum(_error(values, dtype, scale) for values in maps))


def _error(values: Tensor, dtype: IntType, scale: float) -> float:
    """Return the squared error of rounding, relative to the squared values."""
    held = (values * scale).round().clamp(dtype.min, dtype.max) / scale
    return float((held - values).square().sum() / values.square().sum().clamp(min=SMALLEST))
