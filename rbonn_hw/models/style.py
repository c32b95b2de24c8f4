"""What the form of a network decides for all its layers alike."""

from dataclasses import dataclass

from torch import nn

from rbonn_hw.datatypes import IntType
from rbonn_hw.models.table import Table
from rbonn_hw.quant.integer import grid

GAIN = 2.0
"""Standard deviation of a branch before its INT4 grid [steps]: +-3.5 deviations fit."""
SIGN_WINDOW = 3.0
"""Half width of the sign's gradient [steps of the INT4 grid]: wide enough for most of a map to learn."""
SMALLEST_WINDOW = 1.5
"""On coarser grids: then the integers -1, 0 and 1 learn [steps]."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the layers of a network are made.

    Attributes:
        paper: Whether maps and the first and last layers are real.
        dtype: Type of the feature maps between rows in the hardware form.
        gradient: Backward of the sign of an activation; see :class:`rbonn_hw.quant.sign.SignActivation`.
    """

    paper: bool
    dtype: IntType
    gradient: str = "approx"

    @classmethod
    def of(cls, table: Table, gradient: str) -> "Style":
        """Return the style of a table."""
        return cls(table.paper, table.dtype, gradient)

    @property
    def gain(self) -> float:
        """Initial gamma of a BatchNorm before a map: the standard deviation that the map then has."""
        return 1.0 if self.paper else GAIN * 2.0 ** (self.dtype.bits - 4)

    @property
    def window(self) -> float:
        """Half width of the gradient of a map's sign."""
        return 1.0 if self.paper else max(SMALLEST_WINDOW, SIGN_WINDOW * 2.0 ** (self.dtype.bits - 4))

    def map_grid(self) -> nn.Module:
        """Return the layer behind which a feature map holds integers; the identity in the paper form."""
        return nn.Identity() if self.paper else grid(self.dtype)

    def byte_grid(self) -> nn.Module:
        """Return the layer behind which the image holds integers; the identity in the paper form."""
        return nn.Identity() if self.paper else grid(IntType(8, signed=False))
