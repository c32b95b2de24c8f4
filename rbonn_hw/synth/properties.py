"""Assertions of SystemVerilog as Yosys takes them, and as outputs of a netlist.

``read_slang`` reads clocked properties but no implications, so those are rewritten: ``a |-> b`` becomes
``!(a) || b``, ``a |=> b`` becomes ``!$past(a) || b``.
"""

import re
from typing import Any

_MACRO = re.compile(r"`(ASSERT|REACH)\(")
_OPENING, _CLOSING = "({[", ")}]"
REACH = "Reach"
"""Names of states that must be reachable begin so: what is asserted of them must not hold."""
TAG = "Tag"
"""Names of properties of one tagged element among zeros begin so: registers and memories begin with 0."""
SUFFIX = ".failed"
"""Ends the name of an output that is high where a property does not hold."""


def formal_source(text: str) -> str:
    """Return SystemVerilog whose ``ASSERT(name, property)`` are assertions that ``read_slang`` takes.

    ``REACH(name, condition)`` becomes an assertion that the condition is never met, to be refuted.
    """
    pieces, at = [], 0
    for found in _MACRO.finditer(text):
        if text.startswith("`define", text.rfind("\n", 0, found.start()) + 1):
            continue
        end, comma, arrow = _argument_ends(text, found.end())
        name = text[found.end() : comma].strip()
        holds = text[comma + 1 : end]
        if found[1] == "REACH":
            name, holds = REACH + name, f"!({holds})"
        elif arrow is not None:
            before, after = text[comma + 1 : arrow], text[arrow + 3 : end]
            past = text[arrow + 1] == "="
            holds = f"!{'$past' if past else ''}(!rst_i && ({before})) || ({after})"
        pieces.append(text[at : found.start()])
        pieces.append(f"{name}: assert property (@(posedge clk_i) disable iff (rst_i) ({holds}));")
        at = end + 1
    return "".join([*pieces, text[at:]])


def _argument_ends(text: str, start: int) -> tuple[int, int, int | None]:
    """Return where the arguments that begin at ``start`` end, their first comma, and the implication."""
    depth, at, comma, arrow = 1, start, None, None
    while True:
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if depth == 0:
            return at, comma or at, arrow
        if depth == 1 and text[at] == "," and comma is None:
            comma = at
        if depth == 1 and text[at : at + 3] in ("|->", "|=>"):
            arrow = at
        at += 1


def expose_properties(design: Any) -> None:
    """Replace every assertion of a flat ``design`` by an output that is high where it does not hold."""
    from pyosys import libyosys as ys

    (module,) = design.modules_.values()
    for cell in list(module.cells_.values()):
        if cell.type.str() not in ("$check", "$print"):
            continue
        flavor = cell.parameters.get(ys.IdString("\\FLAVOR"))
        if flavor is not None and flavor.decode_string() == "assert":
            name = cell.name.str()
            port = module.addWire(ys.IdString(f"{name}{SUFFIX}"), 1)
            port.port_output = True
            holds = module.Not(ys.IdString(f"{name}.not"), cell.getPort(ys.IdString("\\A")))
            module.addAnd(
                ys.IdString(f"{name}.and"), cell.getPort(ys.IdString("\\EN")), holds, ys.SigSpec(port)
            )
        module.remove(cell)
    module.fixup_ports()
