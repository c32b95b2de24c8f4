"""Networks of operators that strangers' networks have: RTL and FINN graph against QONNX, bit for bit."""

import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from rbonn_hw.cli import main
from tests.compiler.frontend.moving import EACH_KERNEL, NETWORKS
from tests.compiler.frontend.networks import export, lively
from tests.compiler.frontend.strangers import STRANGERS


@pytest.mark.verilator
@pytest.mark.parametrize("name", EACH_KERNEL)
def test_rtl_and_finn_graph_equal_qonnx(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    module, seed = lively(make, shape)
    network, out = export(module, shape, tmp_path / "network.onnx", seed=seed), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "500"]) == 0
    traces = [str(tmp_path / f"{level}.json") for level in ("rtl", "dataflow")]
    words = ["simulate", str(out), "--random", "3", "--stall", "0.1", "--trace"]

    assert main([*words, traces[0], "--finn-frames", "1"]) == 0

    assert main([*words, traces[1], "--level", "dataflow"]) == 0
    rtl, dataflow = (events(Path(trace)) for trace in traces)
    assert rtl[0] != dataflow[0], "which simulation it is"
    assert rtl[1:] == dataflow[1:], "every layer and FIFO does the same in every cycle"


def events(trace: Path) -> list[dict[str, Any]]:
    """Return the events of a trace file."""
    found: list[dict[str, Any]] = json.loads(trace.read_text())["traceEvents"]
    return found


def compiled(name: str, folder: Path, target_cycles: int = 500) -> Path:
    """Return the build folder of a stranger's network."""
    network, out = folder / "network.onnx", folder / "out"
    onnx.save(STRANGERS[name](), network)
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", str(target_cycles)]) == 0
    return out


@pytest.mark.verilator
def test_a_border_on_a_map_of_one_row_is_part_of_its_window(tmp_path: Path) -> None:
    out = compiled("one pixel high", tmp_path)

    assert main(["simulate", str(out), "--random", "3", "--finn-frames", "1"]) == 0


@pytest.mark.verilator
def test_a_shortcut_of_every_second_pixel_and_zeros_for_the_new_channels(tmp_path: Path) -> None:
    """Option A of the first residual networks, which has no weights: strided slices and a pad of channels."""
    out = compiled("shortcut without weights", tmp_path)

    assert main(["simulate", str(out), "--random", "3", "--finn-frames", "1", "--stall", "0.1"]) == 0


@pytest.mark.verilator
@pytest.mark.parametrize("name", ["focus", "blocks as channels"])
def test_parts_and_blocks_of_a_map(name: str, tmp_path: Path) -> None:
    """Windows that no product follows: a select takes one tap of each, or all are channels."""
    out = compiled(name, tmp_path)

    assert main(["simulate", str(out), "--random", "3", "--finn-frames", "1", "--stall", "0.1"]) == 0
    assert main(["simulate", str(out), "--random", "20", "--level", "functional"]) == 0


@pytest.mark.verilator
def test_two_heads_of_two_scales_are_one_output(tmp_path: Path) -> None:
    out = compiled("two heads", tmp_path, 2000)

    assert main(["simulate", str(out), "--random", "20", "--level", "functional"]) == 0
