"""rbonn_hw/soc/open_flow.py: a netlist to a bitstream, with stand-ins that refuse what the tools refuse."""

import json
from pathlib import Path

import pytest

from rbonn_hw.errors import TimingError, ToolError
from rbonn_hw.soc import open_flow
from rbonn_hw.soc.implementation import Implementation
from rbonn_hw.soc.open_tools import HIMBAECHEL, XILINX, find_tools
from rbonn_hw.toolchain import ask_tool
from tests.soc.systems import small_system
from tests.soc.tools import PART, fake_tool, install_open_tools

PORTS = {"O": "output", "I0": "input"}


def write_netlist(folder: Path, *types: str, directions: bool = True) -> None:
    """Write the netlist that the flow begins with, of cells of ``types``, and the constraints."""
    cells = {
        f"cell{n}": {"type": kind, "connections": {"O": [n + 2], "I0": ["0"]}, "port_directions": PORTS}
        for n, kind in enumerate(types)
    }
    if not directions:
        del cells["cell0"]["port_directions"]
    top = {"attributes": {"top": "1"}, "cells": cells}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / open_flow.NETLIST).write_text(json.dumps({"modules": {"top": top}}))
    (folder / open_flow.CONSTRAINTS).write_text("# none\n")


def implement(folder: Path, *, seeds: int = 1, allow_timing_failure: bool = False) -> Implementation:
    return open_flow.implement(
        small_system(folder / "build"),
        folder / "open",
        find_tools(PART),
        seeds=seeds,
        allow_timing_failure=allow_timing_failure,
        progress=lambda _: None,
    )


def runs(calls: Path) -> list[str]:
    """Return what was run on a design, not to ask a tool what it is: name and seed."""
    lines = [line.split() for line in calls.read_text().splitlines()]
    found = [
        f"{words[0]} {words[words.index('--seed') + 1]}" if "--seed" in words else words[0]
        for words in lines
        if "--json" in words or not words[0].startswith("nextpnr")
    ]
    calls.write_text("")
    return found


@pytest.mark.parametrize("placer", [XILINX, HIMBAECHEL])
def test_from_netlist_to_bitstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placer: str) -> None:
    write_netlist(tmp_path / "open", "LUT6", "LUT5", "FDRE", "PS7")
    calls = install_open_tools(tmp_path, monkeypatch, placer, lut_sites=1)

    done = implement(tmp_path)

    assert done.bitstream is not None
    assert done.bitstream.read_text().startswith("bits of 0x00400000")
    assert (done.tool, done.origin) == ("openxc7", "estimated")
    assert done.resources == {"lut": 1, "ff": 1, "ramb36": 0, "dsp": 0}
    assert done.details == {"lut_halves": 2, "lut_halves_of": 106_400}
    assert done.timing.fmax_mhz == pytest.approx(112.36)
    assert runs(calls) == [f"{placer} 1", "fasm2frames", "xc7frames2bit"]


def test_a_rerun_does_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", "PS7")
    calls = install_open_tools(tmp_path, monkeypatch, fmax={"1": 101.0, "2": 104.0, "3": 118.1})
    first = implement(tmp_path)
    runs(calls)

    again = implement(tmp_path)
    assert (again, runs(calls)) == (first, [])
    more = implement(tmp_path, seeds=3)
    assert sorted(runs(calls)) == ["fasm2frames", f"{HIMBAECHEL} 2", f"{HIMBAECHEL} 3", "xc7frames2bit"]
    assert [(run.seed, run.fmax_mhz) for run in more.seeds] == [(3, 118.1), (2, 104.0), (1, 101.0)]
    assert more.timing.fmax_mhz == pytest.approx(118.1)
    write_netlist(tmp_path / "open", "LUT5", "FDRE", "PS7")
    implement(tmp_path)
    assert runs(calls) == [f"{HIMBAECHEL} 1", "fasm2frames", "xc7frames2bit"]


def test_a_seed_that_cannot_be_routed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", "PS7")
    calls = install_open_tools(tmp_path, monkeypatch, unroutable=["1"])
    done = implement(tmp_path, seeds=2)
    assert [(run.seed, run.failure) for run in done.seeds] == [(2, ""), (1, "ERROR: Routing design failed.")]
    assert (tmp_path / "open" / "seed_1.failed").is_dir()
    calls.with_name("settings.json").write_text("{}")
    runs(calls)
    implement(tmp_path, seeds=2)
    assert runs(calls)[0] == f"{HIMBAECHEL} 1"
    assert not (tmp_path / "open" / "seed_1.failed").exists()


