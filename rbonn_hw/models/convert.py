"""A trained network in another form: from real feature maps to integers, or to integers of another width.

Feature maps are multiplied by a factor first (:mod:`rbonn_hw.models.map_scale`), which changes nothing in the
paper form; then real weights become ones of few bits, and BatchNorm's statistics follow. What remains to be
learned by fine-tuning: the rounding itself, the border of -1 instead of 0, and what the classifier's bias
did, which the hardware form does not have.
"""

import logging
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.blocks import MapMean, MapPool, WindowSum
from rbonn_hw.models.layers import Norm
from rbonn_hw.models.map_scale import (
    Weighted,
    best_scales,
    has_maps,
    scale_statistics,
    scaled_maps,
    stretches,
    weighted,
)
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import BinaryConv, BinaryLinear, IntegerConv, RealConv, RealLinear, Scores
from rbonn_hw.quant.weight import SMALLEST

CUTS = torch.arange(20, 41) / 40.0
"""Largest magnitudes of a weight that are tried, relative to the largest weight."""
BATCH = 64
"""Calibration frames in a forward pass."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A converted network.

    Attributes:
        network: In evaluation mode.
        map_scales: Factor on the values of the feature maps, for each stretch of rows.
        score_scale: Factor that turns the scores of ``network`` into those of the network it was made from,
            but for what was lost.
    """

    network: Network
    map_scales: tuple[float, ...]
    score_scale: float


@torch.no_grad()
def to_form(
    net: Network, table: Table, frames: Tensor | None = None, *, gradient: str = "approx", shifts: bool = True
) -> Conversion:
    """Return a trained network in the form of a table.

    Args:
        net: Trained, with binary weights and activations; it is left as it is.
        table: The same rows, in the hardware form; or what ``net`` already has.
        frames: Training frames by which to choose factors and to estimate BatchNorm's statistics, pixels
            0 .. 255 as float [n, C, H, W]; some hundreds are enough.
        gradient: See :class:`~rbonn_hw.models.network.Network`.
        shifts: See :class:`~rbonn_hw.models.network.Network`.

    Raises:
        ConfigError: Another network, weights or activations that are not binary, maps that would become real
            again, or a single frame.
    """
    _check(net, table, frames)
    mine = net.table
    changes = (mine.form, mine.bits) != (table.form, table.bits) and not table.paper
    scales = (1.0,) * (stretches(table)[-1] + 1)
    if changes and has_maps(net):
        scales = best_scales(net, table, frames)
    source = scaled_maps(net, scales)
    target = build(table, 0, gradient=gradient, shifts=shifts).to(next(net.parameters()).device)
    # Absent are alphas of layers that were real; left over, the classifier's bias.
    target.load_state_dict(source.state_dict(), strict=False)
    gain = 1.0 if mine.paper else scales[-1]
    for old, new in zip(source.layers, target.layers, strict=True):
        for former, layer in zip(weighted(old), weighted(new), strict=True):
            _requantize(former, layer)
        gain *= _score_gain(old, new)
    if changes and frames is not None:
        _estimate_norms(target, frames)
    target.constrain()
    _log.info("maps times %s, scores times %.4g", [f"{scale:.4g}" for scale in scales], 1.0 / gain)
    return Conversion(network=target.eval(), map_scales=scales, score_scale=1.0 / gain)


def _check(net: Network, table: Table, frames: Tensor | None) -> None:
    mine = net.table
    if (mine.frame, mine.rows) != (table.frame, table.rows):
        raise ConfigError(
            f"network {mine.name!r} of width {mine.width:g} cannot become {table.name!r} of width "
            f"{table.width:g}; convert it to {mine.name!r} of width {mine.width:g}"
        )
    if net.binarization != "both":
        raise ConfigError(
            f"{mine.name}: a network with binarization {net.binarization!r} has no signs to keep; "
            "call binarize('both') first"
        )
    if table.paper and not mine.paper:
        raise ConfigError(f"{mine.name}: form 'hardware' cannot become 'paper'; convert it to 'hardware'")
    if frames is not None and (len(frames) < 2 or tuple(frames.shape[1:]) != mine.frame):
        raise ConfigError(
            f"{mine.name}: calibration frames {tuple(frames.shape)} must be 2 or more of {mine.frame}; "
            f"give {(256, *mine.frame)}"
        )


