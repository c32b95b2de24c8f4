"""rbonn_hw/spec/accelerator.py: the interface that a build folder carries."""

from typing import Any

import pytest

from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.spec.accelerator import AcceleratorInterface, FrameStream, InternalStream

DOCUMENT: dict[str, Any] = {
    "top": "accelerator",
    "part": "xc7z020clg400-1",
    "clk_period_ns": 10,
    "input": {"shape": [8, 8, 1], "dtype": "UINT8", "lanes": 2, "beats": 32},
    "output": {"shape": [10], "dtype": "INT14", "lanes": 1, "beats": 10},
    "probes": [{"label": "a -> b", "valid": "stream0_tvalid", "ready": "stream0_tready"}],
}


def test_the_interface_is_read() -> None:
    found = AcceleratorInterface.from_result(DOCUMENT)

    assert found.input == FrameStream((8, 8, 1), "UINT8", 2, 32)
    assert (found.input.data_bits, found.output.data_bits) == (16, 14)
    assert (found.output.element.min, found.output.element.max) == (-(2**13), 2**13 - 1)
    assert found.probes == (InternalStream("a -> b", "stream0_tvalid", "stream0_tready"),)
    assert found.clk_period_ns == 10.0


@pytest.mark.parametrize(
    "change",
    [
        {"input": {"shape": [8, 8, 1], "dtype": "UINT8", "lanes": 3, "beats": 32}},
        {"output": {"shape": [10], "dtype": "INT14", "beats": 10}},
        {"clk_period_ns": "fast"},
        {"probes": ["a -> b"]},
        {"top": None, "part": None, "input": None},
    ],
)
def test_a_document_that_describes_no_accelerator(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="run `rbonn compile` again"):
        AcceleratorInterface.from_result(DOCUMENT | change)


@pytest.mark.parametrize(("lanes", "beats"), [(0, 64), (3, 21), (-8, -8)])
def test_beats_must_cover_the_frame(lanes: int, beats: int) -> None:
    with pytest.raises(SpecError, match=r"must be the 64 elements of shape \[8, 8, 1\]"):
        FrameStream((8, 8, 1), "UINT8", lanes, beats)
