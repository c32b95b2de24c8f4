"""How deep the logic between registers is: LUTs and carry chains on the longest paths of a mapped netlist.

An inverter is a LUT of its own, and so is the read of a LUT RAM. A carry chain counts once however long it
is; the LUTs at its head count as LUTs. The multiplexers of a slice (MUXF7, MUXF8) are not counted, nor is the
time of a block RAM or DSP slice at an end of a path.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rbonn_hw.errors import ToolError

Bit = int | str
"""A net of a module, or a constant (a string)."""
MOST_LUTS: Final = 4
"""LUTs on any path of a kernel."""
MOST_CHAINS: Final = 2
"""Carry chains on any path of a kernel."""
_CLOCKS: Final = frozenset({"C", "CLK", "WCLK", "CLKARDCLK", "CLKBWRCLK", "G"})
_LOGIC: Final = frozenset({*(f"LUT{inputs}" for inputs in range(1, 7)), "INV"})
_MULTIPLEXERS: Final = frozenset({"MUXF7", "MUXF8"})
_NO_LOGIC: Final = frozenset({"$scopeinfo", "GND", "VCC"})
_FLIP_FLOPS: Final = frozenset({"FDRE", "FDSE", "FDCE", "FDPE"})
_OUTPUTS: Final = {
    **dict.fromkeys(_FLIP_FLOPS, ("Q",)),
    **dict.fromkeys(("RAMB18E1", "RAMB36E1"), ("DOADO", "DOBDO", "DOPADOP", "DOPBDOP")),
    "DSP48E1": ("P", "PCOUT", "ACOUT", "BCOUT"),
}
"""Cells that end paths and begin them: their outputs."""
# Outputs of cells that are written at the clock edge and read at once: by which address.
_READS: Final[Mapping[str, Mapping[str, str]]] = {
    **{
        kind: {"DOA": "ADDRA", "DOB": "ADDRB", "DOC": "ADDRC", "DOD": "ADDRD"}
        for kind in ("RAM32M", "RAM64M")
    },
    **{kind: {"DPO": "DPRA", "SPO": "A"} for kind in ("RAM32X1D", "RAM64X1D", "RAM128X1D")},
    **{kind: {"Q": "A"} for kind in ("SRL16E", "SRLC32E")},
}


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep the paths from one kind of start to one kind of end are.

    Attributes:
        luts: Most LUTs on one of them.
        chains: Most carry chains on one of them.
        start: Register or port where the one with most of both begins.
        end: Register or port where it ends.
    """

    luts: int
    chains: int
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class ModuleDepths:
    """How deep the paths of a module are; None where there is none.

    Attributes:
        inside: From register to register.
        into: From an input to a register.
        out: From a register to an output.
        through: From an input to an output.
    """

    inside: Depth | None
    into: Depth | None
    out: Depth | None
    through: Depth | None

    def too_deep(self) -> tuple[Depth, ...]:
        """Return what passes the bounds of a kernel."""
        known = (depth for depth in (self.inside, self.into, self.out, self.through) if depth is not None)
        return tuple(depth for depth in known if depth.luts > MOST_LUTS or depth.chains > MOST_CHAINS)


