"""An independent reader of Yosys netlists and of the text of its cell library, with nextpnr's demands.

What nextpnr's two readers refuse, or read wrongly, is a finding: a port without a direction, a cell that no
real run has placed, a parameter of another width than the library declares. So is a second module.
"""

import importlib.util
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Placed and routed by nextpnr-himbaechel for xc7z020clg400-1.
PLACED = frozenset(
    {
        "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV", "FDRE", "FDSE", "CARRY4", "MUXF7", "MUXF8",
        "RAM32M", "RAM64M", "SRL16E", "RAMB18E1", "RAMB36E1", "DSP48E1", "BUFG", "PS7",
    }
)  # fmt: skip
# The tools' sources name them; nobody has placed one of ours.
UNTRIED = frozenset({"SRLC32E", "FDCE", "FDPE", "RAM32X1D", "RAM64X1D", "RAM128X1D"})


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of the library as its text declares it: directions, port and parameter widths [bits]."""

    directions: dict[str, str]
    port_bits: dict[str, int]
    parameter_bits: dict[str, int | None]  # None: a string


def library() -> dict[str, Box]:
    """Read the cells of the 7 series from the text of Yosys's library."""
    found = importlib.util.find_spec("pyosys")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "share" / "xilinx"
    text = "".join((folder / name).read_text() for name in ("cells_sim.v", "cells_xtra.v"))
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*(?!\)).*?\*\)", "", text, flags=re.DOTALL)
    modules = re.findall(r"\bmodule\s+(\w+)\b(.*?)\bendmodule\b", text, re.DOTALL)
    return {name: _box(body) for name, body in modules}


def _box(body: str) -> Box:
    body = re.sub(r"\bspecify\b.*?\bendspecify\b", "", body, flags=re.DOTALL)
    body = re.sub(r"\b(function|task)\b.*?\bend\1\b", "", body, flags=re.DOTALL)
    directions, port_bits = {}, {}
    for way, high, low, names in re.findall(
        r"\b(input|output|inout)\b\s*(?:wire|reg)?\s*(?:signed\s*)?(?:\[(\d+):(\d+)\])?\s*"
        r"(\w+(?:\s*,\s*(?!input\b|output\b|inout\b)\w+)*)",
        body,
    ):
        for name in re.split(r"\s*,\s*", names):
            directions[name] = way
            port_bits[name] = abs(int(high) - int(low)) + 1 if high else 1
    parameters: dict[str, int | None] = {}
    for kind, high, low, name, value in re.findall(
        r"\bparameter\s+(?:(integer|real)\s+)?(?:signed\s+)?(?:\[(\d+):(\d+)\]\s*)?(\w+)\s*=\s*([^;,]+)", body
    ):
        sized = re.match(r"(\d+)\s*'", value)
        if value.startswith('"') or kind == "real":
            parameters[name] = None
        elif high:
            parameters[name] = abs(int(high) - int(low)) + 1
        else:
            parameters[name] = int(sized[1]) if sized else 32
    return Box(directions, port_bits, parameters)


def cells(netlist: Path) -> list[tuple[str, Any]]:
    """Return name and content of every cell of a file that holds one module."""
    modules = json.loads(netlist.read_text())["modules"]
    assert len(modules) == 1, sorted(modules)
    (module,) = modules.values()
    return list(module["cells"].items())


def types(netlist: Path) -> Counter[str]:
    """Return how often each type of cell occurs."""
    return Counter(cell["type"] for _, cell in cells(netlist))


def findings(netlist: Path, boxes: dict[str, Box]) -> list[str]:
    """Return what is wrong with a flat netlist; empty: nothing."""
    found = [
        f"module {name} is of the library"
        for name in json.loads(netlist.read_text())["modules"]
        if name in boxes
    ]
    drivers: Counter[int] = Counter()
    for name, cell in cells(netlist):
        kind = cell["type"]
        if kind not in PLACED | UNTRIED:
            found.append(f"{name}: nobody places {kind}")
            continue
        found += [
            f"{name} ({kind}): {text}"
            for text in (*_ports(cell, boxes[kind]), *_parameters(cell, boxes[kind]))
        ]
        for port, bits in cell["connections"].items():
            if boxes[kind].directions.get(port) == "output":
                drivers.update(bit for bit in bits if isinstance(bit, int))
    return found + [f"net {bit} has {count} drivers" for bit, count in drivers.items() if count > 1]


def _ports(cell: Any, box: Box) -> list[str]:
    directions = cell.get("port_directions", {})
    found = [f"no direction of port {port}" for port in cell["connections"] if port not in directions]
    found += [f"port {port} is {way}" for port, way in directions.items() if box.directions.get(port) != way]
    return found + [
        f"port {port} has {len(bits)} bits"
        for port, bits in cell["connections"].items()
        if bits and len(bits) != box.port_bits.get(port)
    ]


def _parameters(cell: Any, box: Box) -> list[str]:
    found = []
    for name, value in cell["parameters"].items():
        is_bits = isinstance(value, str) and re.fullmatch(r"[01xz]+", value) is not None
        if name not in box.parameter_bits:
            found.append(f"no parameter {name}")
        elif (bits := box.parameter_bits[name]) is None:
            found += [f"{name} = {value!r} is no text"] if is_bits else []
        elif not is_bits or len(value) != bits:
            found.append(f"{name} = {value!r} is not {bits} bits")
    return found
