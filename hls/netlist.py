"""The top function of one kernel or of a network of kernels: C++ that holds instances and streams only.

What computes is in the headers beside this file, as ``rbonn_hw/rtl`` is beside the stitched netlist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Words, readmemh_text
from rbonn_hw.results import write_text
from rbonn_hw.spec._stream import KernelSpec, StreamPort
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.labelselect import LabelSelectSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.pool import PoolSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.spec.window import WindowSpec

MODULE_PREFIX = "rbonn_"
STREAM_DEPTH = 2
"""Words of a stream that nobody asked to be deeper: what Vitis HLS takes unasked [words]."""


@dataclass(frozen=True, slots=True)
class Table:
    """A memory that is compiled in.

    Attributes:
        row: Type of a row in the kernel's configuration, such as ``WeightRow``.
        rows: Number of rows there, such as ``Tiles``.
        text: The rows, as in the RTL's ``$readmemh`` file.
        storage: Where it lies: ``bram``, ``lutram``, or empty for registers and LUTs.
    """

    row: str
    rows: str
    text: str
    storage: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One kernel of a design.

    Attributes:
        name: Its name, a C++ identifier.
        spec: What it is.
        inputs: Names of the streams that it reads, in the order of ``spec.inputs``.
        outputs: Names of the streams that it writes, in the order of ``spec.outputs``.
        tables: Its memories, in the order of the kernel's arguments.
    """

    name: str
    spec: KernelSpec
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tables: tuple[Table, ...] = ()

    @property
    def header(self) -> str:
        """Name of the kernel: of its header, and of its RTL twin behind the prefix."""
        return self.spec.MODULE.removeprefix(MODULE_PREFIX)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a design: its name, its word and, inside, its depth [words]."""

    name: str
    port: StreamPort
    depth: int = STREAM_DEPTH


@dataclass(frozen=True, slots=True)
class Design:
    """A top function.

    Attributes:
        name: Name of the function.
        instances: Kernels, producers before consumers.
        inputs: Streams from outside.
        outputs: Streams to outside.
        inner: Streams between kernels.
    """

    name: str
    instances: tuple[Instance, ...]
    inputs: tuple[Stream, ...]
    outputs: tuple[Stream, ...]
    inner: tuple[Stream, ...] = ()


def single(name: str, spec: KernelSpec, tables: tuple[Table, ...] = ()) -> Design:
    """Return a design of one kernel, whose streams have the names of the RTL's ports."""
    inputs, outputs = (
        tuple(Stream(port.name, port) for port in ports) for ports in (spec.inputs, spec.outputs)
    )
    names = tuple(stream.name for stream in inputs), tuple(stream.name for stream in outputs)
    return Design(f"{name}_top", (Instance(f"{name}_kernel", spec, *names, tables),), inputs, outputs)


def write_design(design: Design, folder: Path) -> None:
    """Write a design into ``folder``.

    ``top.hpp`` and ``top.cpp`` are the function, ``<instance>_<row>.inc`` its memories, ``bench.hpp`` its
    bench; ``top.txt`` has its name, for ``synth.tcl``.

    Raises:
        SpecError: A kernel has no twin.
    """
    for instance in design.instances:
        repeats(instance.spec)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "top.hpp", _header(design))
    write_text(folder / "top.cpp", _source(design))
    write_text(folder / "bench.hpp", _bench(design))
    write_text(folder / "top.txt", f"{design.name}\n")
    for instance in design.instances:
        for table in instance.tables:
            rows = "".join(f'"0x{row}",\n' for row in table.text.splitlines())
            write_text(folder / f"{_constant(instance, table)}.inc", rows)


def write_vectors(design: Design, inputs: Sequence[Words], outputs: Sequence[Words], folder: Path) -> None:
    """Write ``<stream>.hex`` for each stream to and from outside, one word a line."""
    for streams, contents in ((design.inputs, inputs), (design.outputs, outputs)):
        for stream, words in zip(streams, contents, strict=True):
            write_text(folder / f"{stream.name}.hex", readmemh_text(words, stream.port.width_bits))


