"""What a sliding window over a map with a border is, as plain data."""

from dataclasses import dataclass
from math import lcm
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec._ram import AUTO, distributed_luts, in_block_ram, ramb18
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSpec:
    """Shape, border, order and folding of one window.

    Taps lie at ``y * stride_y - pad_top + ky * dilation_y``, and alike in x. A window's elements leave in the
    order (ky, kx, channel); with ``channel_major`` all taps of ``out_lanes`` channels leave before the next.

    Attributes:
        channels: Elements of a pixel.
        in_lanes: Elements per input beat: any number of which a frame is a multiple. Other than ``lanes``
            they pass a width converter first.
        out_lanes: Elements per output beat: a divisor of ``channels``, or ``kernel_w * channels``, or
            ``kernel_h * kernel_w * channels``. Anything else needs a width converter behind.
        dtype: Type of an element.
        height: Rows of the map [pixels].
        width: Columns of the map [pixels].
        kernel_h: Rows of a window [taps].
        kernel_w: Columns of a window [taps].
        stride_y: Rows from window to window [pixels].
        stride_x: Columns from window to window [pixels].
        dilation_y: Rows from tap to tap [pixels].
        dilation_x: Columns from tap to tap [pixels].
        pad_top: Border rows above the map [pixels].
        pad_left: Border columns left of it [pixels].
        pad_bottom: Border rows below it [pixels].
        pad_right: Border columns right of it [pixels].
        border: Value of every element of the border; as it is stored, so 0 for a BIPOLAR -1.
        channel_major: See above; only where a beat is a pixel or a part of it.
        spare_row: Store a row more than are in use, so that the layer before works on while this one waits.
            Without it, where ``replaces_at_once``, a pixel comes in when the one that it replaces is read.
        ram_style: Where the lines lie: ``auto``, ``block`` or ``distributed``.

    Raises:
        FoldingError: A number of lanes that does not fit.
        SpecError: The window does not fit the map with its border, or another field is wrong.
    """

    MODULE: ClassVar[str] = "rbonn_window"
    READY_THROUGH: ClassVar[bool] = False

    channels: int
    in_lanes: int
    out_lanes: int
    dtype: IntType
    height: int
    width: int
    kernel_h: int
    kernel_w: int
    stride_y: int = 1
    stride_x: int = 1
    dilation_y: int = 1
    dilation_x: int = 1
    pad_top: int = 0
    pad_left: int = 0
    pad_bottom: int = 0
    pad_right: int = 0
    border: int = 0
    channel_major: bool = False
    spare_row: bool = False
    ram_style: str = AUTO

    def __post_init__(self) -> None:
        for name in ("channels", "height", "width", "kernel_h", "kernel_w", "stride_y", "stride_x",
                     "dilation_y", "dilation_x"):  # fmt: skip
            if getattr(self, name) < 1:
                raise SpecError(f"{name}={getattr(self, name)} must be at least 1")
        if not self.dtype.min <= self.border <= self.dtype.max:
            raise SpecError(
                f"border={self.border} must lie in {self.dtype.min} .. {self.dtype.max} of "
                f"{self.dtype.qonnx_name}"
            )
        for axis in (
            (self.height, (self.kernel_h - 1) * self.dilation_y, self.pad_top, self.pad_bottom, "y"),
            (self.width, (self.kernel_w - 1) * self.dilation_x, self.pad_left, self.pad_right, "x"),
        ):
            _check_axis(*axis)
        if self.out_lanes not in self.legal_out_lanes:
            raise FoldingError(f"out_lanes={self.out_lanes} must be one of {list(self.legal_out_lanes)}")
        if self.in_lanes < 1 or self.elements % self.in_lanes:
            raise FoldingError(
                f"in_lanes={self.in_lanes} must divide the frame of {self.elements} elements; try one of "
                f"{[lanes for lanes in range(1, self.channels + 1) if self.channels % lanes == 0]}"
            )
        in_block_ram(self.rows * self.row_words, self.word_bits, self.ram_style)

    @property
    def legal_out_lanes(self) -> tuple[int, ...]:
        """Every legal ``out_lanes``, ascending.

        Windows that are complete before the first column of the map leave by pixels or parts of them alone.
        """
        parts = {lanes for lanes in range(1, self.channels + 1) if self.channels % lanes == 0}
        if self.channel_major or self.pad_left > (self.kernel_w - 1) * self.dilation_x:
            return tuple(sorted(parts))
        row = self.kernel_w * self.channels
        return tuple(sorted(parts | {row, self.kernel_h * row}))

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return self.height * self.width * self.channels

    @property
    def out_height(self) -> int:
        """Rows of windows."""
        span = (self.kernel_h - 1) * self.dilation_y
        return (self.pad_top + self.height + self.pad_bottom - span - 1) // self.stride_y + 1

    @property
    def out_width(self) -> int:
        """Windows of a row."""
        span = (self.kernel_w - 1) * self.dilation_x
        return (self.pad_left + self.width + self.pad_right - span - 1) // self.stride_x + 1

    @property
    def lanes(self) -> int:
        """Elements of a stored word: a pixel or a part of it."""
        return min(self.out_lanes, self.channels)

    @property
    def fold(self) -> int:
        """Stored words per pixel."""
        return self.channels // self.lanes

    @property
    def word_bits(self) -> int:
        """Width of a stored word [bits]."""
        return self.lanes * self.dtype.bits

    @property
    def row_words(self) -> int:
        """Stored words per row of the map [words]."""
        return self.width * self.fold

    @property
    def rows(self) -> int:
        """Rows that the memory holds.

        While the last windows of a row or of a frame are read, the rows that the next windows begin with come
        in: as many as the window moves by, beside those that it keeps.
        """
        last_move = self.height - (self.out_height - 1) * self.stride_y
        rows = max(self.stride_y, last_move) + (self.kernel_h - 1) * self.dilation_y
        # Rows that a frame begins with are kept to its end, so that no window gives back what it has freed.
        kept = self.pad_top + max(1, self.height % self.stride_y if last_move <= 0 else 0)
        # Windows almost as wide as the map free most of a row only with its end.
        narrow = 2 * self.columns_freed_early < self.width
        rows += narrow - (self.replaces_at_once and not self.spare_row)
        return max(rows, kept, -(-2 // self.row_words))

    @property
    def replaces_at_once(self) -> bool:
        """Whether a pixel may lie where another was until the same column was read: see ``spare_row``.

        A column that is read into the delay line is free again before its last row is read, unless it is the
        last one of its row or the next frame begins with it.
        """
        last_column = self.row_reads // self.kernel_h - 1
        return (
            self.out_lanes > self.channels
            and self.stride_y == 1
            and last_column >= self.width
            and self.out_height <= self.height
            and self.pad_bottom <= self.pad_top <= (self.kernel_h - 1) * self.dilation_y
        )

    @property
    def columns_freed_early(self) -> int:
        """Columns of a row of the map that are free again before the row of windows ends [pixels]."""
        if self.out_lanes > self.channels:
            return min(self.row_reads // self.kernel_h - 1, self.width)
        first = -(-self.pad_left // self.stride_x)
        last = min(self.out_width - 1, first + self.width // self.stride_x)
        return max(0, last - first) * self.stride_x

    @property
    def block_ram(self) -> bool:
        """Whether the lines lie in block RAM, else in LUT RAM."""
        return in_block_ram(self.rows * self.row_words, self.word_bits, self.ram_style)

    @property
    def row_reads(self) -> int:
        """Reads for one row of windows, one a cycle [words].

        Tap by tap every beat is a read; a delay line takes every column once, up to the last window's.
        """
        if self.out_lanes <= self.channels:
            return self.out_width * self.kernel_h * self.kernel_w * self.fold
        last = (self.out_width - 1) * self.stride_x + (self.kernel_w - 1) * self.dilation_x - self.pad_left
        return (last + 1) * self.kernel_h

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``: pixels in rows, channels innermost."""
        return (StreamPort("in", self.in_lanes, self.dtype, self.elements // self.in_lanes),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``: windows in rows."""
        window = self.kernel_h * self.kernel_w * self.channels
        beats = self.out_height * self.out_width * window // self.out_lanes
        return (StreamPort("out", self.out_lanes, self.dtype, beats),)

    @property
    def cycles_per_frame(self) -> int:
        """One beat in, one word written and one word read per cycle, all at the same time [cycles].

        A stride beyond the kernel or a border beyond the window may cost a few more, which
        :func:`rbonn_hw.spec.window_schedule.unstalled` counts.
        """
        words = self.height * self.row_words
        return max(self.inputs[0].beats, words, self.out_height * self.row_reads)

    @property
    def latency_cycles(self) -> int:
        """From a word's write to its offer: written, read, border, and the delay line's register [cycles]."""
        return 3 if self.out_lanes <= self.channels else 4

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_window``, spelled as in the RTL."""
        return {
            "InLanes": self.in_lanes,
            "OutLanes": self.out_lanes,
            "LaneBits": self.dtype.bits,
            "Channels": self.channels,
            "Height": self.height,
            "Width": self.width,
            "OutHeight": self.out_height,
            "OutWidth": self.out_width,
            "KernelH": self.kernel_h,
            "KernelW": self.kernel_w,
            "StrideY": self.stride_y,
            "StrideX": self.stride_x,
            "DilationY": self.dilation_y,
            "DilationX": self.dilation_x,
            "PadTop": self.pad_top,
            "PadLeft": self.pad_left,
            "ChannelMajor": int(self.channel_major),
            "Border": self.border % (1 << self.dtype.bits),
            "Rows": self.rows,
            "BlockRam": int(self.block_ram),
        }

    def area(self) -> Area:
        """Lines, positions, the delay line where there is one, and the converter in front.

        Fitted to 18 windows that Yosys mapped: each within 6 % in LUT, 3 % in FF.
        """
        depth = self.rows * self.row_words
        counters = (self.row_words, self.row_words, depth, self.height, self.out_width, self.rows * 8)
        counter_bits = sum(ceil_log2(count + 1) for count in counters)
        lut, flip_flops, blocks = 38 + 3 * counter_bits // 2, 10 + counter_bits + 2 * self.word_bits, 0
        if self.fold > 1:
            lut, flip_flops = lut + 50, flip_flops + 33  # the place within a pixel
        if self.block_ram:
            blocks = ramb18(depth, self.word_bits)
            lut += self.word_bits  # the border
        else:
            lut += 30 + distributed_luts(depth, self.word_bits)
            flip_flops += 28
        if self.out_lanes > self.channels:
            lut, flip_flops = lut - 15, flip_flops - 8
            if self.out_lanes > self.kernel_w * self.channels:
                flip_flops += (self.kernel_h - 1) * self.word_bits
            column, taps = self.dilation_x * self.kernel_h, self.kernel_w - 1
            flip_flops += self.out_lanes * self.dtype.bits
            if column <= 4:
                flip_flops += taps * column * self.word_bits
            else:
                lut += taps * -(-column // 16) * self.word_bits
        if self.in_lanes != self.lanes:
            wide_bits = lcm(self.in_lanes, self.lanes) * self.dtype.bits
            lut += 6 + (wide_bits if wide_bits > self.word_bits else 0)
            flip_flops += 6 + wide_bits
        return Area(lut=lut, ff=flip_flops, ramb18=blocks)


def _check_axis(size: int, span: int, before: int, after: int, axis: str) -> None:
    """Check that a window fits the map with its border."""
    if before < 0 or after < 0:
        raise SpecError(f"padding {before}, {after} in {axis} must not be negative")
    if before + size + after <= span:
        raise SpecError(
            f"a window of {span + 1} pixels in {axis} does not fit the map of {size} with a border of "
            f"{before} and {after}"
        )
