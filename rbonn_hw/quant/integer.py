"""Integer activations on a fixed grid: network input, and shortcuts whose branches share one scale."""

import brevitas.nn as qnn
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.quant.solver import ActQuantSolver

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError


class GridActivation(ActQuantSolver):
    """Activation quantizer with a constant scale: round half to even, then saturate."""

    quant_type = QuantType.INT
    bit_width_impl_type = BitWidthImplType.CONST
    narrow_range = False
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint


def grid(dtype: IntType, scale: float = 1.0) -> qnn.QuantIdentity:
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
    limits = {"min_val": scale * dtype.min, "max_val": scale * dtype.max}
    return qnn.QuantIdentity(
        act_quant=GridActivation, bit_width=dtype.bits, signed=dtype.signed, scaling_const=scale, **limits
    )
