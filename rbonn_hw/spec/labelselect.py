"""What a label-select (arg-max) unit is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort, check_divides


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelectSpec:
    """Shape and folding of one label-select unit: the index of the largest of ``labels`` values.

    Attributes:
        labels: Elements of a vector.
        pe: Elements per beat; divides ``labels``.
        input: Type of an element.
        vectors: Vectors per frame.

    Raises:
        FoldingError: ``pe`` does not divide ``labels``.
        SpecError: ``vectors`` is out of range.
    """

    MODULE: ClassVar[str] = "rbonn_labelselect"
    READY_THROUGH: ClassVar[bool] = True

    labels: int
    pe: int
    input: IntType
    vectors: int = 1

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "labels", self.labels)
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")

    @property
    def folds(self) -> int:
        """Beats per vector."""
        return self.labels // self.pe

    @property
    def output(self) -> IntType:
        """Type of an index."""
        return IntType.holding(0, self.labels - 1)

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """The scores."""
        return (StreamPort("in", self.pe, self.input, self.folds * self.vectors),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """One index per vector."""
        return (StreamPort("out", 1, self.output, self.vectors),)

    @property
    def cycles_per_frame(self) -> int:
        """Clock cycles between frames when nothing stalls [cycles]."""
        return self.folds * self.vectors

    @property
    def latency_cycles(self) -> int:
        """From the last accepted beat of a vector to its index when nothing stalls [cycles]."""
        return (self.pe - 1).bit_length() + 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_labelselect``, spelled as in the RTL."""
        return {
            "Labels": self.labels,
            "Pe": self.pe,
            "InWidth": self.input.bits,
            "InSigned": int(self.input.signed),
        }

    def area(self) -> Area:
        """Estimate: a comparator, a choice and a register for each of the ``pe`` comparisons of a beat.

        Within 5 % of Yosys (synth_xilinx, xc7) in LUT and FF from 10 unfolded 16-bit labels on.
        """
        lut = 2 + self.pe * (self.input.bits // 2 + self.input.bits + 2)
        return Area(lut=lut, ff=self.pe * (self.input.bits + 1) + 2 * self.output.bits)
