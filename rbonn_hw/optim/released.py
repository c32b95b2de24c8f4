"""The arithmetic of RBONN's released code, as pure functions; it differs from the published rule.

With ``scale = |s|``, one s per filter, drawn from N(0, 1):

    forward     the binary weight is sign(w_eff) * 0.02 * scale, hence alpha = 0.02 * scale
    w_eff       w - u * grad_w(of the step before) * gate
    grad_w      g * scale + lambda * (w_eff - 0.02 * sign(w_eff) * scale)
    grad_scale  sum(g * w_eff) - lambda * sum((w_eff - 0.02 * sign(w_eff) * scale) * 0.02 * sign(w_eff))
    grad_s      grad_scale * sign(s)
    grad_u      -sum(grad_w * grad_w(of the step before) * gate)       by the chain rule through w_eff

g is the gradient of the binary weight. The gate takes the order of the scales (what a sort returns beside the
values) for their ranks, so that which filters it opens is in effect random; the l1 norms play no part.

Functions take all layers of a network at once, as in :mod:`rbonn_hw.optim.recurrent`.

Source:
    github.com/SteveTsui/RBONN, rbonn.py, as of commit c3ae0ba.
"""

import functools

import torch
from torch import Tensor

from rbonn_hw.optim import filters
from rbonn_hw.optim.filters import Layers, Sizes

BIN = 0.02
"""Magnitude of a binary weight of scale 1."""

SMALLEST_SCALE = 1e-6
"""Where the released code would have a filter of zeros; alpha stays positive."""


def scales(s: Tensor) -> Tensor:
    """Return ``|s|``, kept off 0, [F] for s [F]; alpha is 0.02 of it."""
    return s.abs().clamp(min=SMALLEST_SCALE)


def mistaken_gate(scale: Tensor, tau: float, sizes: Sizes) -> Tensor:
    """Return which filters are backtracked.

    Filter i is open if the i-th entry of the layer's ascending order, itself the position of a filter, is
    below ``int(C_out * (1 - tau))``. Its rank would have to be.

    Args:
        scale: [F].
        tau: Share of filters that stay closed, 0 .. 1.
        sizes: C_out of each layer.

    Returns:
        [F], bool.
    """
    position = filters.positions(sizes, scale.device)
    return position[filters.order(scale, sizes)] < _limits(sizes, tau, scale.device)


@functools.cache
def _limits(sizes: Sizes, tau: float, device: torch.device) -> Tensor:
    return torch.tensor([int(size * (1 - tau)) for size in sizes for _ in range(size)], device=device)


def weight_gradients(alpha_slopes: Layers, weights: Layers, scale: Tensor, coupling: float) -> list[Tensor]:
    """Return grad_w of each layer.

    Args:
        alpha_slopes: ``alpha * g``, what reaches a latent weight through alpha behind the convolution.
        weights: w_eff.
        scale: [F].
        coupling: lambda.
    """
    residuals = _residuals(weights, scale)
    torch._foreach_mul_(residuals, coupling)
    # alpha * g = 0.02 * scale * g, of which the released code leaves out the 0.02.
    torch._foreach_add_(residuals, torch._foreach_div(alpha_slopes, BIN))
    return residuals


def scale_gradient(alpha_slopes: Layers, weights: Layers, scale: Tensor, coupling: float) -> Tensor:
    """Return grad_scale, [F]; arguments as in :func:`weight_gradients`."""
    loss_part = filters.sums(torch._foreach_mul(alpha_slopes, weights)) / (BIN * scale)
    coupling_part = filters.sums(torch._foreach_mul(_residuals(weights, scale), filters.signs(weights))) * BIN
    return loss_part - coupling * coupling_part


def effective(weights: Layers, former_gradients: Layers, u: Tensor, gate: Tensor) -> list[Tensor]:
    """Return w_eff of each layer.

    Args:
        weights: w.
        former_gradients: grad_w of the step before.
        u: [F].
        gate: [F], see :func:`mistaken_gate`.
    """
    return list(torch._foreach_sub(weights, filters.scaled(former_gradients, u * gate)))


def u_gradient(slopes: Layers, former_gradients: Layers, gate: Tensor) -> Tensor:
    """Return grad_u, [F], from grad_w and that of the step before."""
    return -filters.sums(torch._foreach_mul(slopes, filters.scaled(former_gradients, gate)))


def _residuals(weights: Layers, scale: Tensor) -> list[Tensor]:
    binary = filters.scaled(filters.signs(weights), BIN * scale)
    return list(torch._foreach_sub(weights, binary))
