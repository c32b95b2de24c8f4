"""The published rule of RBONN, as pure functions: no optimizer state, no autograd.

A binary filter has a latent weight ``w`` whose signs ``b`` are used, and a scale ``alpha = 1/A``, A diagonal.

    minimize  L_S(w, A) + lambda * G(w, A),    G = || b - A w ||^2                           (3.121, 3.122)
    A <- | A - eta1 * (dL_S/dA + lambda * dG/dA) |                                           (3.123, 3.124)
    w <- w - eta2 * (dL_S/dw + lambda * dG/dw) + U * DReLU(w, A)                             (3.125 .. 3.132)
    U <- | U - eta3 * sum(dL_S/dw * DReLU(w of the step before, A)) |                        (3.135, 3.136)

As in 3.124 the factor 2 of the square's derivative is part of lambda. The further term R(w) of 3.122 is not
given by the source and is left out. The right lambda depends on the size of the latent weights,
because dG/dw grows with A.

Functions take all layers of a network at once: lists of [C_out, ..], and vectors [F] of per-filter values as
in :mod:`rbonn_hw.optim.filters`.

Source:
    Xu et al., Recurrent Bilinear Optimization for Binary Neural Networks, ECCV 2022;
    the group's book "Binary Neural Networks", section 3.8, equations 3.121-3.136.
"""

import functools

import torch
from torch import Tensor

from rbonn_hw.optim import filters
from rbonn_hw.optim.filters import Layers, Sizes


def density(values: Tensor, tau: float, sizes: Sizes) -> Tensor:
    """Return True for the filters whose rank in their layer exceeds ``int(C_out * tau)`` (eq. 3.134).

    Args:
        values: [.., F]; rank 1 is the smallest value of a layer, and of equal values the first.
        tau: Share of filters that are never dense, 0 .. 1; 1 opens none.
        sizes: C_out of each layer.

    Returns:
        [.., F], bool.

    Raises:
        ValueError: ``tau`` is outside 0 .. 1.
    """
    if not 0.0 <= tau <= 1.0:
        raise ValueError(f"tau must lie in [0, 1], not {tau!r}")
    order = filters.order(values, sizes)
    dense = _dense_ranks(sizes, tau, values.device).expand_as(order)
    return torch.empty_like(dense, memory_format=torch.contiguous_format).scatter_(-1, order, dense)


@functools.cache
def _dense_ranks(sizes: Sizes, tau: float, device: torch.device) -> Tensor:
    """Return for each rank of each layer whether it is dense, [F]."""
    limits = torch.tensor([int(size * tau) for size in sizes for _ in range(size)], device=device)
    return filters.positions(sizes, device) + 1 > limits


def density_gate(norms: Tensor, inverse_alpha: Tensor, tau: float, sizes: Sizes) -> Tensor:
    """Return where DReLU lets a filter through: its l1 norm is not dense and its 1/alpha is (eq. 3.133).

    Args:
        norms: [.., F], l1 norm of each latent filter.
        inverse_alpha: [F], the diagonal of A.
        tau: See :func:`density`.
        sizes: C_out of each layer.

    Returns:
        [.., F], bool.
    """
    return ~density(norms, tau, sizes) & density(inverse_alpha, tau, sizes)


def backtrack(stepped: Layers, weights: Layers, u: Tensor, gate: Tensor) -> list[Tensor]:
    """Return the recurrent weights ``stepped + U * DReLU(w, A)`` (eq. 3.131, 3.132).

    Args:
        stepped: Latent weights after the gradient step (w of t + 1).
        weights: Latent weights before it (w of t).
        u: [F], learned non-negative step of each filter.
        gate: [F], :func:`density_gate` before the step.
    """
    return list(torch._foreach_add(stepped, filters.scaled(weights, u * gate)))


def coupling_gradients(weights: Layers, inverse_alpha: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return dG/dw of each layer, and dG/dA [F] (eq. 3.122, 3.124).

    Args:
        weights: Latent weights.
        inverse_alpha: [F], the diagonal of A.
    """
    residuals = filters.scaled(weights, inverse_alpha)
    torch._foreach_sub_(residuals, filters.signs(weights))
    by_weight = filters.scaled(residuals, inverse_alpha)
    return by_weight, filters.sums(torch._foreach_mul(weights, residuals))


def inverse_scale_gradient(alpha_gradient: Tensor, alpha: Tensor) -> Tensor:
    """Return dL_S/dA from dL_S/dalpha, both [F]; the forward uses alpha = 1/A, hence -A^-2."""
    return -alpha.square() * alpha_gradient


def step_gradient(slopes: Layers, previous: Layers, gate: Tensor) -> Tensor:
    """Return dL/dU, [F] (eq. 3.136).

    Args:
        slopes: dL_S/dw at the present weights.
        previous: Latent weights of the step before.
        gate: [F], :func:`density_gate` of the norms of ``previous`` and the present A.
    """
    return filters.sums(torch._foreach_mul(slopes, filters.scaled(previous, gate)))


def reflected(x: Tensor, step: Tensor) -> Tensor:
    """Return ``|x - step|``: the update of A and of U, which stay non-negative (eq. 3.123, 3.135)."""
    return (x - step).abs()
