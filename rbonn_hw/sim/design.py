"""What is simulated: a top module, its sources and the names of its streams."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rbonn_hw.errors import SpecError
from rbonn_hw.packing import word_bytes
from rbonn_hw.spec._stream import KernelSpec

RTL_DIR = Path(__file__).resolve().parents[1] / "rtl"


@dataclass(frozen=True, slots=True)
class StreamPins:
    """The three ports of one valid-ready stream on the top module.

    Attributes:
        valid: Port name of valid.
        ready: Port name of ready.
        data: Port name of the data; also names the stream in reports.
        width_bits: Width of the data port [bits].
    """

    valid: str
    ready: str
    data: str
    width_bits: int

    def __post_init__(self) -> None:
        if self.width_bits < 1:
            raise SpecError(f"stream {self.data}: width_bits={self.width_bits} must be at least 1")

    @property
    def word_bytes(self) -> int:
        """Bytes of one word [bytes]."""
        return word_bytes(self.width_bits)


@dataclass(frozen=True, slots=True)
class Probe:
    """A stream inside the top module, for deadlock reports.

    Attributes:
        label: What the report calls it, such as ``fork_0 -> add_0``.
        valid: Net of the top module, marked ``/* verilator public_flat_rd */`` in the source.
        ready: The same for ready.
    """

    label: str
    valid: str
    ready: str


@dataclass(frozen=True, slots=True)
class Tap:
    """A stream inside the top module whose words are recorded.

    Attributes:
        valid: Net of the top module; see :class:`Probe`.
        ready: The same for ready.
        data: The same for the data, which ``harness/taps.vlt`` makes readable.
        width_bits: Width of the data net [bits].
    """

    valid: str
    ready: str
    data: str
    width_bits: int

    @property
    def word_bytes(self) -> int:
        """Bytes of one word [bytes]."""
        return word_bytes(self.width_bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A top module whose data ports are valid-ready streams.

    Attributes:
        top: Module name.
        sources: SystemVerilog and Verilog files. Modules and headers that they use are also looked for in
            the folders of these files and in the package's own RTL.
        inputs: Streams into the module, in the order in which :meth:`Model.run` takes their words.
        outputs: Streams out of the module.
        clock: Clock port; everything happens at its rising edge.
        reset: Reset port, synchronous.
        reset_active_low: Whether 0 resets.
        parameters: Overrides of the top module's parameters; strings are quoted for Verilog.
        probes: Internal streams.
        taps: Those whose words are recorded; slower.
        memory_dir: Folder in which relative ``$readmemh`` names are found; the build folder unless given.
        lint: Whether every Verilator warning is an error. Off for sources that are not ours.
        libraries: Files of which only those modules are read that ``sources`` lack.
    """

    top: str
    sources: tuple[Path, ...]
    inputs: tuple[StreamPins, ...]
    outputs: tuple[StreamPins, ...]
    clock: str = "clk_i"
    reset: str = "rst_i"
    reset_active_low: bool = False
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()
    taps: tuple[Tap, ...] = ()
    memory_dir: Path | None = None
    lint: bool = True
    libraries: tuple[Path, ...] = ()


def kernel_design(spec: KernelSpec, parameters: Mapping[str, int | str] | None = None) -> Design:
    """Return the design of one of our kernels: ``rbonn_hw/rtl/<MODULE>.sv``.

    Args:
        spec: The kernel; its ``rtl_parameters()`` and streams are used.
        parameters: Further parameters, such as memory files.
    """
    inputs = tuple(
        StreamPins(f"{port.name}_valid_i", f"{port.name}_ready_o", f"{port.name}_data_i", port.width_bits)
        for port in spec.inputs
    )
    outputs = tuple(
        StreamPins(f"{port.name}_valid_o", f"{port.name}_ready_i", f"{port.name}_data_o", port.width_bits)
        for port in spec.outputs
    )
    return Design(
        top=spec.MODULE,
        sources=(RTL_DIR / f"{spec.MODULE}.sv",),
        inputs=inputs,
        outputs=outputs,
        parameters={**spec.rtl_parameters(), **(parameters or {})},
    )
