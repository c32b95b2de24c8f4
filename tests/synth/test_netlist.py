"""The mapped netlist answers as the RTL does, in the same cycles: whole networks, each shape of block RAM.

Cell models are Yosys's own but for block RAM, whose model of ours is checked here against the RTL memories.
"""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from rbonn_hw.cli import main
from rbonn_hw.errors import MismatchError, ToolError
from rbonn_hw.packing import Ints
from rbonn_hw.results import read_result
from rbonn_hw.sim.accelerator import simulate
from rbonn_hw.sim.netlist import build_netlist, check_netlist
from rbonn_hw.synth.levels import read_modules
from rbonn_hw.synth.netlist import logic_delay, write_flat_json, write_verilog
from rbonn_hw.synth.yosys import synthesize
from tests.compiler.frontend.networks import Residual, binary_conv, binary_linear, export, integers, sign
from tests.networks import binary_mlp
from tests.synth.ready_walk import kernels_crossed

pytestmark = [pytest.mark.verilator, pytest.mark.slow]
RTL = Path(__file__).parent / "rtl"
OURS = Path(__file__).resolve().parents[2] / "rbonn_hw" / "rtl"
WORD_BITS = 137


@pytest.fixture(scope="module")
def mlp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mlp")
    network = binary_mlp(folder / "mlp.onnx")
    assert main(["compile", str(network), "--out", str(folder / "out"), "--target-cycles", "50"]) == 0
    assert main(["synth", str(folder / "out")]) == 0
    return folder / "out"


def test_a_network_of_products(mlp: Path) -> None:
    check = check_netlist(mlp, write_verilog(mlp / "synth" / "netlist.json.gz"), count=40)

    assert check.frames == 40
    assert check.stalled_cycles > check.cycles > 40 * 12 * 8 // 8


def test_one_wrong_lut_is_found(mlp: Path, tmp_path: Path) -> None:
    text = write_verilog(mlp / "synth" / "netlist.json.gz").read_text()
    found = re.search(r"LUT6 #\(\s*\.INIT\(64'h(\w+)\)", text)
    assert found
    wrong = f"{int(found[1], 16) ^ (1 << 64) - 1:016x}"
    (tmp_path / "netlist.v").write_text(f"{text[: found.start(1)]}{wrong}{text[found.end(1) :]}")

    with pytest.raises(MismatchError, match=r"netlist and RTL differ in the \w+"):
        check_netlist(mlp, tmp_path / "netlist.v", count=40)


def test_a_cell_without_a_model_is_named(mlp: Path, tmp_path: Path) -> None:
    text = write_verilog(mlp / "synth" / "netlist.json.gz").read_text()
    (tmp_path / "netlist.v").write_text(text.replace("FDRE #", "FDNONE #", 1))

    with pytest.raises(ToolError, match="FDNONE"):
        build_netlist(mlp, tmp_path / "netlist.v")


def test_a_residual_network_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = nn.Sequential(
        integers(4, 1.0),
        binary_conv(1, 2, 3),
        nn.BatchNorm2d(2),
        integers(4),
        Residual(2),
        sign(),
        nn.Flatten(),
        binary_linear(2 * 9, 3),
    )
    path, out = export(network, (1, 1, 5, 5), tmp_path / "residual.onnx"), tmp_path / "out"
    assert main(["compile", str(path), "--out", str(out), "--target-cycles", "600"]) == 0

    assert main(["synth", str(out), "--check", "6"]) == 0

    assert kernels_crossed(read_modules(out / "synth" / "netlist.json.gz"), "accelerator") == 2
    check = read_result(out / "synth.json", "rbonn synth")["check"]
    assert check["frames"] == 6
    assert "the netlist gives the same answers in the same cycles" in " ".join(
        capsys.readouterr().out.split()
    )


@pytest.fixture(scope="module")
def memories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memories")
    rtl = folder / "rtl"
    rtl.mkdir()
    sources = ["memories.v", "rbonn_fifo.sv", "rbonn_ram.sv", "rbonn_rom.sv"]
    for name in [*sources, "rbonn_assert.svh"]:
        shutil.copyfile((RTL if name == "memories.v" else OURS) / name, rtl / name)
    (rtl / "sources.txt").write_text("\n".join(sources) + "\n")
    rng = np.random.default_rng(3)
    for name, digits, words in (("wide", 9, 1024), ("narrow", 1, 4096)):
        lines = ("".join(f"{nibble:x}" for nibble in row) for row in rng.integers(0, 16, (words, digits)))
        (rtl / f"{name}.mem").write_text("\n".join(lines) + "\n")
    stream = {"shape": [WORD_BITS], "dtype": "BINARY", "lanes": WORD_BITS, "beats": 1}
    document = {"top": "accelerator", "part": "xc7z020clg400-1", "clk_period_ns": 10.0, "probes": []}
    (folder / "compile.json").write_text(json.dumps({**document, "input": stream, "output": stream}))
    data = [rtl / name for name in ("wide.mem", "narrow.mem", "rbonn_assert.svh")]
    synthesize([rtl / name for name in sources], "accelerator", folder / "synth", data=data)
    return folder


def test_block_ram_of_every_shape(memories: Path) -> None:
    verilog = write_verilog(memories / "synth" / "netlist.json.gz")
    found = re.findall(
        r"(RAMB\d+)E1 #\(.*?\.READ_WIDTH_A\(32'd(\d+)\),\s+\.READ_WIDTH_B\(32'd(\d+)\)",
        verilog.read_text(),
        re.DOTALL,
    )
    assert {(kind, max(int(a), int(b))) for kind, a, b in found} == {
        ("RAMB36", 72), ("RAMB36", 36), ("RAMB18", 36), ("RAMB18", 18), ("RAMB18", 9), ("RAMB18", 4),
        ("RAMB18", 2),
    }  # fmt: skip
    frames: Ints = np.random.default_rng(0).integers(0, 2, (9000, WORD_BITS))

    rtl = simulate(memories, frames)
    netlist = simulate(memories, frames, model=build_netlist(memories, verilog))

    np.testing.assert_array_equal(rtl.outputs, netlist.outputs)
    np.testing.assert_array_equal(rtl.frame_end_cycles, netlist.frame_end_cycles)


def test_one_flat_module_for_place_and_route(mlp: Path) -> None:
    flat = json.loads(write_flat_json(mlp / "synth" / "netlist.json.gz").read_text())["modules"]

    used = {
        cell["type"]
        for name, module in flat.items()
        if name == "accelerator"
        for cell in module["cells"].values()
    }
    assert "FDRE" in used
    assert not [kind for kind in used if kind in flat or kind == "$scopeinfo"]


def test_the_longest_path_lies_between_registers(mlp: Path) -> None:
    delay = logic_delay(mlp / "synth" / "netlist.json.gz")

    assert 1 < delay.delay_ns < 5
    assert delay.cells >= 3
    assert delay.start.endswith("->Q)")
    assert re.search(r"\((FD\w+|RAM\w+|SRL\w+)\.\w+\)$", delay.end)
