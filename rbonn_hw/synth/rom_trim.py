"""Cuts read-only memories down to what is read of them, which Yosys leaves as it was written.

A table of thresholds is one column of a file whose rows are as many as its deepest column needs; without this
every column would take block RAM for all of the file.
"""

from collections.abc import Iterable
from typing import Any

from pyosys import libyosys as ys

from rbonn_hw.synth.memory_cell import bits_of, number_of, port_of, reached_address

Net = tuple[str, int]


def trim_roms(design: Any) -> None:
    """Remove bits that nothing listens to, and words beyond the addresses that can come."""
    for module in list(design.modules_.values()):
        roms = {cell.name.str(): cell for cell in module.cells_.values() if _is_rom(cell)}
        if roms:
            listened = _listened(module, roms)
            for cell in roms.values():
                _trim(cell, listened)


def _is_rom(cell: Any) -> bool:
    """Return whether the cell is a memory with one read port and nothing else."""
    return cell.type.str() == "$mem_v2" and [
        number_of(cell, name) for name in ("WR_PORTS", "RD_PORTS", "OFFSET")
    ] == [0, 1, 0]


def _listened(module: Any, roms: dict[str, Any]) -> set[Net]:
    """Return the bits of memory outputs that a cell, another name or a port of the module takes."""
    given = {net for cell in roms.values() for net in _nets(port_of(cell, "RD_DATA"))}
    taken = {
        net
        for cell in module.cells_.values()
        for name, signal in cell.connections_.items()
        if not (cell.name.str() in roms and name.str() == "\\RD_DATA")
        for net in _nets(signal)
    }
    taken |= {net for pair in module.connections_ for signal in pair for net in _nets(signal)}
    outputs = {wire.name.str() for wire in module.wires_.values() if wire.port_output}
    return {net for net in given if net in taken or net[0] in outputs}


def _nets(signal: Any) -> Iterable[Net]:
    return ((bit.wire.name.str(), bit.offset) for bit in signal.bits() if bit.is_wire())


def _trim(cell: Any, listened: set[Net]) -> None:
    data, reached, width = port_of(cell, "RD_DATA"), reached_address(cell), number_of(cell, "WIDTH")
    kept = [number for number in range(width) if listened.issuperset(_nets(data.extract(number, 1)))]
    size = min(number_of(cell, "SIZE"), 1 << reached.size())
    if not kept or (len(kept), size) == (width, number_of(cell, "SIZE")):
        return
    read = ys.SigSpec()
    for number in kept:
        read.append(data.extract(number, 1))
    for name in ("INIT", "RD_INIT_VALUE", "RD_ARST_VALUE", "RD_SRST_VALUE"):
        stored = bits_of(cell, name)[::-1]  # bit 0 of word 0 first
        words = range(0, (size if name == "INIT" else 1) * width, width)
        _set(cell, name, "".join(stored[word + number] for word in words for number in kept)[::-1])
    for name, value in (("WIDTH", len(kept)), ("SIZE", size), ("ABITS", reached.size())):
        _set(cell, name, f"{value:032b}")
    cell.setPort(ys.IdString("\\RD_DATA"), read)
    cell.setPort(ys.IdString("\\RD_ADDR"), reached)


def _set(cell: Any, name: str, stored: str) -> None:
    cell.setParam(ys.IdString(f"\\{name}"), ys.Const.from_string(stored))
