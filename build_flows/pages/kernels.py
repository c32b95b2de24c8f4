"""One page a kernel: what it is, its ports, timing, cycles and area, from specification, RTL and results."""

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from build_flows.pages.docstrings import docstring
from build_flows.pages.waveform import waveform
from build_flows.waves import CASES
from rbonn_hw.results import read_result
from rbonn_hw.spec._stream import KernelSpec

ROOT = Path(__file__).resolve().parents[2]
RTL = ROOT / "rbonn_hw" / "rtl"
KERNELS = tuple(CASES)
CYCLES = ("folds", "synapse_fold", "neuron_fold", "cycles_per_vector", "cycles_per_frame", "latency_cycles")
STREAMS = """\
A beat passes in a cycle in which `valid` and `ready` are both high at the rising edge of the clock. `valid`
never waits for `ready`, and what is offered stays until it is taken. Element 0 is in the least significant
bits. A bipolar value is one bit: 1 is +1, 0 is -1. Reset is synchronous and active high; data registers have
none."""


def overview() -> str:
    """Return the page that lists the kernels."""
    lines = [
        "# Kernels",
        "",
        "Every kernel is one SystemVerilog module without generated parts, with valid-ready streams on all",
        "sides. Each page is made from its specification, its RTL and a simulation of that RTL.",
        "",
        "| kernel | module | what it is |",
        "|---|---|---|",
    ]
    for name in KERNELS:
        spec = type(CASES[name])
        lines.append(f"| [{name}](kernels/{name}.md) | `{spec.MODULE}` | {_first(docstring(spec).text)} |")
    lines += [
        "",
        "## Streams",
        "",
        STREAMS,
    ]
    return "\n".join(lines) + "\n"


def page(name: str) -> str:
    """Return the page of one kernel."""
    spec = CASES[name]
    source = (RTL / f"{spec.MODULE}.sv").read_text()
    described = docstring(type(spec))
    lines = [
        f"# {name}",
        "",
        described.text,
        "",
        "## Formula, order of beats, memory layout",
        "",
        "As the RTL's header has it:",
        "",
        "```text",
        _header(source),
        "```",
        "",
        "## Specification",
        "",
        f"`{type(spec).__module__}.{type(spec).__name__}`, validated at construction:",
        "",
        "| field | type | default | meaning |",
        "|---|---|---|---|",
        *_fields(spec, described.attributes),
        "",
        "## Parameters and ports",
        "",
        f"Module `{spec.MODULE}`:",
        "",
        "| parameter | default | meaning |",
        "|---|---|---|",
        *_parameters(source),
        "",
        "| port | direction | bits | meaning |",
        "|---|---|---|---|",
        *_ports(source),
        "",
        *_timing(name, spec),
        *_area(spec.MODULE),
    ]
    return "\n".join(lines) + "\n"


def _first(text: str) -> str:
    return text.split("\n\n")[0].replace("\n", " ")


def _header(source: str) -> str:
    """Return the comment at the head of a module, without its licence."""
    lines = []
    for line in source.splitlines()[1:]:
        if not line.startswith("//"):
            break
        lines.append(line.removeprefix("//").removeprefix(" "))
    return "\n".join(lines).strip("\n")


def _fields(spec: KernelSpec, meanings: Mapping[str, str]) -> Iterator[str]:
    for field in dataclasses.fields(spec):  # type: ignore[arg-type]
        kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        has_default = field.default is not dataclasses.MISSING
        default = f"`{_plain(field.default)}`" if has_default else "needed"
        yield f"| `{field.name}` | {_cell(str(kind))} | {default} | {_cell(meanings.get(field.name, ''))} |"


def _plain(value: object) -> object:
    return getattr(value, "qonnx_name", value)


def _cell(text: str) -> str:
    return text.replace("|", "or")


def _parameters(source: str) -> Iterator[str]:
    row = re.compile(
        r"^  parameter\s+(?:int unsigned|int|bit)?\s*(\w+)\s*=\s*([^,/\n]+?)\s*,?\s*(?://\s*(.*))?$",
        re.MULTILINE,
    )
    head = source[: source.index(") (")] if ") (" in source else ""
    for name, default, meaning in row.findall(head):
        yield f"| `{name}` | `{default}` | {_cell(meaning)} |"


