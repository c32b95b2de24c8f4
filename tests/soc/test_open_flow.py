"""rbonn_hw/soc/open_flow.py: command lines, what is missing, and the verdict, with tools that record."""

import json
from pathlib import Path

import pytest

from rbonn_hw.errors import TimingError, ToolError
from rbonn_hw.soc import open_flow
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE
from tests.soc.systems import small_system
from tests.soc.test_timing_report import text
from tests.soc.tools import fake_tool

PART = "xc7z020clg400-1"
ROUTED = {"nextpnr.log": text("nextpnr.log"), "accelerator.fasm": "features"}
MISSED = ROUTED | {"nextpnr.log": text("nextpnr.log").replace("112.36", "82.00")}


def write_netlist(folder: Path, *types: str) -> None:
    """Write the netlist that the flow begins with, of cells of ``types``."""
    cells = {f"cell{number}": {"type": kind} for number, kind in enumerate(types)}
    (folder / open_flow.NETLIST).write_text(json.dumps({"modules": {"top": {"cells": cells}}}))


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, placer: str, routed: dict[str, str]
) -> dict[str, Path]:
    """Put all tools of the flow on the PATH; returns their files of arguments."""
    monkeypatch.setenv(PRJXRAY_VARIABLE, "/xray")
    monkeypatch.setenv(CHIPDB_VARIABLE, "/chips/xc7z020.bin")
    leave = {
        placer: routed,
        "fasm2frames": {"accelerator.frames": "f"},
        "xc7frames2bit": {"accelerator.bit": "bits"},
    }
    return {name: fake_tool(folder, monkeypatch, name, files) for name, files in leave.items()}


@pytest.mark.parametrize(
    ("placer", "chip"),
    [
        ("nextpnr-xilinx", ["--chipdb", "/chips/xc7z020.bin"]),
        ("nextpnr-himbaechel", ["--device", PART]),
    ],
)
def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placer: str, chip: list[str]) -> None:
    write_netlist(tmp_path, "LUT6", "FDRE", "PS7")
    logs = install(tmp_path / "bin", monkeypatch, placer, ROUTED)

    done = open_flow.implement(
        small_system(tmp_path / "build"), tmp_path, open_flow.find_tools(), progress=lambda _: None
    )

    assert logs[placer].read_text().split() == [
        *chip, "--json", "accelerator.json", "--xdc", "constraints.xdc", "--fasm", "accelerator.fasm",
        "--freq", "100", "--timing-allow-fail", "--seed", "1", "--log", "nextpnr.log",
    ]  # fmt: skip
    assert logs["fasm2frames"].read_text().split() == [
        "--part", PART, "--db-root", "/xray/zynq7", "accelerator.fasm", "accelerator.frames",
    ]  # fmt: skip
    assert logs["xc7frames2bit"].read_text().split() == [
        "--part_file", f"/xray/zynq7/{PART}/part.yaml", "--part_name", PART,
        "--frm_file", "accelerator.frames", "--output_file", "accelerator.bit",
    ]  # fmt: skip
    assert done.bitstream.read_text() == "bits"
    assert (done.tool, done.origin, done.resources["lut"]) == ("openxc7", "estimated", 8123)
    assert done.timing.fmax_mhz == pytest.approx(112.36)


def test_a_folder_of_chip_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "bin", monkeypatch, "nextpnr-xilinx", ROUTED)
    monkeypatch.setenv(CHIPDB_VARIABLE, str(tmp_path))
    place = open_flow.commands(small_system(tmp_path / "build"), open_flow.find_tools())[0]
    assert place[1:3] == ["--chipdb", str(tmp_path / "xc7z020.bin")]


def test_missed_timing_makes_no_bitstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path, "LUT6", "FDRE", "PS7")
    logs = install(tmp_path / "bin", monkeypatch, "nextpnr-xilinx", MISSED)
    system, tools = small_system(tmp_path / "build"), open_flow.find_tools()

    with pytest.raises(TimingError, match=r"--clock-mhz 82"):
        open_flow.implement(system, tmp_path, tools, progress=lambda _: None)
    assert not logs["xc7frames2bit"].exists()
    done = open_flow.implement(system, tmp_path, tools, allow_timing_failure=True, progress=lambda _: None)
    assert done.bitstream.is_file()
    assert not done.timing.met


def test_what_is_missing_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(PRJXRAY_VARIABLE, raising=False)
    assert len(open_flow.missing_tools()) == 4
    with pytest.raises(ToolError, match=r"lacks nextpnr-xilinx, or .*fasm2frames.*xc7frames2bit.*openXC7"):
        open_flow.find_tools()
    install(tmp_path, monkeypatch, "nextpnr-xilinx", ROUTED)
    monkeypatch.delenv(CHIPDB_VARIABLE)
    assert open_flow.missing_tools() == ["environment variable CHIPDB: nextpnr-xilinx's chip database"]


def test_a_router_that_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_netlist(tmp_path, "LUT6", "FDRE", "PS7")
    install(tmp_path / "bin", monkeypatch, "nextpnr-xilinx", {})
    with pytest.raises(ToolError, match=r"nextpnr-xilinx wrote no .*nextpnr\.log"):
        open_flow.implement(
            small_system(tmp_path / "build"), tmp_path, open_flow.find_tools(), progress=lambda _: None
        )


def test_the_script_for_another_machine_has_the_same_commands(tmp_path: Path) -> None:
    lines = open_flow.script(small_system(tmp_path)).splitlines()
    assert lines[1] == "set -e"
    assert lines[3].startswith('nextpnr-xilinx --chipdb "$CHIPDB" --json accelerator.json')
    assert lines[4].startswith('fasm2frames --part xc7z020clg400-1 --db-root "$PRJXRAY_DB_DIR"/zynq7')
    assert len(lines) == 6


def test_a_cell_that_the_tools_cannot_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = install(tmp_path / "bin", monkeypatch, "nextpnr-xilinx", ROUTED)
    write_netlist(tmp_path, "LUT6", "LUT6_2", "MMCME2_ADV")
    with pytest.raises(ToolError, match="cannot place LUT6_2, MMCME2_ADV; use --tool vivado"):
        open_flow.implement(
            small_system(tmp_path / "build"), tmp_path, open_flow.find_tools(), progress=lambda _: None
        )
    assert not logs["nextpnr-xilinx"].exists()
