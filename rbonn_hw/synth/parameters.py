"""Parameters of mapped cells as wide as the cell library declares them, for place and route."""

from typing import Any

from pyosys import libyosys as ys

_STRING = 1  # Yosys's CONST_FLAG_STRING


def fit_parameters(design: Any) -> None:
    """Give parameters of library cells their declared width; high bits that are added or taken are 0.

    A shift register of three stages leaves Yosys with three of the sixteen bits of ``INIT``, a RAMB18E1 with
    64 bits for outputs of 18.

    Args:
        design: A design beside its cell library, whose modules are boxes with default values.

    Raises:
        ValueError: A value does not fit.
    """
    boxes = {
        module.name: dict(module.parameter_default_values)
        for module in design.modules_.values()
        if module.get_blackbox_attribute()
    }
    for module in design.modules_.values():
        if module.get_blackbox_attribute():
            continue
        for cell in module.cells_.values():
            for name, declared in boxes.get(cell.type, {}).items():
                if cell.hasParam(name):
                    _fit(cell, name, declared)


def _fit(cell: Any, name: Any, declared: Any) -> None:
    if declared.flags & _STRING:
        return
    bits, width = cell.getParam(name).as_string(), declared.size()
    excess = bits[: max(len(bits) - width, 0)]
    if "1" in excess:
        what = f"{cell.type.str()} {cell.name.str()}: {name.str()} = {bits}"
        raise ValueError(f"error: {what} does not fit into {width} bits")
    if len(bits) != width:
        cell.setParam(name, ys.Const.from_string(bits.rjust(width, "0")[-width:]))