def _ports(source: str) -> Iterator[str]:
    start = source.index(") (")
    head = source[start : source.index(");", start)]
    row = re.compile(r"^  (input|output)\s+logic\s*(\[[^\n]*?\])?\s*(\w+),?\s*(?://\s*(.*))?$", re.MULTILINE)
    for direction, width, name, meaning in row.findall(head):
        bits = f"`{width}`" if width else "1"
        yield f"| `{name}` | {direction} | {bits} | {_cell(meaning)} |"


def _timing(name: str, spec: KernelSpec) -> Iterator[str]:
    found = read_result(ROOT / "build_flows" / "waves.json", "python -m build_flows.waves")["kernels"][name]
    parameters = ", ".join(f"{key} = {value}" for key, value in found["parameters"].items())
    yield "## Timing"
    yield ""
    yield f"One frame through the RTL with {parameters} (simulated by Verilator; `build_flows/waves.py`):"
    yield ""
    yield waveform(found)
    yield ""
    yield (
        "The source offers a beat until it is taken, the sink is always ready; grey is not known, for "
        "nothing was offered. Elements of a beat stand in the order of their lanes, lane 0 first."
    )
    yield ""
    yield from _formulas(spec)
    latency = getattr(spec, "latency_cycles", None)
    yield f"Cycles per frame of this example: {spec.cycles_per_frame} by its specification"
    yield f"(with {found['cycles']} from the first offer to the last answer, simulated)."
    if isinstance(latency, int):
        yield f"Latency by its specification: {latency} cycles."
    if type(spec).READY_THROUGH:
        yield "An input's ready follows the output's ready within the cycle."
    else:
        yield "An input's ready leaves from a register."
    yield "Tests hold the RTL to the specification's count on every cycle."
    yield ""


def _formulas(spec: KernelSpec) -> Iterator[str]:
    """Yield how the specification computes its cycles, as it stands there."""
    yield "Cycles, as the specification computes them:"
    yield ""
    yield "```python"
    members = [inspect.getattr_static(type(spec), name, None) for name in CYCLES]
    sources = [inspect.getsource(one.fget) for one in members if isinstance(one, property) and one.fget]
    yield "\n".join(textwrap.dedent(source) for source in sources).rstrip()
    yield "```"
    yield ""


def _area(module: str) -> Iterator[str]:
    yield "## Area"
    yield ""
    rows = list(_areas(module))
    if rows:
        yield "Mapped alone by Yosys (`synth_xilinx`, 7-series; synthesised), beside the specification's"
        yield "formula (estimated):"
        yield ""
        yield "| parameters | LUT | FF | RAMB18 | DSP | LUT, formula | FF, formula |"
        yield "|---|---|---|---|---|---|---|"
        yield from rows
        yield ""
    yield "Mapped alone by Yosys, with the depth between registers (synthesised; `benchmark_levels.json`):"
    yield ""
    yield "| parameters | LUT | FF | LUTs in a row, most | carry chains in a row, most |"
    yield "|---|---|---|---|---|"
    levels = read_result(
        ROOT / "build_flows" / "benchmark_levels.json", "python build_flows/benchmark_levels.py"
    )
    for row in levels["kernels"].values():
        if row["module"] == module:
            paths = [row[name] for name in ("inside", "into", "out", "through") if row[name]]
            most = [max(path[kind] for path in paths) for kind in ("luts", "chains")]
            yield f"| {_named(row['parameters'])} | {row['lut']} | {row['ff']} | {most[0]} | {most[1]} |"
    yield ""


def _areas(module: str) -> Iterator[str]:
    path = ROOT / "build_flows" / "benchmark_area.json"
    if not path.is_file():
        return
    found = read_result(path, "python build_flows/benchmark_area.py")
    for name, row in found["kernels"].items():
        if row["module"] == module:
            real, formula = found["synthesised"][name], found["estimated"][name]
            counts = " | ".join(str(real[kind]) for kind in ("lut", "ff", "ramb18", "dsp"))
            yield f"| {_named(row['parameters'])} | {counts} | {formula['lut']} | {formula['ff']} |"


def _named(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())