def read_modules(netlist: Path) -> dict[str, Any]:
    """Return the modules of a netlist in Yosys's JSON, gzipped or not.

    Raises:
        ToolError: The file is absent or holds something else.
    """
    try:
        content = netlist.read_bytes()
        document = json.loads(gzip.decompress(content) if netlist.suffix == ".gz" else content)
        modules: dict[str, Any] = document["modules"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolError(f"netlist {netlist}: {error}; run `rbonn synth` again") from None
    return modules


def module_depths(module: Mapping[str, Any]) -> ModuleDepths:
    """Return how deep a module is that instantiates primitives only.

    Raises:
        ToolError: It has another cell.
    """
    graph = _Graph(module)
    found: dict[tuple[bool, bool], tuple[_Arrival, str]] = {}
    for end, at_port, bit in graph.ends():
        for from_port, arrival in zip((False, True), graph.arrivals(bit), strict=True):
            if arrival is not None:
                known, where = found.get((from_port, at_port), (arrival, end))
                where = end if arrival.total > known.total else where
                found[from_port, at_port] = (known.or_longer(arrival), where)
    depths = {
        kind: Depth(arrival.luts, arrival.chains, arrival.start, end)
        for kind, (arrival, end) in found.items()
    }
    return ModuleDepths(
        inside=depths.get((False, False)),
        into=depths.get((True, False)),
        out=depths.get((False, True)),
        through=depths.get((True, True)),
    )


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The longest paths to a bit: most LUTs, most chains, most of both, and where that one begins."""

    luts: int
    chains: int
    total: int
    start: str

    def behind(self, luts: int, chains: int) -> "_Arrival":
        return _Arrival(self.luts + luts, self.chains + chains, self.total + luts + chains, self.start)

    def or_longer(self, other: "_Arrival") -> "_Arrival":
        start = other.start if other.total > self.total else self.start
        return _Arrival(
            max(self.luts, other.luts), max(self.chains, other.chains), max(self.total, other.total), start
        )


_Arrivals = tuple[_Arrival | None, _Arrival | None]
"""From registers, from ports."""


class _Graph:
    """The bits of a module: what drives each, and the longest path to it."""

    def __init__(self, module: Mapping[str, Any]) -> None:
        self._module = module
        self._names = {
            bit: f"{name}[{ind}]" if len(net["bits"]) > 1 else name
            for name, net in sorted(module["netnames"].items(), key=lambda item: -len(item[0]))
            for ind, bit in enumerate(net["bits"])
        }
        self._known: dict[Bit, _Arrivals] = {}
        self._drivers: dict[Bit, tuple[str, str, int]] = {}
        for name, port in module["ports"].items():
            if port["direction"] == "input":
                self._known.update((bit, (None, _Arrival(0, 0, 0, name))) for bit in port["bits"])
        for name, cell in module["cells"].items():
            for port in _outputs(name, cell["type"]):
                for ind, bit in enumerate(cell["connections"].get(port, ())):
                    if cell["type"] in _OUTPUTS:
                        self._known[bit] = (_Arrival(0, 0, 0, self._names.get(bit, name)), None)
                    else:
                        self._drivers[bit] = (name, port, ind)

    def ends(self) -> Iterator[tuple[str, bool, Bit]]:
        """Yield where paths end: a name, whether it is a port, and the bit."""
        for name, port in self._module["ports"].items():
            if port["direction"] == "output":
                yield from ((name, True, bit) for bit in port["bits"])
        for name, cell in self._module["cells"].items():
            kind, connections = cell["type"], cell["connections"]
            reads = _READS.get(kind)
            if kind not in _OUTPUTS and reads is None:
                continue
            outputs = _outputs(name, kind)
            label = self._names.get(next(iter(connections[outputs[0]])), name)
            for port, bits in connections.items():
                if port not in outputs and port not in _CLOCKS:
                    yield from ((f"{label} ({port})", False, bit) for bit in bits)

    def arrivals(self, bit: Bit) -> _Arrivals:
        """Return the longest paths to a bit."""
        if isinstance(bit, str) or (bit not in self._known and bit not in self._drivers):
            return (None, None)
        if bit not in self._known:
            self._known[bit] = (None, None)  # a loop without a register ends here
            self._known[bit] = self._behind(*self._drivers[bit])
        return self._known[bit]

    def _behind(self, name: str, port: str, ind: int) -> _Arrivals:
        cell = self._module["cells"][name]
        stored = _Arrival(1, 0, 1, name) if cell["type"] in _READS else None
        found: list[_Arrival | None] = [stored, None]
        for bit, luts, chains in self._sources(cell, port, ind):
            for kind, arrival in enumerate(self.arrivals(bit)):
                if arrival is not None:
                    longer = arrival.behind(luts, chains)
                    known = found[kind]
                    found[kind] = longer if known is None else known.or_longer(longer)
        return found[0], found[1]

    def _sources(self, cell: Mapping[str, Any], port: str, ind: int) -> Iterator[tuple[Bit, int, int]]:
        """Yield the bits that an output follows at once, with the LUTs and chains on the way."""
        kind, connections = cell["type"], cell["connections"]
        if kind in _READS:
            address = _READS[kind][port]
            bits = [bit for pin, wires in connections.items() if pin.startswith(address) for bit in wires]
            yield from ((bit, 1, 0) for bit in bits)
        elif kind == "CARRY4":
            yield from self._carry_sources(connections, port, ind)
        else:
            luts = int(kind in _LOGIC)
            for pin, bits in connections.items():
                if pin != "O":
                    yield from ((bit, luts, 0) for bit in bits)

    def _carry_sources(
        self, connections: Mapping[str, Sequence[Bit]], port: str, ind: int
    ) -> Iterator[tuple[Bit, int, int]]:
        for pin, bits in connections.items():
            if pin in ("S", "DI"):
                last = ind if port == "CO" or pin == "S" else ind - 1
                yield from ((bit, 0, 1) for bit in bits[: last + 1])
            elif pin in ("CI", "CYINIT"):
                for bit in bits:
                    driver = self._drivers.get(bit)
                    same = driver is not None and self._module["cells"][driver[0]]["type"] == "CARRY4"
                    yield (bit, 0, 0) if same and pin == "CI" else (bit, 0, 1)


def _outputs(name: str, kind: str) -> tuple[str, ...]:
    if kind in _OUTPUTS:
        return _OUTPUTS[kind]
    if kind in _READS:
        return tuple(_READS[kind])
    if kind == "CARRY4":
        return ("O", "CO")
    if kind in _LOGIC | _MULTIPLEXERS:
        return ("O",)
    if kind in _NO_LOGIC:
        return ()
    raise ToolError(f"cell {name!r} of type {kind!r} is no primitive whose levels are known")
