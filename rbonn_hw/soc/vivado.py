"""The flow through Vivado: one folder that Vivado alone can turn into a bitstream, here or elsewhere."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.results import write_text
from rbonn_hw.soc.implementation import NAME, Implementation
from rbonn_hw.soc.sources import System
from rbonn_hw.soc.timing_report import vivado_timing, vivado_utilisation
from rbonn_hw.toolchain import find_program, run_tool

SCRIPT: Final = Path(__file__).parent / "scripts" / "vivado.tcl"
COMMAND: Final = ("vivado", "-mode", "batch", "-nojournal", "-log", "vivado.log", "-source", "vivado.tcl")
INSTALL_HINT: Final = "install Vivado (the free edition knows the xc7z020) and source its settings64.sh"


def constraints(system: System) -> str:
    """Return the Vivado constraints: the clock, and nothing else, because the shell has no pins."""
    return f"create_clock -name fclk0 -period {system.clk_period_ns:.3f} [get_pins {{{system.clock_pin}}}]\n"


def settings(system: System, *, allow_timing_failure: bool = False) -> str:
    """Return ``settings.tcl`` for ``scripts/vivado.tcl``."""
    generics = " ".join(f"{name}={value}" for name, value in system.overrides.items())
    names = "\n".join(f"  {path.name}" for path in system.sources)
    return (
        f"set part {system.board.part}\n"
        f"set top {system.top}\n"
        f"set name {NAME}\n"
        f"set allow_timing_failure {int(allow_timing_failure)}\n"
        f"set generics {{{generics}}}\n"
        f"set sources {{\n{names}\n}}\n"
    )


def prepare(system: System, folder: Path, *, allow_timing_failure: bool = False) -> Path:
    """Write the folder: sources, memory files, constraints, settings, script. Returns the script."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in [*system.sources, *system.data, SCRIPT]:
        shutil.copyfile(path, folder / path.name)
    write_text(folder / "constraints.xdc", constraints(system))
    write_text(folder / "settings.tcl", settings(system, allow_timing_failure=allow_timing_failure))
    return folder / SCRIPT.name


def check_tools() -> None:
    """Check that Vivado is installed.

    Raises:
        ToolError: It is not.
    """
    if find_program(COMMAND[0]) is None:
        raise ToolError(f"{COMMAND[0]!r} not found: {INSTALL_HINT}")


def implement(
    system: System, folder: Path, *, allow_timing_failure: bool = False, progress: Callable[[str], None]
) -> Implementation:
    """Run Vivado in a folder made by :func:`prepare`.

    Raises:
        ToolError: Vivado is missing or refuses the design.
        TimingError: The clock is missed and that is not allowed.
    """
    progress("Vivado: synthesis, place and route")
    run_tool(COMMAND, install_hint=INSTALL_HINT, cwd=folder)
    timing = vivado_timing(_report(folder, "timing.rpt"), system.clk_period_ns)
    used = vivado_utilisation(_report(folder, "utilisation.rpt"))
    if not allow_timing_failure:
        timing.check()
    bitstream = folder / f"{NAME}.bit"
    if not bitstream.is_file():
        raise ToolError(f"Vivado wrote no {bitstream}; see {folder / 'vivado.log'}")
    return Implementation(tool="vivado", bitstream=bitstream, timing=timing, resources=used, origin="routed")


def _report(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text()
    except OSError:
        raise ToolError(f"Vivado wrote no {folder / name}; see {folder / 'vivado.log'}") from None
