"""Maps read-only memories that are meant for LUTs to LUT6, MUXF7 and MUXF8, as a vendor's tool would.

Left to itself Yosys turns such a memory into multiplexers and hands those to its logic optimizer, which takes
minutes over a wide one and, inside a larger circuit, gives back twice the LUTs.
"""

from collections.abc import Sequence
from typing import Any, Final

from pyosys import libyosys as ys

from rbonn_hw.synth.memory_cell import bits_of, number_of, port_of, reached_address

_LUT_INPUTS: Final = 6
_SLICE_BITS: Final = 8  # four LUT6, two MUXF7 and a MUXF8: what one slice can join
_MOST_ADDRESS_BITS: Final = 10  # four slices, which one LUT6 can join


def map_roms(design: Any) -> None:
    """Replace the distributed read-only memories of ``design`` by LUTs and a register.

    Taken are memories with one registered read port that reaches at most 1,024 words, whose attributes ask
    for LUTs. Others stay for Yosys's own mapping.
    """
    for module in list(design.modules_.values()):
        for cell in list(module.cells_.values()):
            if cell.type.str() == "$mem_v2" and _is_distributed(cell) and _is_plain(cell):
                _replace(module, cell)


def _is_distributed(cell: Any) -> bool:
    styles = {
        cell.get_string_attribute(ys.IdString(name)) for name in ("\\ram_style", "\\rom_style", "\\romstyle")
    }
    asked = cell.get_bool_attribute(ys.IdString("\\logic_block"))
    return bool(asked) or bool(styles & {"distributed", "logic"})


def _is_plain(cell: Any) -> bool:
    """Return whether the memory is one synchronous read port on the rising edge, and nothing else."""
    return (
        [
            number_of(cell, name)
            for name in ("WR_PORTS", "RD_PORTS", "RD_CLK_ENABLE", "RD_CLK_POLARITY", "OFFSET")
        ]
        == [0, 1, 1, 1, 0]
        and reached_address(cell).size() <= _MOST_ADDRESS_BITS
        and all(port_of(cell, name).is_fully_zero() for name in ("RD_ARST", "RD_SRST"))
        and "0" not in bits_of(cell, "RD_INIT_VALUE")
        and "1" not in bits_of(cell, "RD_INIT_VALUE")
    )


def _replace(module: Any, cell: Any) -> None:
    width = number_of(cell, "WIDTH")
    contents = bits_of(cell, "INIT")[::-1].replace("x", "0")  # bit 0 of word 0 first
    address, name = reached_address(cell), cell.name.str()
    read = module.addWire(_unique(module, f"{name}.read"), width)
    for bit in range(width):
        column = contents[bit::width][: 1 << address.size()].ljust(1 << address.size(), "0")
        _column(module, f"{name}.bit{bit}", column, address, ys.SigSpec(read, bit, 1))
    register = _unique(module, f"{name}.register")
    clock, enable, data = (port_of(cell, pin) for pin in ("RD_CLK", "RD_EN", "RD_DATA"))
    if enable.is_fully_ones():
        module.addDff(register, clock, ys.SigSpec(read), data)
    else:
        module.addDffe(register, clock, enable, ys.SigSpec(read), data)
    module.remove(cell)


def _column(module: Any, name: str, column: str, address: Any, target: Any) -> None:
    """Add the LUTs of one data bit; ``column[a]`` is its value at address ``a``."""
    if address.size() <= _LUT_INPUTS:
        _lut(module, name, column, address, target)
        return
    if address.size() > _SLICE_BITS:
        _banks(module, name, column, address, target)
        return
    half, select = len(column) // 2, address.extract(address.size() - 1, 1)
    halves: Sequence[Any] = [ys.SigSpec(module.addWire(_unique(module, f"{name}.half"), 1)) for _ in range(2)]
    lower = address.extract(0, address.size() - 1)
    for number, wire in enumerate(halves):
        _column(module, name, column[number * half : (number + 1) * half], lower, wire)
    kind = "\\MUXF7" if address.size() == _LUT_INPUTS + 1 else "\\MUXF8"
    ports = {"\\I0": halves[0], "\\I1": halves[1], "\\S": select, "\\O": target}
    _cell(module, name, kind, ports)


def _banks(module: Any, name: str, column: str, address: Any, target: Any) -> None:
    """Add a slice for each bank of 256 words, and the LUT that chooses among them."""
    lower, upper = address.extract(0, _SLICE_BITS), address.extract(_SLICE_BITS, address.size() - _SLICE_BITS)
    size, count = 1 << _SLICE_BITS, 1 << upper.size()
    inputs = ys.SigSpec()
    for number in range(count):
        bank = column[number * size : (number + 1) * size]
        wire = (
            ys.SigSpec(module.addWire(_unique(module, f"{name}.bank"), 1))
            if "1" in bank
            else ys.SigSpec(0, 1)
        )
        if "1" in bank:
            _column(module, name, bank, lower, wire)
        inputs.append(wire)
    inputs.append(upper)
    chosen = "".join(str(index >> (index >> count) & 1) for index in range(1 << inputs.size()))
    _lut(module, name, chosen, inputs, target)


def _lut(module: Any, name: str, column: str, address: Any, target: Any) -> None:
    inputs = address.size()
    ports = {f"\\I{number}": address.extract(number, 1) for number in range(inputs)}
    lut = _cell(module, name, f"\\LUT{inputs}", {**ports, "\\O": target})
    lut.setParam(ys.IdString("\\INIT"), ys.Const.from_string(column[::-1]))


def _cell(module: Any, name: str, kind: str, ports: dict[str, Any]) -> Any:
    cell = module.addCell(_unique(module, name), ys.IdString(kind))
    for port, signal in ports.items():
        cell.setPort(ys.IdString(port), signal)
    return cell


def _unique(module: Any, name: str) -> Any:
    return module.uniquify(ys.IdString(name))
