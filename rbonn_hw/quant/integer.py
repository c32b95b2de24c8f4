"""Integer activations on a fixed grid: network input, and shortcuts whose branches share one scale."""

from typing import Any

import numpy as np
import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.quant.solver import ActQuantSolver
from torch import Tensor, nn

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError
from rbonn_hw.quant.activation import Activation


class _Rounded(torch.autograd.Function):
    """Round half to even and saturate forward; backward, the identity inside the range and 0 outside."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.range = low, high
        return x.round().clamp(low, high)  # not in place, see rbonn_hw.quant.sign

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        # Values that round to an end of the range still learn. The operator, one pass over the map, leaves
        # its own ends out: they are the next numbers beyond.
        low, high = (np.float32(end) for end in (ctx.range[0] - 0.5, ctx.range[1] + 0.5))
        below, above = float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))
        return torch.ops.aten.hardtanh_backward(grads[0], x, below, above), None, None


class GridQuant(nn.Module):
    """The tensor function behind :class:`GridActivation`, in Brevitas's convention.

    It is Brevitas's integer quantizer for a constant scale, in a third of the operations.

    Args:
        low: Smallest integer.
        high: Largest integer.
        step: Scale, a power of two: dividing by it is exact.
        bit_width: Width of the integers [bits].
    """

    def __init__(self, low: int, high: int, step: float, bit_width: int) -> None:
        super().__init__()
        self.low, self.high, self.step = float(low), float(high), step
        self.register_buffer("scale", torch.tensor(step), persistent=False)
        self.register_buffer("zero", torch.tensor(0.0), persistent=False)
        self.register_buffer("bits", torch.tensor(float(bit_width)), persistent=False)

    def forward(self, x: Tensor) -> tuple[Any, ...]:
        """Return value, scale, zero point, bit width."""
        if self.step == 1.0:
            value = _Rounded.apply(x, self.low, self.high)  # type: ignore[no-untyped-call]
        else:
            rounded = _Rounded.apply(x / self.step, self.low, self.high)  # type: ignore[no-untyped-call]
            value = rounded * self.step
        return value, self.scale, self.zero, self.bits


class GridActivation(ActQuantSolver):
    """Activation quantizer with a constant scale: round half to even, then saturate."""

    quant_type = QuantType.INT
    bit_width_impl_type = BitWidthImplType.CONST
    narrow_range = False
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    tensor_quant = GridQuant


def grid(dtype: IntType, scale: float = 1.0) -> Activation:
    """Return a layer that rounds to ``scale * q``, q in ``dtype``.

    Two tensors that are added must come from grids of equal scale: their sum is then an integer sum.

    Args:
        dtype: Type of the integer behind each value; at least 2 bits.
        scale: Step of the grid; a power of two keeps float32 arithmetic on it exact.

    Raises:
        ConfigError: One bit, or a scale that is not a power of two.
    """
    if dtype.bits < 2:
        raise ConfigError(f"a grid of {dtype.bits} bit has no integers; use at least 2 bits, or a sign")
    if scale <= 0 or not float(scale).hex().startswith("0x1.0000000000000p"):
        raise ConfigError(f"scale {scale!r} is not a power of two; try 0.5 or 1.0")
    return Activation(
        act_quant=GridActivation,
        bit_width=dtype.bits,
        signed=dtype.signed,
        low=dtype.min,
        high=dtype.max,
        step=float(scale),
    )
