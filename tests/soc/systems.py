"""A small accelerator in a stand-in shell, for the tests of the flows."""

import json
from pathlib import Path
from typing import Any

from rbonn_hw.soc.sources import System, system
from rbonn_hw.spec.boards import board

RTL = Path(__file__).parent / "rtl"
ACCELERATOR = """
module accelerator (input ap_clk, input [31:0] data_i, output reg [31:0] data_o);
  reg [31:0] words [0:255];
  initial $readmemh("./words.mem", words);
  always @(posedge ap_clk) data_o <= words[data_i[7:0]];
endmodule
"""
COMPILED: dict[str, Any] = {
    "top": "accelerator",
    "part": "xc7z020clg400-1",
    "clk_period_ns": 10.0,
    "estimated_ii_cycles": 4000,
    "key": "f00dcafe12345678",
    "input": {"shape": [4], "dtype": "UINT2", "lanes": 4, "beats": 1},
    "output": {"shape": [2], "dtype": "INT8", "lanes": 2, "beats": 1},
    "nodes": [
        {"name": "fc0_mvau", "kernel": "RbonnMVAU"},
        {"name": "dwc0", "kernel": "RbonnDWC"},
        {"name": "pool0", "kernel": "RbonnPool"},
    ],
    "probes": [
        {"label": "fc0_mvau -> dwc0", "valid": "stream0_tvalid", "ready": "stream0_tready"},
        {"label": "dwc0 -> pool0", "valid": "stream1_tvalid", "ready": "stream1_tready"},
    ],
}


def write_build(folder: Path, **changes: Any) -> Path:
    """Write a build folder as `rbonn compile` does; its accelerator is a table."""
    rtl = folder / "rtl"
    rtl.mkdir(parents=True, exist_ok=True)
    (rtl / "accelerator.v").write_text(ACCELERATOR)
    (rtl / "words.mem").write_text("".join(f"{n * 0x01234567 & 0xFFFFFFFF:08x}\n" for n in range(256)))
    (rtl / "sources.txt").write_text("accelerator.v\n")
    (folder / "compile.json").write_text(json.dumps(COMPILED | changes))
    return folder


def small_system(folder: Path, **changes: Any) -> System:
    """Return the system of such a build folder."""
    return system(write_build(folder, **changes), board("Pynq-Z2"), rtl_dir=RTL)
