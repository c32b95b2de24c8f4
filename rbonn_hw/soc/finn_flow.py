"""FINN's own ZynqBuild with our operators in its graph, for those who have Vivado and Vitis HLS.

FINN wraps the accelerator in its own DMA engines (HLS) and its own block design, so the result is driven by
FINN's driver, not ours. FINN runs in a process of its own: only the compiler half imports it.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.implementation import Implementation
from rbonn_hw.soc.sources import System
from rbonn_hw.soc.vivado_report import vivado_timing, vivado_utilisation
from rbonn_hw.toolchain import find_program, python_command, run_tool

PROGRAMS: Final = ("vivado", "vitis_hls")
INSTALL_HINT: Final = "install Vitis, which brings both, and source its settings64.sh"
MODULE: Final = "rbonn_hw.compiler.zynq_build"


def command(system: System, build_dir: Path, folder: Path) -> list[str]:
    """Return the command line of FINN's build."""
    return [
        *python_command(MODULE),
        str(build_dir.absolute()),
        str(folder.absolute()),
        system.board.finn_name,
        f"{system.clk_period_ns:g}",
    ]


def check_tools() -> None:
    """Check that the programs of FINN's build are installed.

    Raises:
        ToolError: One is missing.
    """
    missing = [name for name in PROGRAMS if find_program(name) is None]
    if missing:
        raise ToolError(f"FINN's build needs {' and '.join(missing)}: {INSTALL_HINT}")


def implement(
    system: System,
    build_dir: Path,
    folder: Path,
    *,
    allow_timing_failure: bool = False,
    progress: Callable[[str], None],
) -> Implementation:
    """Run FINN's build of ``build_dir/finn.onnx`` in ``folder``.

    Raises:
        ToolError: A program is missing, or FINN's build fails.
    """
    check_tools()
    folder.mkdir(parents=True, exist_ok=True)
    progress("FINN: DMA engines with Vitis HLS, block design, place and route with Vivado; an hour or so")
    run_tool(command(system, build_dir, folder), install_hint="run `make setup`", cwd=folder)
    try:
        found = json.loads((folder / "result.json").read_text())
        timing = vivado_timing(Path(found["timing"]).read_text(), system.clk_period_ns)
        used = vivado_utilisation(Path(found["utilisation"]).read_text())
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"FINN's build left no report in {folder} ({error}); see its logs there") from None
    bitstream = Path(found["bitstream"]) if timing.met or allow_timing_failure else None
    return Implementation(tool="finn", bitstream=bitstream, timing=timing, resources=used, origin="routed")
