"""What a multi-threshold unit is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec import _ram
from rbonn_hw.spec._stream import Area, StreamPort, check_divides

MAX_STEPS = 255
"""Most thresholds per channel."""
DIRECT_DEPTH = 64
"""A stage whose table has more entries per lane takes two cycles (``DirectDepth`` in the RTL)."""
LOGIC_DEPTH = 256
"""A table with more entries per lane is a block RAM (``LogicDepth`` in the RTL), unless it is narrow."""
LOGIC_LUTS = _ram.LUTS_PER_RAMB18
"""Most LUTs that a deeper table takes instead (``LogicLuts`` in the RTL)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSpec:
    """Shape and folding of one multi-threshold unit, ``out = out_bias + #{k : x >= T[k]}`` per channel.

    Attributes:
        channels: Elements of a vector.
        pe: Elements per beat; divides ``channels``.
        steps: Thresholds per channel, 1 .. 255; any number, not only ``2**n - 1``.
        input: Type of an input element.
        output: Type of an output element; holds ``out_bias .. out_bias + steps``.
        out_bias: What an input below all thresholds gives.
        flip: Whether single channels may be flipped, that is, compare ``-x``.
        vectors: Vectors (pixels) per frame.

    Raises:
        FoldingError: ``pe`` does not divide ``channels``.
        SpecError: ``steps``, ``vectors`` or ``output`` is out of range.
    """

    MODULE: ClassVar[str] = "rbonn_threshold"
    READY_THROUGH: ClassVar[bool] = True

    channels: int
    pe: int
    steps: int
    input: IntType
    output: IntType
    out_bias: int = 0
    flip: bool = False
    vectors: int = 1

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        if not 1 <= self.steps <= MAX_STEPS:
            raise SpecError(
                f"steps={self.steps} must lie in 1 .. {MAX_STEPS}: quantize to 8 bits or fewer, or use a sign"
            )
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        low, high = self.out_bias, self.out_bias + self.steps
        if low < self.output.min or high > self.output.max:
            raise SpecError(
                f"output={self.output.qonnx_name} does not hold {low} .. {high}; "
                f"use {IntType.holding(low, high).qonnx_name}"
            )

    @property
    def folds(self) -> int:
        """Beats per vector."""
        return self.channels // self.pe

    @property
    def stages(self) -> int:
        """Comparisons that find one count among ``steps + 1``."""
        return self.steps.bit_length()

    @property
    def threshold_bits(self) -> int:
        """Width of a stored threshold: an input offset, and one that no input reaches [bits]."""
        return self.input.bits + 1

    @property
    def threshold_rows(self) -> int:
        """Rows of the threshold memory: those of the deepest stage."""
        return self.folds << (self.stages - 1)

    @property
    def threshold_row_bits(self) -> int:
        """Width of a row of the threshold memory [bits]."""
        return self.stages * self.pe * self.threshold_bits

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """The vectors to quantize."""
        return (StreamPort("in", self.pe, self.input, self.folds * self.vectors),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """The counts, in the order of the input."""
        return (StreamPort("out", self.pe, self.output, self.folds * self.vectors),)

    @property
    def cycles_per_frame(self) -> int:
        """Clock cycles between frames when nothing stalls [cycles]."""
        return self.folds * self.vectors

    @property
    def latency_cycles(self) -> int:
        """From an accepted beat to its result when nothing stalls [cycles]."""
        return sum(2 if self.folds << stage > DIRECT_DEPTH else 1 for stage in range(self.stages))

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_threshold``, spelled as in the RTL; the memory files are not among them."""
        return {
            "Channels": self.channels,
            "Pe": self.pe,
            "Steps": self.steps,
            "InWidth": self.input.bits,
            "OutWidth": self.output.bits,
            "InSigned": int(self.input.signed),
            "Flip": int(self.flip),
            "OutBias": self.out_bias,
        }

    def area(self) -> Area:
        """Estimate: per lane and stage a comparator, a table and the pipeline registers.

        With tables in LUTs within 25 % of Yosys (synth_xilinx, xc7) in LUT and FF, mostly within 10 %.
        """
        lut, ramb18 = 10, 0
        ff = self.latency_cycles * max(1, (self.folds - 1).bit_length())
        for stage in range(self.stages):
            depth = self.folds << stage
            table_luts = self.threshold_bits * (-(-depth // 64) + int(depth > LOGIC_DEPTH))
            lane_lut, lane_ff = self.input.bits // 2 + 1, stage + 1
            if depth > DIRECT_DEPTH:
                lane_ff += self.input.bits + stage
            if depth > LOGIC_DEPTH and (depth > 4 * LOGIC_DEPTH or table_luts > LOGIC_LUTS):
                ramb18 += self.pe * _ram.ramb18(depth, self.threshold_bits)
            elif depth > 32:
                lane_lut += table_luts
                lane_ff += self.threshold_bits * (depth > DIRECT_DEPTH)
            elif depth > 1:
                lane_lut = self.input.bits + 5  # a bit of the table and of the comparator share a LUT
            if depth > 1 or stage < self.stages - 1:
                lane_ff += self.input.bits
            lut, ff = lut + self.pe * lane_lut, ff + self.pe * lane_ff
        return Area(lut=lut, ff=ff, ramb18=ramb18)
