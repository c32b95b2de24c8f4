"""rbonn_hw/synth/netlist.py: the flat netlist is one that nextpnr reads, by a reader that shares no code."""

import json
import shutil
from pathlib import Path

import pytest

from rbonn_hw.synth.netlist import write_flat_json
from rbonn_hw.synth.yosys import synthesize
from tests.synth.yosys_json import PLACED, UNTRIED, Box, cells, findings, library, types

RTL = Path(__file__).parent / "rtl"
OURS = Path(__file__).resolve().parents[2] / "rbonn_hw" / "rtl"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def boxes() -> dict[str, Box]:
    return library()


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("primitives")
    table = folder / "table.mem"
    table.write_text("".join(f"{(n * 37 ^ n >> 3) & 15:x}\n" for n in range(256)))
    sources = [RTL / "primitives.v", OURS / "rbonn_rom.sv"]
    data = [table, OURS / "rbonn_assert.svh"]
    done = synthesize(sources, "accelerator", folder / "synth", data=data)
    return write_flat_json(done.netlist)


def test_a_real_netlist_is_what_the_tools_take(flat: Path, boxes: dict[str, Box]) -> None:
    assert findings(flat, boxes) == []
    ours = {"LUT1", "PS7", "BUFG"}  # not in this design: an inverter is INV, and the shell is not here
    assert types(flat).keys() - UNTRIED >= PLACED - ours
    assert not types(flat).keys() & UNTRIED


def damaged(flat: Path, folder: Path, kind: str, change: str) -> Path:
    """Copy a netlist with one cell of ``kind`` changed as ``change`` says."""
    document = json.loads(flat.read_text())
    (module,) = document["modules"].values()
    cell = next(cell for cell in module["cells"].values() if cell["type"] == kind)
    if change == "direction":
        del cell["port_directions"][next(iter(cell["connections"]))]
    elif change == "width":
        cell["parameters"]["INIT"] = cell["parameters"]["INIT"][1:]
    elif change == "type":
        cell["type"] = "MMCME2_ADV"
    elif change == "box":
        document["modules"][kind] = {"ports": {}, "cells": {}}
    elif change == "driver":
        others = [other for other in module["cells"].values() if other["type"] == kind and other is not cell]
        cell["connections"]["O"] = others[0]["connections"]["O"]
    path = folder / "damaged.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("LUT6", "direction", "no direction of port"),
        ("SRL16E", "width", "is not 16 bits"),
        ("FDRE", "type", "nobody places MMCME2_ADV"),
        ("LUT2", "driver", "has 2 drivers"),
    ],
)
def test_the_reader_finds_what_the_tools_refuse(
    flat: Path, boxes: dict[str, Box], tmp_path: Path, kind: str, change: str, said: str
) -> None:
    found = findings(damaged(flat, tmp_path, kind, change), boxes)
    assert len(found) == 1
    assert said in found[0]


def test_a_module_of_the_library_is_no_design(flat: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="LUT6"):
        cells(damaged(flat, tmp_path, "LUT6", "box"))


def test_written_twice_is_written_alike(flat: Path) -> None:
    first = flat.parent / "first.json"
    shutil.copyfile(flat, first)
    assert write_flat_json(flat.parent / "netlist.json.gz").read_bytes() == first.read_bytes()
