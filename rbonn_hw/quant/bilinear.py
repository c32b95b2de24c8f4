"""The bilinear weight quantizer: ``sign(w) / A`` with the gradients of the published objective.

The networks of this package apply alpha = 1/A behind the convolution instead, on its integer sums, which is
the same function with the same gradients and keeps the convolution in integers; this one is for layers that
take a quantized weight.
"""

from typing import Any

import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError


class _Bilinear(torch.autograd.Function):
    """``sign(w) / A`` forward; backward by equations 3.124 and 3.125, the sign straight through."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, inverse_alpha: Tensor) -> Tensor:
        scale = inverse_alpha.view(-1, *[1] * (weight.dim() - 1)).reciprocal()
        binary = torch.where(weight >= 0, 1.0, -1.0).to(weight.dtype)
        ctx.save_for_backward(binary, scale)
        ctx.shape = inverse_alpha.shape
        return binary * scale

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        binary, scale = ctx.saved_tensors
        by_scale = (grads[0] * binary).flatten(1).sum(dim=1)
        # d(1/A)/dA = -A^-2, and A^-1 is the scale.
        return grads[0] * scale, (-scale.flatten().square() * by_scale).view(ctx.shape)


def bilinear_weight(weight: Tensor, inverse_alpha: Tensor) -> Tensor:
    """Return the binary weight ``sign(w) / A``, sign(0) = +1.

    With g the gradient of the result, the gradient of ``weight`` is ``g / A``, straight through the sign, and
    that of ``inverse_alpha`` is ``-A^-2 * sum(g * sign(w))`` per filter. lambda * dG is the optimizer's part,
    see :func:`rbonn_hw.optim.recurrent.coupling_gradients`.

    Args:
        weight: [C_out, ..], latent weight.
        inverse_alpha: The diagonal of A, C_out elements of any shape, positive.

    Raises:
        ConfigError: The two do not fit.

    Source:
        Xu et al., ECCV 2022; equations 3.121-3.125 of the group's book.
    """
    if inverse_alpha.numel() != len(weight):
        raise ConfigError(
            f"{len(weight)} filters and {inverse_alpha.numel()} values of A; one per filter is needed"
        )
    out: Tensor = _Bilinear.apply(weight, inverse_alpha)  # type: ignore[no-untyped-call]
    return out