def test_each_tool_has_its_own_options() -> None:
    xilinx = open_flow.place_command(XILINX, ["--chipdb", "c.bin"], 100.0, 1)
    himbaechel = open_flow.place_command(HIMBAECHEL, ["--device", PART], 100.0, 1)
    common = {
        "--json", "accelerator.json", "--freq", "100", "--router", "router2", "--timing-allow-fail", "--seed",
        "1", "--log", "nextpnr.log",
    }  # fmt: skip
    own = {"--chipdb", "c.bin", "--xdc", "constraints.xdc", "--fasm", "accelerator.fasm"}
    assert set(xilinx) == common | own | {XILINX}
    vopts = {"--device", PART, "-o", "xdc=constraints.xdc", "fasm=accelerator.fasm"}
    assert set(himbaechel) == common | vopts | {HIMBAECHEL}


def test_missed_timing_makes_no_bitstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", "PS7")
    calls = install_open_tools(tmp_path, monkeypatch, fmax={"1": 82.0})

    missed = implement(tmp_path)
    assert (missed.bitstream, missed.timing.met) == (None, False)
    assert "xc7frames2bit" not in runs(calls)
    done = implement(tmp_path, allow_timing_failure=True)
    assert done.bitstream is not None
    assert done.bitstream.is_file()
    assert runs(calls) == ["fasm2frames", "xc7frames2bit"]


def test_a_path_from_a_tied_off_clock_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", "PS7")
    install_open_tools(tmp_path, monkeypatch, tied_off_ns=10.5)
    missed = implement(tmp_path)
    with pytest.raises(TimingError, match=r"0\.500 ns more than the 10 ns"):
        missed.timing.check()


def test_a_netlist_without_directions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", directions=False)
    install_open_tools(tmp_path, monkeypatch)
    with pytest.raises(ToolError, match="Failed to get direction for port 'O' of cell 'cell0'"):
        implement(tmp_path)


def test_a_placer_that_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path / "open", "LUT6", "FDRE", "PS7")
    install_open_tools(tmp_path, monkeypatch)
    tools = find_tools(PART)
    fake_tool(tmp_path / "other", monkeypatch, HIMBAECHEL, {})
    with pytest.raises(ToolError, match=r"nextpnr-himbaechel wrote no nextpnr\.log.*seed_1\.failed"):
        open_flow.implement(
            small_system(tmp_path / "build"), tmp_path / "open", tools, progress=lambda _: None
        )


@pytest.mark.parametrize("placer", [XILINX, HIMBAECHEL])
def test_the_script_alone_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placer: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_netlist(elsewhere, "LUT6", "FDRE", "PS7")
    install_open_tools(tmp_path, monkeypatch, placer)
    (elsewhere / "build.sh").write_text(open_flow.script(small_system(tmp_path / "build")))

    code, said = ask_tool(["sh", elsewhere / "build.sh"])

    assert code == 0, said
    assert (elsewhere / "accelerator.bit").read_text().startswith("bits of")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRJXRAY_DB_DIR", "xray")
    code, said = ask_tool(["sh", elsewhere / "build.sh"])
    assert code == 0, said
    monkeypatch.delenv("PRJXRAY_DB_DIR")
    code, said = ask_tool(["sh", elsewhere / "build.sh"])
    assert code != 0
    assert "PRJXRAY_DB_DIR" in said


def test_a_cell_that_the_tools_cannot_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = install_open_tools(tmp_path, monkeypatch)
    write_netlist(tmp_path / "open", "LUT6", "LUT6_2", "MMCME2_ADV")
    with pytest.raises(ToolError, match="cannot place LUT6_2, MMCME2_ADV; use --tool vivado"):
        implement(tmp_path)
    assert "--json" not in calls.read_text()


def test_a_cell_that_nobody_tried_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_open_tools(tmp_path, monkeypatch)
    write_netlist(tmp_path / "open", "LUT6", "SRLC32E")
    told: list[str] = []
    open_flow.implement(
        small_system(tmp_path / "build"), tmp_path / "open", find_tools(PART), progress=told.append
    )
    assert told[0] == "no run of nextpnr has placed SRLC32E of ours yet"
