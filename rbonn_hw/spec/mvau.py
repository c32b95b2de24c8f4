"""What a matrix-vector-activation unit (MVAU) is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec import _ram
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides
from rbonn_hw.spec.threshold import ThresholdSpec

RamStyle = Literal["auto", "block", "distributed"]
"""Where weights live: block RAM, LUTs, or by size."""
BLOCK_MIN_DEPTH = 128
"""``auto`` never takes block RAM below this depth: three quarters of it would be empty [words]."""
BLOCK_MIN_BITS = 8192
"""``auto`` never takes block RAM below this size: half of the smallest one [bits]."""
XNOR_GROUP = 18
"""Synapses behind one pair of 6:3 compressors (``Group`` in ``rbonn_match_count.sv``)."""
FIFO_SLOTS = 32
"""Depth of the output FIFO where there is one (``Slots`` in the RTL) [words]."""
MAX_INPUT_BITS = 16
"""Widest input element: a product with an 8-bit weight then fits one DSP slice [bits]."""
BIT = IntType(1, signed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MvauSpec:
    """Shape and folding of one MVAU, ``W @ x`` with an optional multi-threshold behind it.

    Attributes:
        mw: Input vector length (matrix width) [elements].
        mh: Output vector length (matrix height) [elements].
        pe: Output elements computed per beat; divides ``mh``.
        simd: Input elements consumed per beat; divides ``mw``.
        input: Type of an input element, 1 .. 16 bits; zero is a real zero unless ``xnor``.
        weight_bits: 1 for BIPOLAR weights (bit 1 is +1, bit 0 is -1), 2 .. 8 for signed integers [bits].
        xnor: Inputs are BIPOLAR too, carried as bits; the result is a popcount 0 .. mw.
        accumulator: Type of a result before thresholds; None takes one that holds every result these
            types allow. Narrower ones are right when the weights are known to keep within.
        steps: Thresholds per output element; 0 leaves the accumulator as it is.
        output: Type of an output element; None takes the narrowest that holds every output.
        out_bias: What a result below all thresholds gives.
        ram_style: Where the weights live.
        vectors: Input vectors (pixels of a convolution's output) per frame.

    Raises:
        FoldingError: ``pe`` or ``simd`` does not divide.
        SpecError: A width or a type is out of its range, or they contradict each other.
    """

    MODULE: ClassVar[str] = "rbonn_mvau"
    READY_THROUGH: ClassVar[bool] = False

    mw: int
    mh: int
    pe: int
    simd: int
    input: IntType = BIT
    weight_bits: int = 1
    xnor: bool = False
    accumulator: IntType | None = None
    steps: int = 0
    output: IntType | None = None
    out_bias: int = 0
    ram_style: RamStyle = "auto"
    vectors: int = 1

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "mh", self.mh)
        check_divides("simd", self.simd, "mw", self.mw)
        self._check_operands()
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        if self.ram_style not in get_args(RamStyle):
            raise SpecError(f"ram_style={self.ram_style!r} must be one of {get_args(RamStyle)}")
        self._check_results()

    def _check_operands(self) -> None:
        if not 1 <= self.weight_bits <= 8:
            raise SpecError(
                f"weight_bits={self.weight_bits} must lie in 1 .. 8; 1 is BIPOLAR, 2 .. 8 is signed"
            )
        if self.input.bits > MAX_INPUT_BITS:
            raise SpecError(
                f"input={self.input.qonnx_name} is wider than {MAX_INPUT_BITS} bits; quantize it to fewer"
            )
        if self.xnor and (self.input != BIT or self.weight_bits != 1):
            raise SpecError(
                f"xnor needs BIPOLAR inputs as BINARY and weight_bits=1, not {self.input.qonnx_name} and "
                f"weight_bits={self.weight_bits}; set xnor=False for integers"
            )

    def _check_results(self) -> None:
        if self.steps < 0:
            raise SpecError(f"steps={self.steps} must be 0 (no thresholds) or more")
        acc = self.accumulator_type
        if self.xnor and (acc.signed or acc.max < self.mw):
            raise SpecError(
                f"accumulator={acc.qonnx_name} does not hold a popcount of {self.mw}; "
                f"use {IntType.holding(0, self.mw).qonnx_name}"
            )
        if self.steps:
            _ = self.threshold  # its own rules
        elif self.out_bias:
            raise SpecError(f"out_bias={self.out_bias} needs thresholds; set steps, or out_bias=0")
        elif self.output_type != acc:
            raise SpecError(
                f"output={self.output_type.qonnx_name} must be accumulator={acc.qonnx_name} with steps=0"
            )

    @property
    def synapse_fold(self) -> int:
        """Beats that consume one input vector (FINN's SF)."""
        return self.mw // self.simd

    @property
    def neuron_fold(self) -> int:
        """Beats that emit one output vector (FINN's NF)."""
        return self.mh // self.pe

    @property
    def bounds(self) -> tuple[int, int]:
        """Least and greatest result that any weights and inputs of these types can give."""
        if self.xnor:
            return 0, self.mw
        weights = (
            (-1, 1)
            if self.weight_bits == 1
            else (-(1 << self.weight_bits - 1), (1 << self.weight_bits - 1) - 1)
        )
        products = [weight * x for weight in weights for x in (self.input.min, self.input.max)]
        return self.mw * min(products), self.mw * max(products)

    @property
    def accumulator_type(self) -> IntType:
        """Type of a result before thresholds."""
        return self.accumulator or IntType.holding(*self.bounds)

    @property
    def output_type(self) -> IntType:
        """Type of an output element."""
        if self.output is not None:
            return self.output
        if self.steps:
            return IntType.holding(self.out_bias, self.out_bias + self.steps)
        return self.accumulator_type

    @property
    def threshold(self) -> ThresholdSpec | None:
        """The embedded multi-threshold unit, if any."""
        if not self.steps:
            return None
        return ThresholdSpec(
            channels=self.mh,
            pe=self.pe,
            steps=self.steps,
            input=self.accumulator_type,
            output=self.output_type,
            out_bias=self.out_bias,
            vectors=self.vectors,
        )

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """The input vectors, each once."""
        return (StreamPort("in", self.simd, self.input, self.vectors * self.synapse_fold),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """The output vectors."""
        return (StreamPort("out", self.pe, self.output_type, self.vectors * self.neuron_fold),)

    @property
    def weight_rows(self) -> int:
        """Rows of the weight memory [words]."""
        return self.synapse_fold * self.neuron_fold

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
    def cycles_per_vector(self) -> int:
        """Clock cycles between vectors when nothing stalls [cycles]."""
        return self.synapse_fold * self.neuron_fold

    @property
    def cycles_per_frame(self) -> int:
        """Clock cycles between frames when nothing stalls [cycles]."""
        return self.vectors * self.cycles_per_vector

    @property
    def dot_stages(self) -> int:
        """Pipeline depth of the dot product (``DotStages`` in the RTL) [cycles]."""
        groups = -(-self.simd // XNOR_GROUP)
        lanes = 2 * groups if self.xnor else self.simd
        leaf = int(self.xnor or self.weight_bits > 1)
        return leaf + ((lanes - 1).bit_length() + 1) // 2

    @property
    def pipeline_cycles(self) -> int:
        """From a beat to the accumulator (``Depth`` in the RTL): memory, then dot product [cycles]."""
        return self.dot_stages + (2 if self.block_rom else 1)

    @property
    def output_fifo(self) -> bool:
        """Whether results wait in a FIFO, because one register would cost throughput."""
        return self.synapse_fold < self.pipeline_cycles + 3

    @property
    def latency_cycles(self) -> int:
        """From a beat that completes a result to that result on the output [cycles].

        ``n`` vectors take ``n * cycles_per_vector + latency_cycles`` cycles when nothing stalls.
        """
        threshold = self.threshold
        behind = 0 if threshold is None else threshold.latency_cycles
        return self.pipeline_cycles + 2 + int(self.output_fifo) + behind

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_mvau``, spelled as in the RTL; the memory files are not among them."""
        return {
            "MW": self.mw,
            "MH": self.mh,
            "PE": self.pe,
            "SIMD": self.simd,
            "InWidth": self.input.bits,
            "InSigned": int(self.input.signed),
            "WeightWidth": self.weight_bits,
            "Xnor": int(self.xnor),
            "AccWidth": self.accumulator_type.bits,
            "AccSigned": int(self.accumulator_type.signed),
            "Steps": self.steps,
            "OutWidth": self.output_type.bits,
            "OutBias": self.out_bias,
            "BlockRom": int(self.block_rom),
        }

    def area(self) -> Area:
        """Estimate, fitted to Yosys: dot products, accumulators, weights, replay buffer, output stage."""
        acc_bits = self.accumulator_type.bits
        lut, ff, ramb18 = 20 + 3 * ceil_log2(self.weight_rows), 20 + 5 * self.dot_stages, 0
        dot = self._dot_area()
        # A sum that may be negative is complemented bit by bit.
        lut += self.pe * (dot.lut + acc_bits * (1 if self.xnor else 2))
        ff += self.pe * (dot.ff + 2 * acc_bits) + self.simd * self.input.bits
        if self.block_rom:
            ramb18 = _ram.ramb18(self.weight_rows, self.weight_row_bits, written=False)
            lut += _ram.bank_luts(self.weight_rows, self.weight_row_bits)
            ff += self.weight_row_bits + self.simd * self.input.bits
        else:
            lut += self.weight_row_bits * -(-self.weight_rows // 64)
            ff += self.weight_row_bits
        if self.neuron_fold > 1 and self.synapse_fold > 1:
            word_bits = self.simd * self.input.bits
            lut += word_bits + _ram.distributed_luts(self.synapse_fold, word_bits)
        if self.output_fifo:
            lut += -(-self.pe * acc_bits * 4 // 6)
        if self.threshold is not None:
            behind = self.threshold.area()
            lut, ff = lut + behind.lut, ff + behind.ff
        return Area(lut=lut, ff=ff, ramb18=ramb18, dsp=self.pe * dot.dsp)

    def _dot_area(self) -> Area:
        """Estimate one neuron's dot product."""
        if self.xnor:
            # Of two levels of adders behind the compressors Yosys makes one sum, in more LUTs.
            groups = -(-self.simd // XNOR_GROUP)
            eighths = 8 if groups == 1 else 11 if (2 * groups - 1).bit_length() % 2 else 13
            return Area(lut=-(-self.simd * eighths // 8) + 1, ff=self.simd + 4)
        width = self.input.bits + (self.weight_bits if self.weight_bits > 1 else 2)
        nodes = self.simd - 1
        lut, ff, dsp = nodes * width, -(-nodes * width // 2), 0
        if self.weight_bits > 1:
            dsp = self.simd if width > 8 else 0
            lut += 0 if dsp else self.simd * self.input.bits * self.weight_bits
            ff += self.simd * width
        return Area(lut=lut, ff=ff, dsp=dsp)
