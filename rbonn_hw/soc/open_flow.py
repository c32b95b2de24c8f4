"""The open flow: the netlist of Yosys through nextpnr, Project X-Ray's fasm2frames and xc7frames2bit.

No registry has these tools: see docs/boards.md. Their timing is an estimate: nextpnr's delays of LUTs and
flip-flops are stubs, and it knows none of DSP48E1 and PS7.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.results import fingerprint, make_folder
from rbonn_hw.soc.implementation import NAME, Implementation, SeedRun
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
from rbonn_hw.soc.timing_report import Timing
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE, cpu_count, run_tool

NETLIST: Final = f"{NAME}.json"
CONSTRAINTS: Final = "constraints.xdc"
LOG: Final = "nextpnr.log"
PLACED: Final = frozenset(
    {
        "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV", "FDRE", "FDSE", "CARRY4", "MUXF7", "MUXF8",
        "RAM32M", "RAM64M", "SRL16E", "RAMB18E1", "RAMB36E1", "DSP48E1", "BUFG", "PS7",
    }
)  # fmt: skip
"""Cells of ours that nextpnr has placed and routed."""
UNTRIED: Final = frozenset({"RAM32X1D", "RAM64X1D", "RAM128X1D", "SRLC32E", "FDCE", "FDPE", "GND", "VCC"})
"""Cells that it says to know, and that nobody has tried; cascades of block RAM and DSP are not among them."""

_AT_ONCE: Final = 4  # a placement takes one core and some GB


def place_command(
    placer: str, chip: Sequence[str], clock_mhz: float, seed: int, above: str = ""
) -> list[str]:
    """Return the command line of either nextpnr, to be run in the folder of the netlist or in one below it.

    It may finish a design that misses its clock, because the refusal is ours. The second router is the one
    that finishes.

    Args:
        placer: Which nextpnr.
        chip: Its options that name the chip.
        clock_mhz: What it aims at [MHz].
        seed: Seed of the placement.
        above: How the netlist's folder is named from the one to run in, ``../`` for one.
    """
    fasm = f"{NAME}.fasm"
    files = {
        XILINX: ["--xdc", f"{above}{CONSTRAINTS}", "--fasm", fasm],
        HIMBAECHEL: ["-o", f"xdc={above}{CONSTRAINTS}", "-o", f"fasm={fasm}"],
    }[placer]
    return [
        placer, *chip, "--json", f"{above}{NETLIST}", *files, "--freq", f"{clock_mhz:g}",
        "--router", "router2", "--timing-allow-fail", "--seed", str(seed), "--log", LOG,
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
    seeds: int = 1,
    allow_timing_failure: bool = False,
    progress: Callable[[str], None],
) -> Implementation:
    """Place and route the netlist :data:`NETLIST` of ``folder`` with seeds 1 .. ``seeds``; assemble the best.

    What a run before has done for the same netlist, tools and clock is taken from ``folder``.

    Raises:
        ToolError: A tool refuses the design; no placement can be routed.
    """
    untried = check_cells(folder / NETLIST)
    if untried:
        progress(f"no run of nextpnr has placed {', '.join(untried)} of ours yet")
    with ThreadPoolExecutor(min(seeds, cpu_count(), _AT_ONCE)) as pool:
        running = [pool.submit(_try, system, folder, tools, seed + 1, progress) for seed in range(seeds)]
        try:
            tried = [future.result() for future in running]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    tried.sort(key=lambda one: (-(one.run.fmax_mhz or 0.0), one.run.seed))
    best = tried[0]
    if best.timing is None:
        raise ToolError(f"{tools.placer}: {best.run.failure}")
    used = nextpnr_utilisation(
        (best.folder / LOG).read_text(), (best.folder / f"{NAME}.fasm").read_text(errors="replace")
    )
    halves = used.pop("lut_halves")
    packed = best.timing.met or allow_timing_failure
    return Implementation(
        tool="openxc7",
        version=tools.version,
        bitstream=_pack(system, folder, tools, best.folder, progress) if packed else None,
        timing=best.timing,
        resources=used,
        origin="estimated",
        details={"lut_halves": halves, "lut_halves_of": 2 * system.board.device.lut},
        seeds=tuple(one.run for one in tried),
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    run: SeedRun
    folder: Path
    timing: Timing | None = None


def _try(
    system: System, folder: Path, tools: OpenTools, seed: int, progress: Callable[[str], None]
) -> _Tried:
    """Place and route with one seed in a folder of its own."""
    target = folder / f"seed_{seed}"
    command = place_command(tools.placer, tools.chip, system.clock_mhz, seed, "../")
    chip = Path(tools.chip[-1])  # a database made anew is another one
    age = str(chip.stat().st_mtime_ns) if chip.is_file() else ""
    key = fingerprint(" ".join([*command, tools.version, age]), folder / NETLIST, folder / CONSTRAINTS)

    def place(draft: Path) -> None:
        progress(f"{tools.version}: place and route with seed {seed}, minutes")
        run_tool(command, install_hint=INSTALL_HINT, cwd=draft)
        for name in (LOG, f"{NAME}.fasm"):
            if not (draft / name).is_file():
                raise ToolError(f"{tools.placer} wrote no {name}; its log is in {target}.failed")
        nextpnr_timing((draft / LOG).read_text(), system.clk_period_ns)

    try:
        make_folder(target, key, place)
    except ToolError as error:
        words = str(error).splitlines()
        said = [line for line in words if line.startswith("ERROR")] or words
        progress(f"seed {seed}: {said[-1]}")
        return _Tried(SeedRun(seed=seed, fmax_mhz=None, failure=said[-1]), target)
    timing = nextpnr_timing((target / LOG).read_text(), system.clk_period_ns)
    return _Tried(SeedRun(seed=seed, fmax_mhz=round(timing.fmax_mhz, 2)), target, timing)


def _pack(
    system: System, folder: Path, tools: OpenTools, routed: Path, progress: Callable[[str], None]
) -> Path:
    """Turn the features in ``routed`` into a bitstream; returns it."""
    commands = pack_commands(tools.assembler, str(tools.database), system.board.part)
    key = fingerprint(" ".join(word for command in commands for word in command), routed / f"{NAME}.fasm")

    def pack(draft: Path) -> None:
        shutil.copyfile(routed / f"{NAME}.fasm", draft / f"{NAME}.fasm")
        for command in commands:
            progress(f"{command[0]}: bitstream")
            run_tool(command, install_hint=INSTALL_HINT, cwd=draft)
        if not (draft / f"{NAME}.bit").is_file():
            raise ToolError(f"{PACKER} wrote no {NAME}.bit")

    make_folder(folder / "packed", key, pack)
    return folder / "packed" / f"{NAME}.bit"
