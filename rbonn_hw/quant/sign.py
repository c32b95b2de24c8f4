"""Binary weights and activations: values are exactly -1 and +1, and sign(0) = +1.

Both are Brevitas quantizers, so Brevitas's exporter writes them as QONNX ``BipolarQuant`` with scale 1.
"""

from typing import Any

import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError


def _signs(x: Tensor) -> Tensor:
    """Return +1 where ``x`` >= 0 and -1 elsewhere, in the type and layout of ``x``; without a mask in memory.

    The half moves -1, 0, 1 to where no value is 0. The last operation is not in place: compiled by PyTorch
    2.11, a function of ours whose result was written in place passes gradients of 0.
    """
    return x.sign().add_(0.5).sign()


class _ApproxSign(torch.autograd.Function):
    """Sign forward, the derivative of a piecewise quadratic backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, window: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.window = window
        return _signs(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        slope = x.abs().div_(ctx.window).neg_().add_(1.0).clamp_(min=0.0).mul_(2.0 / ctx.window)
        return slope.mul_(grads[0]), None


def approx_sign(x: Tensor, window: float = 1.0) -> Tensor:
    """Return the sign of ``x``, with sign(0) = +1 and a triangular gradient.

    The gradient is ``2/window * (1 - |x|/window)`` inside ``|x| < window`` and 0 outside.

    Args:
        x: Any shape.
        window: Half width of the gradient; 1 is the published function. A feature map whose step is an
            integer needs a wider one, or only its values 0 and +-1 would learn.

    Source:
        Liu et al., Bi-Real Net, ECCV 2018, section 3.2; used by ReActNet, ECCV 2020.
    """
    out: Tensor = _ApproxSign.apply(x, window)  # type: ignore[no-untyped-call]
    return out


class _ClippedSign(torch.autograd.Function):
    """Sign forward, the identity inside a window backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, window: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.window = window
        return _signs(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return grads[0] * (x.abs() <= ctx.window), None


def clipped_sign(x: Tensor, window: float = 1.0) -> Tensor:
    """Return the sign of ``x``, with sign(0) = +1 and the plain straight-through gradient.

    The gradient is 1 inside ``|x| <= window`` and 0 outside.

    Args:
        x: Any shape.
        window: Half width of the gradient; 1 is the published function.

    Source:
        Hubara et al., Binarized Neural Networks, NeurIPS 2016, equation 4.
    """
    out: Tensor = _ClippedSign.apply(x, window)  # type: ignore[no-untyped-call]
    return out


GRADIENTS = {"approx": approx_sign, "clip": clipped_sign}
"""Name of a gradient to the sign that has it."""


class SignQuant(nn.Module):
    """The tensor function behind :class:`SignActivation`, in Brevitas's convention.

    Args:
        window: See :func:`approx_sign`.
        gradient: Name in :data:`GRADIENTS`.

    Raises:
        ConfigError: An unknown gradient.
    """

    def __init__(self, window: float, gradient: str) -> None:
        super().__init__()
        if gradient not in GRADIENTS:
            raise ConfigError(f"gradient {gradient!r} is none of {', '.join(GRADIENTS)}; try 'approx'")
        self.window, self.sign = window, GRADIENTS[gradient]
        self.register_buffer("one", torch.tensor(1.0), persistent=False)
        self.register_buffer("zero", torch.tensor(0.0), persistent=False)

    def forward(self, x: Tensor) -> tuple[Any, ...]:
        """Return value, scale, zero point, bit width."""
        return self.sign(x, self.window), self.one, self.zero, self.one


class SignActivation(ActQuantSolver):
    """Activation quantizer for ``brevitas.nn.QuantIdentity``: sign with one of :data:`GRADIENTS`."""

    quant_type = QuantType.BINARY
    bit_width_impl_type = BitWidthImplType.CONST
    bit_width = 1
    signed = True
    narrow_range = True
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    min_val = -1.0
    max_val = 1.0
    tensor_quant = SignQuant
    window = 1.0
    gradient = "approx"


class SignWeight(WeightQuantSolver):
    """Weight quantizer of scale 1; the gradient passes straight through, without a clip.

    The per-filter scale alpha is not here but behind the convolution, on the integer accumulator: what the
    convolution computes is then exact integer arithmetic in every implementation.
    """

    quant_type = QuantType.BINARY
    bit_width_impl_type = BitWidthImplType.CONST
    bit_width = 1
    signed = True
    narrow_range = True
    scaling_impl_type = ScalingImplType.CONST
    scaling_const = 1.0
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    scaling_per_output_channel = False
