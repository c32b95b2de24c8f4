"""The flow through Vivado: one folder that Vivado alone can turn into a bitstream, here or elsewhere."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.results import fingerprint, make_folder, write_text
from rbonn_hw.soc.implementation import NAME, Implementation
from rbonn_hw.soc.sources import System
from rbonn_hw.soc.vivado_report import vivado_path, vivado_power, vivado_timing, vivado_utilisation
from rbonn_hw.toolchain import find_program, run_tool

SCRIPTS: Final = Path(__file__).parent / "scripts"
COMMAND: Final = ("vivado", "-mode", "batch", "-nojournal", "-log", "vivado.log", "-source", "vivado.tcl")
REPORTS: Final = ("timing.rpt", "path.rpt", "utilisation.rpt", "power.rpt")
CLOCK: Final = "fclk0"
_JITTER: Final = 0.03  # of the period
INSTALL_HINT: Final = "install Vivado (the free edition knows the xc7z020) and source its settings64.sh"


def constraints(system: System) -> str:
    """Return the Vivado constraints: the clock, and nothing else, because the shell has no pins.

    The jitter is what the vendor's block of the processor writes for its clocks.
    """
    return (
        f"create_clock -name {CLOCK} -period {system.clk_period_ns:.3f} [get_pins {{{system.clock_pin}}}]\n"
        f"set_input_jitter {CLOCK} {_JITTER * system.clk_period_ns:.3f}\n"
    )


def alone_constraints(system: System) -> str:
    """Return the constraints of the accelerator alone, out of context: its clock and every other port.

    The registers on the other side of the streams, those of the shell, are granted a third of the period.
    """
    clock, third = "ap_clk", system.clk_period_ns / 3
    ports = {
        "input": "ap_rst_n s_axis_0_tdata[*] s_axis_0_tvalid m_axis_0_tready",
        "output": "s_axis_0_tready m_axis_0_tdata[*] m_axis_0_tvalid",
    }
    lines = [
        f"create_clock -name {clock} -period {system.clk_period_ns:.3f} [get_ports {clock}]",
        f"set_property HD.CLK_SRC BUFGCTRL_X0Y0 [get_ports {clock}]",
    ]
    for way, names in ports.items():
        lines.append(f"set_{way}_delay -clock {clock} -max {third:.3f} [get_ports {{{names}}}]")
        lines.append(f"set_{way}_delay -clock {clock} -min 0.000 [get_ports {{{names}}}]")
    return "\n".join(lines) + "\n"


def settings(system: System, *, allow_timing_failure: bool = False) -> str:
    """Return ``settings.tcl`` for ``scripts/vivado.tcl``."""
    generics = " ".join(f"{name}={value}" for name, value in system.overrides.items())
    names = "\n".join(f"  {path.name}" for path in system.sources)
    return (
        f"set part {system.board.part}\n"
        f"set top {system.top}\n"
        f"set accelerator {system.interface.top}\n"
        f"set name {NAME}\n"
        f"set allow_timing_failure {int(allow_timing_failure)}\n"
        f"set generics {{{generics}}}\n"
        f"set sources {{\n{names}\n}}\n"
    )


def prepare(system: System, folder: Path, *, allow_timing_failure: bool = False) -> None:
    """Write the folder, where it is not there yet: sources, memory files, constraints, settings, script."""
    files = [*system.sources, *system.data, *sorted(SCRIPTS.glob("*.tcl"))]
    texts = {
        "constraints.xdc": constraints(system),
        "alone.xdc": alone_constraints(system),
        "settings.tcl": settings(system, allow_timing_failure=allow_timing_failure),
    }

    def write(draft: Path) -> None:
        for path in files:
            shutil.copyfile(path, draft / path.name)
        for name, text in texts.items():
            write_text(draft / name, text)

    make_folder(folder, fingerprint(*texts.values(), *files), write)


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
    """Run Vivado in a copy of a folder made by :func:`prepare`, where that has not been done yet.

    Raises:
        ToolError: Vivado is missing or refuses the design.
    """
    target = folder.with_name(f"{folder.name}_run")

    def run(draft: Path) -> None:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
        progress("Vivado: synthesis, place and route")
        run_tool(COMMAND, install_hint=INSTALL_HINT, cwd=draft)
        done = _read(system, draft, allow_timing_failure=allow_timing_failure)
        if done.bitstream is not None and not done.bitstream.is_file():
            raise ToolError(f"Vivado wrote no {NAME}.bit; see vivado.log in {target}.failed")

    make_folder(target, fingerprint(*sorted(path for path in folder.iterdir() if path.is_file())), run)
    return _read(system, target, allow_timing_failure=allow_timing_failure)


def _read(system: System, folder: Path, *, allow_timing_failure: bool) -> Implementation:
    """Read what Vivado left in a folder."""
    for name in REPORTS:
        if not (folder / name).is_file():
            raise ToolError(f"Vivado wrote no {name}; see vivado.log in {folder.with_suffix('.failed')}")
    timing, path, utilisation, power = ((folder / name).read_text() for name in REPORTS)
    found = vivado_timing(timing, system.clk_period_ns)
    packed = found.met or allow_timing_failure
    return Implementation(
        tool="vivado",
        bitstream=folder / f"{NAME}.bit" if packed else None,
        timing=replace(found, path=vivado_path(path), clocks={CLOCK: round(found.fmax_mhz, 2)}),
        resources=vivado_utilisation(utilisation),
        origin="routed",
        details=vivado_power(power),
    )
