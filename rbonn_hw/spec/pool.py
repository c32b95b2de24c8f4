"""What a max- or sum-pool of non-overlapping windows is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._ram import AUTO, distributed_luts, in_block_ram, ramb18
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides

MAX, SUM = "max", "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """Shape, folding and types of one pool; the stride is the window.

    Attributes:
        kind: ``max`` (of BINARY values: or) or ``sum``.
        channels: Elements of a pixel.
        pe: Elements per beat; divides ``channels``.
        height: Rows of the map [pixels].
        width: Columns of the map [pixels].
        kernel_h: Rows of a window; divides ``height`` [pixels].
        kernel_w: Columns of a window; divides ``width`` [pixels].
        input: Type of an input element.
        output: Type of an output element: ``input`` for ``max``, holding every sum for ``sum``.

    Raises:
        FoldingError: ``pe`` does not divide ``channels``, or the windows do not tile the map.
        SpecError: Unknown ``kind``, or ``output`` does not fit it.
    """

    MODULE: ClassVar[str] = "rbonn_pool"
    READY_THROUGH: ClassVar[bool] = True

    kind: str
    channels: int
    pe: int
    height: int
    width: int
    kernel_h: int
    kernel_w: int
    input: IntType
    output: IntType

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        check_divides("kernel_h", self.kernel_h, "height", self.height)
        check_divides("kernel_w", self.kernel_w, "width", self.width)
        if self.kind not in (MAX, SUM):
            raise SpecError(f"kind={self.kind!r} must be {MAX!r} or {SUM!r}")
        exact = self.result_type(self.kind, self.input, self.kernel_h * self.kernel_w)
        if self.kind == MAX and self.output != exact:
            raise SpecError(
                f"output {self.output.qonnx_name} of a max must be the input's type; use {exact.qonnx_name}"
            )
        if not (self.output.min <= exact.min and exact.max <= self.output.max):
            raise SpecError(
                f"output {self.output.qonnx_name} does not hold the sum of {self.kernel_h} x "
                f"{self.kernel_w} {self.input.qonnx_name}; use {exact.qonnx_name}"
            )

    @staticmethod
    def result_type(kind: str, element: IntType, pixels: int) -> IntType:
        """Return the narrowest type of the result over a window of ``pixels``."""
        if kind == MAX:
            return element
        return IntType.holding(pixels * element.min, pixels * element.max)

    @property
    def fold(self) -> int:
        """Beats per pixel."""
        return self.channels // self.pe

    @property
    def partials(self) -> int:
        """Results under way at a time, the depth of the row buffer [words]."""
        return self.width // self.kernel_w * self.fold

    @property
    def block_ram(self) -> bool:
        """Whether the row buffer lies in block RAM, else in LUT RAM."""
        return in_block_ram(self.partials, self.pe * self.output.bits, AUTO)

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``: pixels in rows, channels innermost."""
        return (StreamPort("in", self.pe, self.input, self.height * self.width * self.fold),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``, in the same order."""
        return (StreamPort("out", self.pe, self.output, self.height // self.kernel_h * self.partials),)

    @property
    def cycles_per_frame(self) -> int:
        """One input beat per cycle [cycles]."""
        return self.inputs[0].beats

    @property
    def latency_cycles(self) -> int:
        """From a window's last beat in to its beat out [cycles]."""
        return 2

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_pool``, spelled as in the RTL."""
        return {
            "Sum": int(self.kind == SUM),
            "PE": self.pe,
            "Fold": self.fold,
            "Width": self.width,
            "KernelH": self.kernel_h,
            "KernelW": self.kernel_w,
            "InBits": self.input.bits,
            "InSigned": int(self.input.signed),
            "OutBits": self.output.bits,
            "BlockRam": int(self.block_ram),
        }

    def area(self) -> Area:
        """Row buffer, one operator for each lane, three pipeline registers and the position."""
        word_bits = self.pe * self.output.bits
        columns = self.width // self.kernel_w
        counts = (self.fold, self.kernel_w, self.kernel_h, columns, self.partials)
        counter_bits = sum(ceil_log2(count) for count in counts if count > 1)
        forwarded = word_bits if self.fold == 1 else 0
        lut = 2 * counter_bits + word_bits  # an or, or an adder with its multiplexers in the carry chain
        if self.kind == MAX and self.input.bits > 1:
            lut += word_bits // 2 + forwarded
        pipeline = self.pe * self.input.bits + word_bits + forwarded
        flip_flops = 4 + counter_bits + ceil_log2(self.partials) + pipeline
        if self.partials == 1:
            return Area(lut=lut, ff=flip_flops)
        if self.block_ram:
            return Area(lut=lut, ff=flip_flops, ramb18=ramb18(self.partials, word_bits))
        return Area(lut=lut + distributed_luts(self.partials, word_bits), ff=flip_flops + word_bits)
