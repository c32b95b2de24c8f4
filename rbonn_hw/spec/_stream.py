"""What every kernel has in common: streams in, streams out, cycles and area."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError


@dataclass(frozen=True, slots=True)
class StreamPort:
    """One valid-ready stream of an RTL module: ports ``<name>_valid``, ``<name>_ready``, ``<name>_data``.

    The direction suffix is ``_i`` or ``_o`` as lowRISC's style has it (``in_ready_o`` on an input stream).

    Attributes:
        name: Prefix in the RTL, such as ``in``, ``in0``, ``out``.
        lanes: Elements per beat.
        dtype: Type of a lane.
        beats: Beats per frame.
    """

    name: str
    lanes: int
    dtype: IntType
    beats: int

    @property
    def width_bits(self) -> int:
        """Width of the data port [bits]."""
        return self.lanes * self.dtype.bits


@dataclass(frozen=True, slots=True)
class Area:
    """Resources of a kernel on a 7-series part; an estimate from its formula, not a synthesis result."""

    lut: int = 0
    ff: int = 0
    ramb18: int = 0
    dsp: int = 0


class KernelSpec(Protocol):
    """What the compiler asks of every kernel's specification."""

    MODULE: ClassVar[str]
    READY_THROUGH: ClassVar[bool]
    """Whether an input's ready follows an output's ready within the cycle; else it leaves from a register."""

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Input streams in port order."""

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Output streams in port order."""

    @property
    def cycles_per_frame(self) -> int:
        """Clock cycles between frames when nothing stalls [cycles]."""

    def rtl_parameters(self) -> dict[str, int]:
        """Integer parameters of the RTL module, spelled as there."""

    def area(self) -> Area:
        """Estimated resources."""


def check_divides(name: str, fold: int, size_name: str, size: int) -> None:
    """Check that ``fold`` divides ``size``.

    Raises:
        FoldingError: It does not; the message lists the values that do.
    """
    if size < 1 or fold < 1 or size % fold:
        legal = [divisor for divisor in range(1, size + 1) if size % divisor == 0]
        raise FoldingError(f"{name}={fold} must divide {size_name}={size}; try one of {legal}")


def ceil_log2(n: int) -> int:
    """Return the bits that count ``n`` states, at least 1."""
    return max(1, (n - 1).bit_length())
