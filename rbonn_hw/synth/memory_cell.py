"""What a memory cell of Yosys (``$mem_v2``) says of itself."""

from typing import Any

from pyosys import libyosys as ys


def number_of(cell: Any, parameter: str) -> int:
    """Return a parameter as a number."""
    return int(cell.getParam(ys.IdString(f"\\{parameter}")).as_int())


def bits_of(cell: Any, parameter: str) -> str:
    """Return the bits of a parameter, the greatest first."""
    return str(cell.getParam(ys.IdString(f"\\{parameter}")).as_string())


def port_of(cell: Any, name: str) -> Any:
    """Return the signal at a port."""
    return cell.getPort(ys.IdString(f"\\{name}"))


def reached_address(cell: Any) -> Any:
    """Return the read address without the upper bits that are always 0: the words beyond are never read."""
    address = port_of(cell, "RD_ADDR")
    size = address.size()
    while size > 1 and address.extract(size - 1, 1).is_fully_zero():
        size -= 1
    return address.extract(0, size)
