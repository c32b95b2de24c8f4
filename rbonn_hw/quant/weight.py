"""Integer weights of few bits: each filter fills its range, so that neither a scale nor a clip is learned."""

from typing import Any

import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.function.ops_ste import round_ste
from brevitas.quant.solver import WeightQuantSolver
from torch import Tensor, nn

SMALLEST = 1e-12
"""Magnitude below which a filter counts as this large: one of zeros stays zero."""


def integer_weight(weight: Tensor, bits: int, *, per_filter: bool) -> Tensor:
    """Return ``round(weight / max|weight| * (2**(bits-1) - 1))``; the gradient passes the rounding.

    The scale that this takes away is for what follows to restore: a BatchNorm, or the scale of the scores.
    Weights that are such integers already, and reach the largest, are returned as they are.

    Args:
        weight: [C_out, ..].
        bits: Width of the integers, 2 .. 8 [bits].
        per_filter: Whether the maximum is that of each filter, or of all.
    """
    magnitude = weight.detach().abs()
    largest = magnitude.flatten(1).amax(dim=1) if per_filter else magnitude.amax().view(1)
    largest = largest.clamp_(min=SMALLEST).view(-1, *[1] * (weight.dim() - 1))
    limit = float((1 << (bits - 1)) - 1)
    out: Tensor = round_ste(weight * (limit / largest))
    return out


class IntegerWeightQuant(nn.Module):
    """The tensor function behind :class:`IntegerWeight`, in Brevitas's convention.

    Args:
        bit_width: Width of the integers [bits].
        per_filter: See :func:`integer_weight`.
    """

    def __init__(self, bit_width: int, per_filter: bool) -> None:
        super().__init__()
        self.bit_width, self.per_filter = int(bit_width), per_filter
        self.register_buffer("one", torch.tensor(1.0), persistent=False)
        self.register_buffer("zero", torch.tensor(0.0), persistent=False)
        self.register_buffer("bits", torch.tensor(float(bit_width)), persistent=False)

    def forward(self, x: Tensor) -> tuple[Any, ...]:
        """Return value, scale, zero point, bit width."""
        return integer_weight(x, self.bit_width, per_filter=self.per_filter), self.one, self.zero, self.bits


class IntegerWeight(WeightQuantSolver):
    """Weight quantizer of scale 1; layers take ``weight_bit_width`` and ``weight_per_filter``.

    Brevitas exports the latent weight with a rounding quantizer of scale 1, so a network must hold the
    integers themselves when it is exported: :func:`integer_weight` leaves them as they are.
    """

    quant_type = QuantType.INT
    bit_width_impl_type = BitWidthImplType.CONST
    narrow_range = True
    signed = True
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_impl_type = ScalingImplType.CONST
    scaling_const = 1.0
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    scaling_per_output_channel = False
    tensor_quant = IntegerWeightQuant
    per_filter = True
