"""rbonn_hw.spec.shell: from an accelerator's interface to the shell's parameters."""

from typing import Any

import pytest

from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.spec.accelerator import AcceleratorInterface, FrameStream
from rbonn_hw.spec.shell import ShellSpec, network_id

GOOD: dict[str, Any] = {"in_bits": 24, "in_beats": 5, "out_bits": 8, "out_beats": 3, "network_id": 7}


def test_words_are_padded_to_whole_bytes() -> None:
    interface = AcceleratorInterface(
        top="accelerator",
        part="xc7z020clg400-1",
        clk_period_ns=10.0,
        input=FrameStream((8, 8, 3), "UINT7", 3, 64),
        output=FrameStream((10,), "INT14", 1, 10),
        probes=(),
    )

    spec = ShellSpec.of(interface, 0xFFFFFFFF)

    assert (spec.in_bits, spec.out_bits) == (24, 16)
    assert (spec.in_frame_bytes, spec.out_frame_bytes) == (192, 20)
    assert spec.rtl_parameters() == {
        "InBits": 24,
        "InBeats": 64,
        "OutBits": 16,
        "OutBeats": 10,
        "NetworkId": 0xFFFFFFFF,
        "ReadDepth": 128,
        "WriteDepth": 64,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"in_bits": 12}, "in_bits=12 must be whole bytes"),
        ({"out_bits": 0}, "out_bits=0 must be whole bytes"),
        ({"in_beats": 0}, "in_beats=0 must be at least 1"),
        ({"out_beats": -1}, "out_beats=-1 must be at least 1"),
        ({"network_id": 1 << 32}, "must fit in 32 bits"),
        ({"read_depth_words": 16}, "depth_words=16 must be at least 32"),
    ],
)
def test_what_is_no_shell(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        ShellSpec(**(GOOD | change))


def test_the_identity_is_the_start_of_the_key() -> None:
    assert network_id({"key": "8085b1a0b536801a"}) == 0x8085B1A0


@pytest.mark.parametrize("document", [{}, {"key": None}, {"key": "8085"}, {"key": "xyzxyzxyz"}])
def test_a_build_without_key_has_no_identity(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"run `rbonn compile` again"):
        network_id(document)
