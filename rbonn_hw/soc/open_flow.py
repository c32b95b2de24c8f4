"""The open flow: the netlist of Yosys through nextpnr, Project X-Ray's fasm2frames and xc7frames2bit.

Two builds of nextpnr know the 7 series: nextpnr-xilinx (openXC7), which takes a chip database file, and
nextpnr-himbaechel built with its xilinx architecture, which has its own. No registry has these tools: see
docs/boards.md. Their timing is an estimate, because DSP48E1 and PS7 carry no timing arcs there.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.implementation import NAME, Implementation
from rbonn_hw.soc.sources import System
from rbonn_hw.soc.timing_report import nextpnr_timing, nextpnr_utilisation
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE, environment_path, find_program, run_tool

NETLIST: Final = f"{NAME}.json"
INSTALL_HINT: Final = "install openXC7 (github.com/openXC7); see docs/boards.md"
PLACERS: Final = ("nextpnr-xilinx", "nextpnr-himbaechel")
ASSEMBLERS: Final = ("fasm2frames", "fasm2frames.py")
PACKER: Final = "xc7frames2bit"
HANDLED: Final = frozenset(
    {
        "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV", "FDRE", "FDSE", "FDCE", "FDPE", "CARRY4",
        "MUXF7", "MUXF8", "RAM32M", "RAM64M", "RAM32X1D", "RAM64X1D", "RAM128X1D", "SRL16E", "SRLC32E",
        "RAMB18E1", "RAMB36E1", "DSP48E1", "BUFG", "PS7", "GND", "VCC",
    }
)  # fmt: skip
"""Cells that nextpnr places; cascades of block RAM and DSP are not among what it does with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTools:
    """Where the tools of the open flow are.

    Attributes:
        placer: One of :data:`PLACERS`.
        assembler: One of :data:`ASSEMBLERS`.
        database: Project X-Ray's database, the folder that holds ``zynq7``.
        chipdb: nextpnr-xilinx's chip database file or the folder of it; None for nextpnr-himbaechel.
    """

    placer: str
    assembler: str
    database: Path
    chipdb: Path | None


def missing_tools() -> list[str]:
    """Return what the open flow lacks on this machine, a line each; empty when it can run."""
    missing = []
    if _first(PLACERS) is None:
        missing.append("nextpnr-xilinx, or nextpnr-himbaechel with the xilinx architecture")
    if _first(ASSEMBLERS) is None:
        missing.append("fasm2frames (Project X-Ray)")
    if find_program(PACKER) is None:
        missing.append(f"{PACKER} (Project X-Ray)")
    if environment_path(PRJXRAY_VARIABLE) is None:
        missing.append(f"environment variable {PRJXRAY_VARIABLE}: folder of the Project X-Ray database")
    if _first(PLACERS) == "nextpnr-xilinx" and environment_path(CHIPDB_VARIABLE) is None:
        missing.append(f"environment variable {CHIPDB_VARIABLE}: nextpnr-xilinx's chip database")
    return missing


def find_tools() -> OpenTools:
    """Return the tools of the open flow.

    Raises:
        ToolError: One is missing; the message lists all that are.
    """
    missing = missing_tools()
    placer, assembler = _first(PLACERS), _first(ASSEMBLERS)
    database = environment_path(PRJXRAY_VARIABLE)
    if missing or placer is None or assembler is None or database is None:
        raise ToolError(f"the open flow lacks {'; '.join(missing)}: {INSTALL_HINT}")
    chipdb = environment_path(CHIPDB_VARIABLE) if placer == "nextpnr-xilinx" else None
    return OpenTools(placer=placer, assembler=assembler, database=database, chipdb=chipdb)


def _first(names: Sequence[str]) -> str | None:
    return next((name for name in names if find_program(name)), None)


def commands(system: System, tools: OpenTools) -> list[list[str]]:
    """Return the command lines, to be run in the folder of the netlist.

    nextpnr may finish a design that misses its clock, because the refusal is ours; its default router, the
    second, is the one that finishes.
    """
    part = system.board.part
    family = tools.database / "zynq7"
    xdc, fasm, frames = "constraints.xdc", f"{NAME}.fasm", f"{NAME}.frames"
    common = [
        "--json", NETLIST, "--xdc", xdc, "--fasm", fasm, "--freq", f"{system.clock_mhz:g}",
        "--timing-allow-fail", "--seed", "1", "--log", "nextpnr.log",
    ]  # fmt: skip
    chip = ["--chipdb", str(_chip_file(tools.chipdb, part))] if tools.chipdb else ["--device", part]
    return [
        [tools.placer, *chip, *common],
        [tools.assembler, "--part", part, "--db-root", str(family), fasm, frames],
        [
            PACKER, "--part_file", str(family / part / "part.yaml"), "--part_name", part,
            "--frm_file", frames, "--output_file", f"{NAME}.bit",
        ],
    ]  # fmt: skip


def _chip_file(chipdb: Path, part: str) -> Path:
    return chipdb / f"{part.split('clg')[0]}.bin" if chipdb.is_dir() else chipdb


def script(system: System) -> str:
    """Return the commands for nextpnr-xilinx as a shell script, for a machine that has the tools."""
    tools = OpenTools(
        placer=PLACERS[0],
        assembler=ASSEMBLERS[0],
        database=Path(f'"${PRJXRAY_VARIABLE}"'),
        chipdb=Path(f'"${CHIPDB_VARIABLE}"'),
    )
    lines = [" ".join(command) for command in commands(system, tools)]
    return '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\n' + "\n".join(lines) + "\n"


def check_cells(netlist: Path) -> None:
    """Check that nextpnr knows every cell of a flat netlist.

    Raises:
        ToolError: It does not; the message has their types.
    """
    modules = json.loads(netlist.read_text())["modules"]
    used = {cell["type"] for module in modules.values() for cell in module["cells"].values()}
    strange = sorted(used - HANDLED - modules.keys())
    if strange:
        raise ToolError(f"the open tools cannot place {', '.join(strange)}; use --tool vivado")


def implement(
    system: System,
    folder: Path,
    tools: OpenTools,
    *,
    allow_timing_failure: bool = False,
    progress: Callable[[str], None],
) -> Implementation:
    """Place, route and assemble the netlist :data:`NETLIST` in ``folder``.

    Raises:
        ToolError: A tool is missing or refuses the design.
        TimingError: The clock is missed and that is not allowed; no bitstream is made.
    """
    check_cells(folder / NETLIST)
    place, *assemble = commands(system, tools)
    bitstream = folder / f"{NAME}.bit"
    bitstream.unlink(missing_ok=True)
    progress(f"{tools.placer}: place and route, minutes")
    run_tool(place, install_hint=INSTALL_HINT, cwd=folder)
    try:
        log = (folder / "nextpnr.log").read_text()
    except OSError:
        raise ToolError(f"{tools.placer} wrote no {folder / 'nextpnr.log'}") from None
    timing = nextpnr_timing(log, system.clk_period_ns)
    used = nextpnr_utilisation(log)
    if not allow_timing_failure:
        timing.check()
    for command in assemble:
        progress(f"{command[0]}: bitstream")
        run_tool(command, install_hint=INSTALL_HINT, cwd=folder)
    if not bitstream.is_file():
        raise ToolError(f"{PACKER} wrote no {bitstream}")
    return Implementation(
        tool="openxc7", bitstream=bitstream, timing=timing, resources=used, origin="estimated"
    )
