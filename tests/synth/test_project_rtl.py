"""Every RTL module of the project passes Yosys with its default parameters, next to the others."""

import re
from pathlib import Path

import pytest

import rbonn_hw
from rbonn_hw.soc.sources import primitive_stubs
from rbonn_hw.synth.yosys import synthesize

pytestmark = pytest.mark.slow

RTL = Path(rbonn_hw.__file__).parent / "rtl"
STUBS = Path(__file__).resolve().parents[1] / "rtl" / "stubs"


def test_every_module_maps_to_primitives(tmp_path: Path) -> None:
    sources = sorted(RTL.glob("*.sv"))
    pins = {path.stem: "" if path.stem == "rbonn_zynq_top" else ".clk_i(clk_i)" for path in sources}
    instances = "".join(f"  {name} u_{name} ({pin});\n" for name, pin in pins.items())
    top = tmp_path / "everything.sv"
    top.write_text(f"module everything (input logic clk_i);\n{instances}endmodule\n")
    primitives = tmp_path / "primitives.v"
    primitives.write_text(primitive_stubs())
    memories = {name for path in sources for name in re.findall(r'"(\w+\.mem)"', path.read_text())}
    for name in memories:  # stand-ins for the files that default parameters name
        (tmp_path / name).write_text("0\n1\n")

    result = synthesize(
        [*sources, STUBS / "accelerator.sv", primitives, top],
        "everything",
        tmp_path / "work",
        data=[*RTL.glob("*.svh"), *(tmp_path / name for name in memories)],
        per_instance=True,
    )

    assert set(result.nodes) == {f"u_{path.stem}" for path in sources}
    assert [name for name, used in result.nodes.items() if used.lut + used.ff == 0] == []
