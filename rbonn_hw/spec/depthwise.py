"""What a depthwise convolution over windows is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar, get_args

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec import _ram
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides
from rbonn_hw.spec.mvau import BLOCK_MIN_BITS, BLOCK_MIN_DEPTH, MAX_INPUT_BITS, RamStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthwiseSpec:
    """Shape and folding of one unit: each channel's taps times that channel's weights.

    Attributes:
        channels: Elements of a pixel.
        taps: Pixels of a window.
        pe: Channels per beat; divides ``channels``.
        simd: Taps per beat; divides ``taps``, and is 1 unless a beat has all channels.
        input: Type of an input element, 1 .. 16 bits; zero is a real zero.
        weight_bits: 1 for BIPOLAR weights (bit 1 is +1, bit 0 is -1), 2 .. 8 for signed integers [bits].
        output: Type of a result; None takes one that holds every result these types allow.
        ram_style: Where the weights live.
        vectors: Windows per frame.

    Raises:
        FoldingError: ``pe`` or ``simd`` does not divide, or ``simd`` needs all channels.
        SpecError: A width is out of its range.
    """

    MODULE: ClassVar[str] = "rbonn_depthwise"
    READY_THROUGH: ClassVar[bool] = False

    channels: int
    taps: int
    pe: int
    simd: int = 1
    input: IntType
    weight_bits: int
    output: IntType | None = None
    ram_style: RamStyle = "auto"
    vectors: int = 1

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        check_divides("simd", self.simd, "taps", self.taps)
        if self.simd > 1 and self.pe < self.channels:
            raise FoldingError(
                f"simd={self.simd} taps a beat need pe={self.pe} to be all {self.channels} channels; "
                f"raise pe first"
            )
        if not 1 <= self.weight_bits <= 8:
            raise SpecError(
                f"weight_bits={self.weight_bits} must lie in 1 .. 8; 1 is BIPOLAR, 2 .. 8 is signed"
            )
        if self.input.bits > MAX_INPUT_BITS:
            raise SpecError(
                f"input={self.input.qonnx_name} is wider than {MAX_INPUT_BITS} bits; quantize it to fewer"
            )
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        if self.ram_style not in get_args(RamStyle):
            raise SpecError(f"ram_style={self.ram_style!r} must be one of {get_args(RamStyle)}")

    @property
    def fold(self) -> int:
        """Beats per tap."""
        return self.channels // self.pe

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest result that any weights and inputs of these types can give."""
        half = 1 << (self.weight_bits - 1)
        weights = (-1, 1) if self.weight_bits == 1 else (-half, half - 1)
        products = [weight * x for weight in weights for x in (self.input.min, self.input.max)]
        return self.taps * min(products), self.taps * max(products)

    @property
    def output_type(self) -> IntType:
        """Type of a result."""
        return self.output or IntType.holding(*self.bounds)

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """The windows, tap by tap, channels innermost."""
        beats = self.vectors * self.weight_rows
        return (StreamPort("in", self.simd * self.pe, self.input, beats),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """A pixel for each window."""
        return (StreamPort("out", self.pe, self.output_type, self.vectors * self.fold),)

    @property
    def weight_rows(self) -> int:
        """Rows of the weight memory, and beats of a window [words]."""
        return self.taps // self.simd * self.fold

    @property
    def weight_row_bits(self) -> int:
        """Width of a row of the weight memory [bits]."""
        return self.pe * self.simd * self.weight_bits

    @property
    def block_rom(self) -> bool:
        """Whether weights live in block RAM."""
        if self.ram_style == "auto":
            bits = self.weight_rows * self.weight_row_bits
            return self.weight_rows >= BLOCK_MIN_DEPTH and bits >= BLOCK_MIN_BITS
        return self.ram_style == "block"

    @property
    def cycles_per_frame(self) -> int:
        """One input beat per cycle [cycles]."""
        return self.inputs[0].beats

    @property
    def dot_stages(self) -> int:
        """Pipeline depth of the products and their sum (``DotStages`` in the RTL) [cycles]."""
        return int(self.weight_bits > 1) + ((self.simd - 1).bit_length() + 1) // 2

    @property
    def latency_cycles(self) -> int:
        """From a window's last beat to its result on the output [cycles]."""
        return self.dot_stages + (5 if self.block_rom else 4)

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_depthwise``, spelled as in the RTL; the memory file is not among them."""
        return {
            "PE": self.pe,
            "Fold": self.fold,
            "Taps": self.taps,
            "SIMD": self.simd,
            "InWidth": self.input.bits,
            "InSigned": int(self.input.signed),
            "WeightWidth": self.weight_bits,
            "AccWidth": self.output_type.bits,
            "BlockRom": int(self.block_rom),
        }

    def area(self) -> Area:
        """Products, their sums, accumulators, weights and the output FIFO; an estimate from the structure."""
        acc_bits, lanes = self.pe * self.output_type.bits, self.pe * self.simd
        product_bits = self.input.bits + (self.weight_bits if self.weight_bits > 1 else 1)
        lut = 20 + 3 * ceil_log2(self.weight_rows) + acc_bits + -(-acc_bits * 4 // 6)
        ff = 20 + 5 * self.dot_stages + 3 * acc_bits + lanes * self.input.bits
        dsp, ramb18 = 0, 0
        if self.weight_bits > 1:
            dsp = lanes if product_bits > 8 else 0
            lut += 0 if dsp else lanes * self.input.bits * self.weight_bits
            ff += lanes * product_bits
        lut += (lanes - self.pe) * product_bits
        if self.fold > 1:
            lut, ff = lut + _ram.distributed_luts(self.fold, acc_bits), ff + acc_bits
        if self.block_rom:
            ramb18 = _ram.ramb18(self.weight_rows, self.weight_row_bits, written=False)
            ff += self.weight_row_bits + lanes * self.input.bits
        else:
            lut += self.weight_row_bits * -(-self.weight_rows // 64)
            ff += self.weight_row_bits
        return Area(lut=lut, ff=ff, ramb18=ramb18, dsp=dsp)
