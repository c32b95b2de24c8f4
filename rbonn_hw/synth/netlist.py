"""The mapped netlist for others: Verilog for simulators, one flat module for place and route, its delay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw.errors import ToolError
from rbonn_hw.results import write_text
from rbonn_hw.synth.yosys import run_native

# $scopeinfo only remembers names; nextpnr knows no place for it.
_FLATTEN = ("flatten -noscopeinfo", "delete t:$scopeinfo")
# Directions of the cells' ports and widths of their parameters; `=` reaches no box, so none is written.
_LIBRARY = "read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v"
_TIMED_LIBRARY = "read_verilog -lib -specify +/xilinx/cells_sim.v"
_WRITE_DESIGN = ("fit_parameters", "select A:top", "write_json -selected flat.json")
# Yosys knows no delay of the processor: what it drives, the clock among it, arrives at time 0.
_WITHOUT_PROCESSOR = ("delete t:PS7", "setundef -undriven -expose")


@dataclass(frozen=True, slots=True)
class LogicDelay:
    """The longest path of a netlist, without its wires.

    Attributes:
        delay_ns: Sum of the cells' delays and of the set-up time [ns].
        start: Cell pin or port where the path begins.
        end: Cell pin where it ends.
        cells: Cells on it, both ends included.
    """

    delay_ns: float
    start: str
    end: str
    cells: int


def join(netlists: Sequence[Path], top: str, folder: Path) -> Path:
    """Join netlists, one of which holds what another has as a black box; returns the joined one.

    Args:
        netlists: Files ``netlist.json.gz``.
        top: Top module of the whole.
        folder: Folder for the result.

    Raises:
        ToolError: Yosys is missing or cannot read a netlist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"read_json {path.absolute()}" for path in netlists]
    lines += [f"hierarchy -top {top}", "write_json joined.json.gz"]
    write_text(folder / "join.ys", "\n".join(lines) + "\n")
    run_native("join.ys", folder)
    return folder / "joined.json.gz"


def write_verilog(netlist: Path) -> Path:
    """Write ``netlist.json.gz`` as Verilog beside it and return that file.

    Raises:
        ToolError: Yosys is missing or cannot read the netlist.
    """
    return _converted(netlist, "verilog.ys", "netlist.v", ["write_verilog -noattr netlist.v"])


def write_flat_json(netlist: Path) -> Path:
    """Write ``netlist.json.gz`` as one module beside it, for nextpnr, and return that file.

    Every cell has the directions of its ports, and parameters as wide as the cell library declares them; no
    module of that library is in the file.

    Raises:
        ToolError: Yosys is missing or cannot read the netlist.
    """
    return _converted(netlist, "flat.ys", "flat.json", [*_FLATTEN, *_WRITE_DESIGN], library=_LIBRARY)


def logic_delay(netlist: Path) -> LogicDelay:
    """Return the longest path by the cell delays that Yosys has from Project X-Ray.

    Wires, which are no part of it, took 0.9 to 4.2 times as long as the logic where kernels and whole designs
    were routed with nextpnr: a lower bound of the period, no forecast.

    Raises:
        ToolError: Yosys is missing, cannot read the netlist, or finds no path.
    """
    commands = [*_FLATTEN, *_WITHOUT_PROCESSOR, "tee -q -o sta.txt sta"]
    report = _converted(netlist, "sta.ys", "sta.txt", commands, library=_TIMED_LIBRARY)
    text = report.read_text()
    longest = re.search(r"Latest arrival time in '.*' is (\d+):\n(.*?)\n\n", text, re.DOTALL)
    if longest is None:
        raise ToolError(f"Yosys finds no path between registers of {netlist}; see {report}")
    pins = re.findall(r"^ +\d+ (\S+) \((.+)\)$", longest[2], re.MULTILINE)
    cells = [f"{name} ({pin})" for name, pin in pins if not pin.startswith(("<", "BUFG."))]
    return LogicDelay(int(longest[1]) / 1000, cells[-1], cells[0], len(cells))


def _converted(netlist: Path, script: str, product: str, commands: list[str], *, library: str = "") -> Path:
    folder = netlist.parent
    before = [library] if library else []
    lines = [*before, f"read_json {netlist.name}", "hierarchy -auto-top", *commands]
    write_text(folder / script, "\n".join(lines) + "\n")
    run_native(script, folder)
    return folder / product
