"""The published rule of RBONN, as pure functions: no optimizer state, no autograd.

A binary filter has a latent weight ``w`` whose signs ``b`` are used, and a scale ``alpha = 1/A``, A diagonal.

    minimize  L_S(w, A) + lambda * G(w, A),    G = || b - A w ||^2                           (3.121, 3.122)
    A <- | A - eta1 * (dL_S/dA + lambda * dG/dA) |                                           (3.123, 3.124)
    w <- w - eta2 * (dL_S/dw + lambda * dG/dw) + U * DReLU(w, A)                             (3.125 .. 3.132)
    U <- | U - eta3 * sum(dL_S/dw * DReLU(w of the step before, A)) |                        (3.135, 3.136)

As in 3.124 the factor 2 of the square's derivative is part of lambda. The further term R(w) of 3.122 is not
given by the source and is left out. The right lambda depends on the size of the latent weights,
because dG/dw grows with A.

Source:
    Xu et al., Recurrent Bilinear Optimization for Binary Neural Networks, ECCV 2022;
    the group's book "Binary Neural Networks", section 3.8, equations 3.121-3.136.
"""

import torch
from torch import Tensor


def per_filter(x: Tensor, like: Tensor) -> Tensor:
    """Return ``x`` of shape [C_out] so that it broadcasts over the filters of ``like``, [C_out, ..]."""
    return x.view(-1, *[1] * (like.dim() - 1))


def density(x: Tensor, tau: float) -> Tensor:
    """Return True for the channels whose rank in ``x`` exceeds ``int(C_out * tau)`` (eq. 3.134).

    Args:
        x: [C_out]; rank 1 is the smallest value, and of equal values the first.
        tau: Share of channels that are never dense, 0 .. 1; 1 opens none.

    Returns:
        [C_out], bool.

    Raises:
        ValueError: ``tau`` is outside 0 .. 1.
    """
    if not 0.0 <= tau <= 1.0:
        raise ValueError(f"tau must lie in [0, 1], not {tau!r}")
    order = x.argsort(stable=True)
    rank = order.argsort() + 1
    return rank > int(len(x) * tau)


def density_relu(weight: Tensor, alpha: Tensor, tau: float) -> Tensor:
    """Return ``weight`` where 1/alpha is dense and the filter's l1 norm is not, else 0 (eq. 3.133).

    Args:
        weight: [C_out, ..], latent weight.
        alpha: [C_out], positive scale of each filter.
        tau: See :func:`density`.
    """
    sparse_filter = ~density(weight.flatten(1).abs().sum(dim=1), tau)
    open_filter = sparse_filter & density(alpha.reciprocal(), tau)
    return weight * per_filter(open_filter, weight)


def backtrack(stepped: Tensor, weight: Tensor, alpha: Tensor, u: Tensor, tau: float) -> Tensor:
    """Return the recurrent weight ``stepped + U * DReLU(weight, A)`` (eq. 3.131, 3.132).

    Args:
        stepped: [C_out, ..], latent weight after the gradient step (w of t + 1).
        weight: [C_out, ..], latent weight before it (w of t).
        alpha: [C_out], positive scale of each filter before the step; only its order is read.
        u: [C_out], learned non-negative step of each filter.
        tau: See :func:`density`.
    """
    return stepped + per_filter(u, weight) * density_relu(weight, alpha, tau)


def binary(weight: Tensor) -> Tensor:
    """Return the signs of ``weight``, with sign(0) = +1."""
    return torch.where(weight >= 0, 1.0, -1.0).to(weight.dtype)


def coupling_gradients(weight: Tensor, inverse_alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Return (dG/dw [C_out, ..], dG/dA [C_out]) (eq. 3.122, 3.124).

    Args:
        weight: [C_out, ..], latent weight.
        inverse_alpha: [C_out], the diagonal of A.
    """
    scale = per_filter(inverse_alpha, weight)
    residual = scale * weight - binary(weight)
    return scale * residual, (weight * residual).flatten(1).sum(dim=1)


def inverse_scale_gradient(alpha_gradient: Tensor, alpha: Tensor) -> Tensor:
    """Return dL_S/dA [C_out] from dL_S/dalpha [C_out]; the forward uses alpha = 1/A, hence -A^-2."""
    return -alpha.square() * alpha_gradient


def step_gradient(weight_gradient: Tensor, previous: Tensor, alpha: Tensor, tau: float) -> Tensor:
    """Return dL/dU [C_out] (eq. 3.136).

    Args:
        weight_gradient: [C_out, ..], dL_S/dw at the present weight.
        previous: [C_out, ..], latent weight of the step before.
        alpha: [C_out], present scale of each filter.
        tau: See :func:`density`.
    """
    return (weight_gradient * density_relu(previous, alpha, tau)).flatten(1).sum(dim=1)


def reflected(x: Tensor, step: Tensor) -> Tensor:
    """Return ``|x - step|``: the update of A and of U, which stay non-negative (eq. 3.123, 3.135)."""
    return (x - step).abs()