def _requantize(former: Weighted, present: Weighted) -> None:
    """Let a layer that was given the weights of another type use them, and BatchNorm its sums."""
    factor = torch.tensor(present.pool_factor / former.pool_factor)
    old, new = former.layer, present.layer
    if isinstance(old, RealConv | RealLinear) and isinstance(new, BinaryConv | BinaryLinear):
        weight, alpha = new.pair()
        largest = weight.abs().amax().clamp(min=SMALLEST)
        weight.div_(largest)
        alpha.copy_(weight.abs().flatten(1).mean(dim=1).clamp(min=SMALLEST).view_as(alpha))
        factor = factor / largest.cpu()
    elif isinstance(old, RealConv) and isinstance(new, IntegerConv):
        cut = _best_cut(new.conv.weight.flatten(1), new.bits)
        edge = cut.view(-1, 1, 1, 1)
        new.conv.weight.copy_(new.conv.weight.clamp(-edge, edge))
        factor = factor * (_limit(new.bits) / cut).cpu()
    scale_statistics(present.norm, factor)


def _score_gain(old: nn.Module, new: nn.Module) -> float:
    """Return how much larger scores become by the rows behind the maps, and fit the classifier's weights."""
    match old, new:
        case MapMean(), MapMean():
            return float(new.factor / old.factor)
        case WindowSum(), WindowSum():
            pools = old[0], new[0]
            assert isinstance(pools[0], MapPool)
            assert isinstance(pools[1], MapPool)
            return pools[1].factor / pools[0].factor
        case nn.Linear(), Scores() if not isinstance(old, Scores):
            return _fit_scores(new.weight, new.weight_bits)
        case RealConv(), IntegerConv():
            return _fit_scores(new.conv.weight, new.bits)
        case _:
            return 1.0


def _fit_scores(weight: Tensor, bits: int) -> float:
    """Bring real weights to where integers hold them best; return integers per weight."""
    if bits == 1:
        mean, largest = weight.abs().mean(), weight.abs().amax().clamp(min=SMALLEST)
        weight.div_(largest)
        return 1.0 / float(mean.clamp(min=SMALLEST))
    cut = float(_best_cut(weight.flatten().unsqueeze(0), bits))
    weight.clamp_(-cut, cut)
    return _limit(bits) / cut


def _limit(bits: int) -> float:
    """Return the largest integer weight."""
    return float((1 << (bits - 1)) - 1)


def _best_cut(rows: Tensor, bits: int) -> Tensor:
    """Return the magnitude [n] at which to cut each of ``rows`` [n, m], so that integers hold it best."""
    best = rows.abs().amax(dim=1).clamp(min=SMALLEST)
    largest, least = best.clone(), torch.full_like(best, torch.inf)
    for share in CUTS.flip(0).tolist():
        step = (largest * share / _limit(bits)).unsqueeze(1)
        held = (rows / step).round().clamp(-_limit(bits), _limit(bits)) * step
        error = (held - rows).square().sum(dim=1)
        best = torch.where(error < least, largest * share, best)
        least = torch.minimum(error, least)
    return best


def _estimate_norms(net: Network, frames: Tensor) -> None:
    """Replace BatchNorm's running statistics by those of ``frames``."""
    norms = [module for module in net.modules() if isinstance(module, Norm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        # The mean of all batches.
        norm.momentum = None
    net.train()
    device = next(net.parameters()).device
    for part in frames.chunk(max(1, len(frames) // BATCH)):
        net(part.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
