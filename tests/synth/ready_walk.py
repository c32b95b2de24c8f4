"""Which inputs an output of a mapped module follows within the cycle, found by walking its cells."""

from typing import Any

STORES = ("FD", "RAMB", "DSP")
"""Cells whose outputs wait for the clock."""
ADDRESSES = {"RAM": ("ADDR", "DPRA", "A"), "SRL": ("A",)}
"""Pins of written cells that an output follows at once."""
Modules = dict[str, Any]


def followed(module: Any, port: str) -> set[str]:
    """Return the input ports that the output ``port`` follows, clock and reset left out."""
    drivers = {
        bit: cell
        for cell in module["cells"].values()
        for pin, bits in cell["connections"].items()
        if pin in ("O", "CO")
        or (pin.startswith(("DO", "DPO", "Q", "P", "SPO")) and cell["type"][:3] != "LUT")
        for bit in bits
        if not cell["type"].startswith(STORES)
    }
    inputs = {
        bit: name
        for name, entry in module["ports"].items()
        if entry["direction"] == "input"
        for bit in entry["bits"]
    }
    seen: set[Any] = set()
    open_bits = list(module["ports"][port]["bits"])
    while open_bits:
        bit = open_bits.pop()
        if bit in seen or bit not in drivers:
            seen.add(bit)
            continue
        seen.add(bit)
        cell = drivers[bit]
        pins = ADDRESSES.get(cell["type"][:3])
        for pin, bits in cell["connections"].items():
            if pins is None or pin.startswith(pins):
                open_bits += bits
    names = {inputs[bit] for bit in seen if bit in inputs}
    return {name for name in names if not name.startswith(("clk", "rst", "ap_"))}


def kernels_crossed(modules: Modules, top: str) -> int:
    """Return the most instances of ``top`` that a path to a ready crosses, from whatever it begins at."""
    drivers = {
        bit: (cell["type"], port, cell["connections"])
        for cell in modules[top]["cells"].values()
        for port, bits in cell["connections"].items()
        if modules[cell["type"]]["ports"][port]["direction"] == "output"
        for bit in bits
    }
    known: dict[Any, int] = {}

    def crossed(bit: Any) -> int:
        if bit not in known:
            known[bit] = 0
            if bit in drivers:
                kind, port, connections = drivers[bit]
                before = [
                    crossed(wire)
                    for name in followed(modules[kind], port)
                    for wire in connections[name]
                    if name.upper().endswith(("VALID", "READY"))
                ]
                known[bit] = 1 + max(before) if before else 0
        return known[bit]

    return max(crossed(bit) for bit, (_, port, _) in drivers.items() if port.endswith("TREADY"))
