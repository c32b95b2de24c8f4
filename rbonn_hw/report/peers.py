"""Published accelerators on the xc7z020, to stand beside; their networks and data differ from ours."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Peer:
    """A published figure.

    Attributes:
        design: Name.
        data: Data set.
        top1: Top-1 accuracy [%].
        board: Board and clock.
        fps: Frames per second.
        latency: Latency of one frame, as published; empty where none is.
        resources: LUT, FF, RAMB36, DSP; empty where none are published.
        source: Where it stands.
    """

    design: str
    data: str
    top1: float
    board: str
    fps: int
    latency: str
    resources: tuple[float, ...]
    source: str


_PYNQ = "PYNQ-Z1, 100 MHz"
_BNN_PYNQ = "Xilinx/BNN-PYNQ"
PART_PREFIX: Final = "xc7z020"
"""What both boards carry; beside another part these figures say nothing."""
PEERS: Final = (
    Peer("LFC W1A1", "MNIST", 98.47, _PYNQ, 118_883, "", (28_360, 33_470, 110, 4), _BNN_PYNQ),
    Peer("CNV W1A1", "CIFAR-10", 78.5, _PYNQ, 3_050, "1.584 ms", (26_072, 41_312, 124, 24), _BNN_PYNQ),
    Peer("CNV W1A2", "CIFAR-10", 81.9, _PYNQ, 3_050, "", (40_321, 56_276, 131.5, 26), _BNN_PYNQ),
    Peer(
        "CNV W1A1, FINN",
        "CIFAR-10, 200 frames",
        84.5,
        "PYNQ-Z2, 100 MHz",
        661,
        "1.512 ms",
        (),
        "MLPerf Tiny v0.7, one frame at a time",
    ),
    Peer("RN08, hls4ml", "CIFAR-10", 83.5, "PYNQ-Z2", 131, "7.64 ms", (), "MLPerf Tiny v1.0"),
)
