"""Published accelerators to stand beside; their networks and data differ from ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rbonn_hw.report.blocks import AREA
from rbonn_hw.report.charts import around, chart
from rbonn_hw.results import Document

Basis = Literal["measured", "published"]
"""``measured``: on the board, as the source says; ``published``: as the source has it, without saying how."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A published figure.

    Attributes:
        design: Name.
        data: Data set.
        top1: Top-1 accuracy [%].
        board: Board or part, and clock.
        fps: Frames per second; None where none are published.
        latency: Latency of one frame, as published; empty where none is.
        resources: LUT, FF, RAMB36, DSP; empty where none are published.
        source: Where it stands.
        basis: What kind of figure the frames per second are.
    """

    design: str
    data: str
    top1: float
    board: str
    fps: int | None
    latency: str
    resources: tuple[float, ...]
    source: str
    basis: Basis = "measured"


_PYNQ = "PYNQ-Z1, 100 MHz"
_BNN_PYNQ = "Xilinx/BNN-PYNQ"
_MLPERF_07, _MLPERF_10 = "MLPerf Tiny v0.7, one frame at a time", "MLPerf Tiny v1.0"
_KASTNER = "arXiv 2411.04732, table 2"
_REBNET = "arXiv 1711.01243 and 2411.04732"
_ZYNQ_200, _ZU3 = "xc7z020, 200 MHz target", "AUP-ZU3"
_FINN_PR, _TCAD = "Xilinx/finn PR 1499", "TCAD 2025"
PART_PREFIX: Final = "xc7z020"
"""What the PYNQ boards carry; beside another part these figures say nothing."""
PEERS: Final = (
    Peer("LFC W1A1", "MNIST", 98.47, _PYNQ, 118_883, "", (28_360, 33_470, 110, 4), _BNN_PYNQ),
    Peer("CNV W1A1", "CIFAR-10", 78.5, _PYNQ, 3_050, "1.584 ms", (26_072, 41_312, 124, 24), _BNN_PYNQ),
    Peer("CNV W1A2", "CIFAR-10", 81.9, _PYNQ, 3_050, "", (40_321, 56_276, 131.5, 26), _BNN_PYNQ),
    Peer("CNV W2A2", "CIFAR-10", 83.8, _PYNQ, 860, "", (37_302, 51_386, 140, 32), _BNN_PYNQ),
    Peer("CNV W1A1, FINN", "CIFAR-10, 200 frames", 84.5, "PYNQ-Z2, 100 MHz", 661, "1.512 ms", (), _MLPERF_07),
    Peer("RN07, hls4ml", "CIFAR-10", 83.5, "PYNQ-Z2", 37, "27.3 ms", (), _MLPERF_07),
    Peer("RN08, hls4ml", "CIFAR-10", 83.5, "PYNQ-Z2", 131, "7.64 ms", (), _MLPERF_10),
    Peer("CNV max, FINN", "CIFAR-10", 80.1, "ZC706, 200 MHz", 21_906, "283 µs", (), "arXiv 1612.07119"),
    Peer("ReBNet, 1 level", "CIFAR-10", 80.59, _ZYNQ_200, 6_000, "", (), _REBNET, "published"),
    Peer("ReBNet, 2 levels", "CIFAR-10", 85.94, _ZYNQ_200, 3_000, "", (), _REBNET, "published"),
    Peer("CNV W1A1, FINN", "CIFAR-10", 82.62, _ZU3, 5_311, "", (), _FINN_PR, "published"),
    Peer("CNV W2A2, FINN", "CIFAR-10", 88.63, _ZU3, 3_031, "", (), _FINN_PR, "published"),
    Peer("FracBNN", "CIFAR-10", 89.1, "Ultra96v2", 2_809, "", (), _KASTNER, "published"),
    Peer("FPGA'17, Zhao et al.", "CIFAR-10", 88.5, "ZedBoard", 168, "", (), _KASTNER, "published"),
    Peer("ResNet-20 INT8, nn2fpga", "CIFAR-10", 91.3, "KV260, 250 MHz", 7_601, "", (), _TCAD, "published"),
)


def rows(report: Document) -> list[Document]:
    """Return what the table shows: this design first, then the published ones, numbered as in the plot."""
    if not report["part"].startswith(PART_PREFIX):
        return []
    own = report["accuracy"].get("rtl")
    this = {
        "number": 0,
        "design": "this design",
        "data": report["network"].get("dataset", "not known"),
        "top1": None if own is None else 100 * own,
        "board": f"{report['part']}, 100 MHz",
        "fps": report["fps_at_100mhz"],
        "latency": f"{report['latency_cycles'] / 100:,.1f} µs",
        "resources": [report["resources"][name] for name in AREA],
        "basis": "simulated",
        "source": "this page; not routed",
    }
    published = [
        {
            "number": number,
            **{name: getattr(peer, name) for name in ("design", "data", "top1", "board", "fps", "latency")},
            "resources": list(peer.resources),
            "basis": peer.basis,
            "source": peer.source,
        }
        for number, peer in enumerate(PEERS, start=1)
    ]
    return [this, *published]


def plot(designs: Sequence[Document]) -> Document | None:
    """Return accuracy over frames per second of those that have both; None if this design has not."""
    known = [row for row in designs if row["top1"] is not None and row["fps"]]
    if not known or known[0]["number"] != 0:
        return None
    x = around("frames/s", (row["fps"] for row in known), logarithmic=True)
    y = around("top-1 [%]", (row["top1"] for row in known))
    return chart(x, y, points=[(str(row["number"] or "this"), row["fps"], row["top1"]) for row in known])