def repeats(spec: KernelSpec) -> int:
    """Return what a kernel counts of a frame: vectors, beats, wide words or rows of windows.

    Raises:
        SpecError: The kernel has no twin in hls/.
    """
    match spec:
        case WindowSpec():
            return 1
        case MvauSpec() | ThresholdSpec() | LabelSelectSpec():
            return spec.vectors
        case AddSpec() | DuplicateSpec():
            return spec.beats
        case DwcSpec():
            return spec.elements // spec.wide_lanes
        case PoolSpec():
            return spec.height // spec.kernel_h
    raise SpecError(f"{spec.MODULE} has no twin in hls/; its kernels are the headers there")


def _word(port: StreamPort) -> str:
    return f"hls::stream<ap_uint<{port.width_bits}>>"


def _arguments(design: Design) -> str:
    streams = [f"{_word(stream.port)}& {stream.name}" for stream in (*design.inputs, *design.outputs)]
    return f"void {design.name}(" + ", ".join(["unsigned frames", *streams]) + ")"


def _guarded(design: Design, part: str, lines: list[str]) -> str:
    # Named, not #pragma once: g++ takes equal files of two folders for one.
    guard = f"{design.name}_{part}_hpp"
    return "\n".join([f"#ifndef {guard}", f"#define {guard}", "", *lines, "", f"#endif  // {guard}", ""])


def _header(design: Design) -> str:
    return _guarded(
        design,
        "top",
        [
            "// Generated by hls/netlist.py: a top function.",
            *(f'#include "{name}.hpp"' for name in sorted({item.header for item in design.instances})),
            "",
            *(_configuration(instance) for instance in design.instances),
            "",
            f"{_arguments(design)};",
        ],
    )


def _bench(design: Design) -> str:
    inputs, outputs = (
        ", ".join(f'"{stream.name}"' for stream in streams) for streams in (design.inputs, design.outputs)
    )
    beats = ", ".join(str(stream.port.beats) for stream in (*design.inputs, *design.outputs))
    return _guarded(
        design,
        "bench",
        [
            "// Generated by hls/netlist.py: the bench of the top function, with the vectors of a folder.",
            '#include "csim.hpp"',
            '#include "top.hpp"',
            "",
            "inline int RunBench(const std::string& folder) {",
            f"  return rbonn::Run({design.name}, {{{{{inputs}}}, {{{outputs}}}, {{{beats}}}, folder}});",
            "}",
        ],
    )


def _configuration(instance: Instance) -> str:
    values = ", ".join(str(value) for value in instance.spec.rtl_parameters().values())
    return f"using {instance.name} = rbonn::{instance.header.capitalize()}Config<{values}>;"


def _constant(instance: Instance, table: Table) -> str:
    return f"{instance.name}_{table.row}"


def _source(design: Design) -> str:
    lines = [
        "// Generated by hls/netlist.py: instances and streams.",
        '#include "top.hpp"',
        "",
        "namespace {",
        "",
    ]
    for instance in design.instances:
        for table in instance.tables:
            name = _constant(instance, table)
            lines += [
                f"const {instance.name}::{table.row} {name}[{instance.name}::{table.rows}] = {{",
                f'#include "{name}.inc"',
                "};",
            ]
    lines += ["", "}  // namespace", "", f"{_arguments(design)} {{"]
    for stream in (*design.inputs, *design.outputs):
        lines.append(f"#pragma HLS INTERFACE mode=axis port={stream.name}")
    lines += [f"#pragma HLS INTERFACE mode=s_axilite port={name}" for name in ("frames", "return")]
    lines += ["#pragma HLS DATAFLOW"] if design.inner else []
    for stream in design.inner:
        lines += [
            f'  {_word(stream.port)} {stream.name}("{stream.name}");',
            f"#pragma HLS STREAM variable={stream.name} depth={stream.depth}",
        ]
    for instance in design.instances:
        lines += _call(instance)
    return "\n".join([*lines, "}", ""])


def _call(instance: Instance) -> list[str]:
    tables = [_constant(instance, table) for table in instance.tables]
    lines = [
        f"#pragma HLS BIND_STORAGE variable={name} type=rom_1p impl={table.storage}"
        for name, table in zip(tables, instance.tables, strict=True)
        if table.storage
    ]
    arguments = ", ".join(["frames", *instance.inputs, *instance.outputs, *tables])
    function = f"rbonn::{instance.header.capitalize()}<{instance.name}, {repeats(instance.spec)}>"
    return [*lines, f"  {function}({arguments});"]
