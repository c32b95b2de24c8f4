"""rbonn_hw.synth.levels: netlists small enough to count by eye."""

import json
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.synth.levels import Depth, module_depths, read_modules


def cell(kind: str, **pins: list[Any]) -> dict[str, Any]:
    """Return a cell of a netlist."""
    return {"type": kind, "connections": pins}


def netlist(
    cells: dict[str, Any], inputs: dict[str, list[int]], outputs: dict[str, list[int]]
) -> dict[str, Any]:
    """Return a module; every bit is called n<bit>."""
    ports = {name: {"direction": "input", "bits": bits} for name, bits in inputs.items()}
    ports |= {name: {"direction": "output", "bits": bits} for name, bits in outputs.items()}
    bits = {
        bit
        for entry in cells.values()
        for wires in entry["connections"].values()
        for bit in wires
        if isinstance(bit, int)
    }
    names = {f"n{bit}": {"bits": [bit]} for bit in bits}
    return {"ports": ports, "cells": cells, "netnames": names}


def register(d: int, q: int) -> dict[str, Any]:
    return cell("FDRE", C=[1], CE=["1"], D=[d], Q=[q], R=["0"])


def test_luts_between_registers_and_ports_are_counted_apart() -> None:
    module = netlist(
        {
            "a": register(2, 3),
            "first": cell("LUT2", I0=[3], I1=[2], O=[4]),
            "slice": cell("MUXF7", I0=[4], I1=[4], S=[3], O=[5]),
            "second": cell("INV", I=[5], O=[6]),
            "b": register(6, 7),
        },
        {"clk": [1], "x": [2]},
        {"y": [4], "z": [7]},
    )

    found = module_depths(module)

    assert found.inside == Depth(2, 0, "n3", "n7 (D)")
    assert found.into == Depth(2, 0, "x", "n7 (D)")
    assert found.out == Depth(1, 0, "n3", "y")
    assert found.through == Depth(1, 0, "x", "y")
    assert found.too_deep() == ()


def carry(s: list[Any], ci: Any, o: list[int], co: list[int]) -> dict[str, Any]:
    return cell("CARRY4", CI=[ci], CYINIT=["0"], DI=["0"] * 4, S=s, O=o, CO=co)


def test_a_chain_counts_once_and_carries_upwards_only() -> None:
    """Two CARRY4 in a row are one chain; bit 0 of a sum does not depend on bit 3."""
    module = netlist(
        {
            "a": register(90, 2),
            "slow": cell("LUT1", I0=[2], O=[3]),
            "low": carry([2, "0", "0", 3], "0", [10, 11, 12, 13], [20, 21, 22, 23]),
            "high": carry(["0"] * 4, 23, [14, 15, 16, 17], [24, 25, 26, 27]),
            "b": register(17, 30),
            "c": register(10, 31),
        },
        {"clk": [1]},
        {},
    )

    found = module_depths(module)

    assert found.inside == Depth(1, 1, "n2", "n30 (D)")
    only_low = {name: entry for name, entry in module["cells"].items() if name not in ("b", "high")}
    assert module_depths(netlist(only_low, {"clk": [1]}, {})).inside == Depth(0, 1, "n2", "n31 (D)")


def test_three_chains_or_five_luts_are_too_deep() -> None:
    chains = {"a": register(90, 10), "z": register(40, 50)} | {
        f"sum{n}": carry([10 * n, "0", "0", "0"], "0", [10 * n + 10, 91, 92, 93], [94, 95, 96, 97])
        for n in (1, 2, 3)
    }
    luts = {"a": register(90, 10), "z": register(15, 50)} | {
        f"lut{n}": cell("LUT1", I0=[n], O=[n + 1]) for n in range(10, 15)
    }

    assert module_depths(netlist(chains, {"clk": [1]}, {})).too_deep() == (Depth(0, 3, "n10", "n50 (D)"),)
    assert module_depths(netlist(luts, {"clk": [1]}, {})).too_deep() == (Depth(5, 0, "n10", "n50 (D)"),)


def test_a_lut_ram_is_read_at_once_and_written_at_the_clock() -> None:
    ram = {pin: [bit] for pin, bit in {"ADDRA": 2, "ADDRD": 3, "DIA": 4, "WE": 5, "DOA": 6}.items()}
    module = netlist(
        {
            "ram": cell("RAM32M", **ram),
            "data": cell("LUT1", I0=[7], O=[4]),
            "seen": register(6, 8),
        },
        {"clk": [1], "read": [2], "write": [3], "x": [7]},
        {},
    )

    found = module_depths(module)

    assert found.inside == Depth(1, 0, "ram", "n8 (D)")
    assert found.into == Depth(1, 0, "x", "n6 (DIA)")


def test_an_unknown_cell_is_named() -> None:
    with pytest.raises(ToolError, match="'odd' of type 'LATCH'"):
        module_depths(netlist({"odd": cell("LATCH", D=[1])}, {"d": [1]}, {}))


def test_what_is_no_netlist_is_named(tmp_path: Path) -> None:
    (tmp_path / "netlist.json").write_text(json.dumps([]))

    with pytest.raises(ToolError, match=r"netlist\.json.*rbonn synth"):
        read_modules(tmp_path / "netlist.json")
