"""The mapped netlist in Verilog, for simulators and for Vivado."""

from pathlib import Path

from rbonn_hw.results import write_text
from rbonn_hw.synth.yosys import run_native


def write_verilog(netlist: Path) -> Path:
    """Write ``netlist.json.gz`` as Verilog beside it and return that file.

    Raises:
        ToolError: Yosys is missing or cannot read the netlist.
    """
    folder = netlist.parent
    write_text(
        folder / "verilog.ys",
        f"read_json {netlist.name}\nhierarchy -auto-top\nwrite_verilog -noattr netlist.v\n",
    )
    run_native("verilog.ys", folder)
    return folder / "netlist.v"
