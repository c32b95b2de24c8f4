"""The timing diagrams show what the RTL does today."""

import re

import pytest

from build_flows.pages.waveform import waveform
from build_flows.waves import CASES, RESULT, drawn
from rbonn_hw.results import read_result
from tests.test_layout import KERNELS


def test_every_kernel_has_a_diagram_of_its_module() -> None:
    kernels = read_result(RESULT, "python -m build_flows.waves")["kernels"]
    assert sorted(kernels) == KERNELS
    for name, spec in CASES.items():
        assert kernels[name]["module"] == spec.MODULE == f"rbonn_{name}"
        assert kernels[name]["parameters"] == spec.rtl_parameters()


@pytest.mark.verilator
@pytest.mark.parametrize("name", ["mvau", "threshold"])
def test_the_stored_beats_are_those_of_the_rtl(name: str) -> None:
    stored = read_result(RESULT, "python -m build_flows.waves")["kernels"][name]
    assert drawn(CASES[name]) == stored


def test_waves_have_the_levels_and_labels_of_the_beats() -> None:
    wave = {
        "module": "rbonn_example",
        "cycles": 4,
        "inputs": [{"name": "in", "values": [[1, -2], [3, 4]], "cycles": [0, 2]}],
        "outputs": [{"name": "out", "values": [[5]], "cycles": [3]}],
    }
    svg = waveform(wave)
    assert re.findall(r">([\w,-]+)</text>", svg) == [
        *"01234", "clk", "in_valid_i", "in_ready_o", "in_data_i", "1,-2", "3,4",
        "out_valid_o", "out_ready_i", "out_data_o", "5",
    ]  # fmt: skip
    # in_ready: high, low, high, and from then on unknown (two grey cells).
    assert svg.count("<rect") == 2
