"""The open flow: the netlist of Yosys through nextpnr, Project X-Ray's fasm2frames and xc7frames2bit.

No registry has these tools: see docs/boards.md. Their timing is an estimate: nextpnr's delays of LUTs and
flip-flops are stubs, and it knows none of DSP48E1 and PS7.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.implementation import NAME, Implementation
from rbonn_hw.soc.nextpnr_report import nextpnr_timing, nextpnr_utilisation
from rbonn_hw.soc.open_tools import (
    ASSEMBLERS,
    FAMILY,
    HIMBAECHEL,
    INSTALL_HINT,
    PACKER,
    XILINX,
    OpenTools,
    chip_files,
)
from rbonn_hw.soc.sources import System
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE, run_tool

NETLIST: Final = f"{NAME}.json"
CONSTRAINTS: Final = "constraints.xdc"
PLACED: Final = frozenset(
    {
        "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV", "FDRE", "FDSE", "CARRY4", "MUXF7", "MUXF8",
        "RAM32M", "RAM64M", "SRL16E", "RAMB18E1", "RAMB36E1", "DSP48E1", "BUFG", "PS7",
    }
)  # fmt: skip
"""Cells of ours that nextpnr has placed and routed."""
UNTRIED: Final = frozenset({"RAM32X1D", "RAM64X1D", "RAM128X1D", "SRLC32E", "FDCE", "FDPE", "GND", "VCC"})
"""Cells that it says to know, and that nobody has tried; cascades of block RAM and DSP are not among them."""


def place_command(placer: str, chip: list[str], clock_mhz: float, seed: int) -> list[str]:
    """Return the command line of either nextpnr, to be run in the folder of the netlist.

    It may finish a design that misses its clock, because the refusal is ours. The second router is the one
    that finishes.
    """
    fasm = f"{NAME}.fasm"
    files = {
        XILINX: ["--xdc", CONSTRAINTS, "--fasm", fasm],
        HIMBAECHEL: ["-o", f"xdc={CONSTRAINTS}", "-o", f"fasm={fasm}"],
    }[placer]
    return [
        placer, *chip, "--json", NETLIST, *files, "--freq", f"{clock_mhz:g}", "--router", "router2",
        "--timing-allow-fail", "--seed", str(seed), "--log", "nextpnr.log",
    ]  # fmt: skip


def pack_commands(assembler: str, database: str, part: str) -> list[list[str]]:
    """Return the command lines that turn nextpnr's features into a bitstream.

    Args:
        assembler: One of :data:`ASSEMBLERS`.
        database: Project X-Ray's database.
        part: Device with package and speed grade.
    """
    fasm, frames = f"{NAME}.fasm", f"{NAME}.frames"
    return [
        [assembler, "--part", part, "--db-root", f"{database}/{FAMILY}", fasm, frames],
        [
            PACKER, "--part_file", f"{database}/{FAMILY}/{part}/part.yaml", "--part_name", part,
            "--frm_file", frames, "--output_file", f"{NAME}.bit",
        ],
    ]  # fmt: skip


def script(system: System) -> str:
    """Return the flow as a shell script for a machine that has the tools; the commands are the same."""
    part, clock = system.board.part, system.clock_mhz
    database = f'"${PRJXRAY_VARIABLE}"'
    place = {
        XILINX: place_command(XILINX, ["--chipdb", f'"${CHIPDB_VARIABLE}"'], clock, 1),
        HIMBAECHEL: place_command(
            HIMBAECHEL, ["--device", part, f'${{{CHIPDB_VARIABLE}:+--chipdb "${CHIPDB_VARIABLE}"}}'], clock, 1
        ),
    }
    pack = [" ".join(command) for command in pack_commands('"$assembler"', database, part)]
    return f"""#!/bin/sh
# Place, route and pack {system.top} for {part} at {clock:g} MHz, with either nextpnr and Project X-Ray.
# {PRJXRAY_VARIABLE}: folder of the Project X-Ray database, which holds {FAMILY}.
# {CHIPDB_VARIABLE}: chip database of nextpnr, a file or its folder; {HIMBAECHEL} may have its own.
set -eu
: "${{{PRJXRAY_VARIABLE}:?names the folder of the Project X-Ray database}}"
case "${PRJXRAY_VARIABLE}" in /*) ;; *) {PRJXRAY_VARIABLE}="$PWD/${PRJXRAY_VARIABLE}" ;; esac
case "${{{CHIPDB_VARIABLE}:-/}}" in /*) ;; *) {CHIPDB_VARIABLE}="$PWD/${CHIPDB_VARIABLE}" ;; esac
cd "$(dirname "$0")"
for file in {" ".join(chip_files(part))}; do
  if [ -f "${{{CHIPDB_VARIABLE}:-}}/$file" ]; then {CHIPDB_VARIABLE}="${CHIPDB_VARIABLE}/$file"; fi
done
assembler=$(command -v {ASSEMBLERS[0]} || command -v {ASSEMBLERS[1]})
if command -v {XILINX} >/dev/null; then
  : "${{{CHIPDB_VARIABLE}:?names the chip database of {XILINX}}}"
  {" ".join(place[XILINX])}
else
  {" ".join(place[HIMBAECHEL])}
fi
{pack[0]}
{pack[1]}
"""


def check_cells(netlist: Path) -> tuple[str, ...]:
    """Check that nextpnr knows every cell of a flat netlist; returns those that nobody has tried.

    Raises:
        ToolError: It does not know one; the message has their types.
    """
    (module,) = json.loads(netlist.read_text())["modules"].values()
    used = {cell["type"] for cell in module["cells"].values()}
    strange = sorted(used - PLACED - UNTRIED)
    if strange:
        raise ToolError(f"the open tools cannot place {', '.join(strange)}; use --tool vivado")
    return tuple(sorted(used & UNTRIED))


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
    untried = check_cells(folder / NETLIST)
    if untried:
        progress(f"no run of nextpnr has placed {', '.join(untried)} of ours yet")
    products = [folder / f"{NAME}.{kind}" for kind in ("fasm", "frames", "bit")]
    for path in [*products, folder / "nextpnr.log"]:
        path.unlink(missing_ok=True)
    progress(f"{tools.version}: place and route, minutes")
    place = place_command(tools.placer, list(tools.chip), system.clock_mhz, 1)
    run_tool(place, install_hint=INSTALL_HINT, cwd=folder)
    log, fasm = (_product(folder / name, tools.placer) for name in ("nextpnr.log", f"{NAME}.fasm"))
    timing = nextpnr_timing(log, system.clk_period_ns)
    used = nextpnr_utilisation(log, fasm)
    if not allow_timing_failure:
        timing.check()
    for command in pack_commands(tools.assembler, str(tools.database), system.board.part):
        progress(f"{command[0]}: bitstream")
        run_tool(command, install_hint=INSTALL_HINT, cwd=folder)
    bitstream = products[-1]
    if not bitstream.is_file():
        raise ToolError(f"{PACKER} wrote no {bitstream}")
    return Implementation(
        tool="openxc7", bitstream=bitstream, timing=timing, resources=used, origin="estimated"
    )


def _product(path: Path, tool: str) -> str:
    try:
        return path.read_text()
    except OSError:
        raise ToolError(f"{tool} wrote no {path}") from None
