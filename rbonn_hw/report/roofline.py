"""How much a design computes, and what its part and its memory port would allow."""

import math
from collections.abc import Sequence
from typing import Any, Final

from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import word_bytes
from rbonn_hw.report.charts import Axis, around, chart
from rbonn_hw.results import Document

PRODUCTS = ("RbonnMVAU", "RbonnDepthwise")
"""Kernels that multiply PE x SIMD weights a cycle."""
CLOCK_HZ: Final = 1e8
"""The clock of all figures per second [Hz]."""
PORT_BYTES: Final = 8
"""Bytes a cycle and direction of the processor's HP port, which the shell's DMA uses [bytes]."""
LUTS_PER_SYNAPSE: Final = 1.6
"""What the area model of an MVAU has for a binary product and its share of the popcount [LUT]."""


def work(nodes: Sequence[Document], streams: Sequence[Document]) -> dict[str, float]:
    """Return products per frame and per cycle of the folding, and bytes per frame of the wider direction.

    A matrix unit multiplies ``PE * SIMD`` weights in each of its cycles, and in all of them.
    """
    products = [node for node in nodes if node["kernel"].startswith(PRODUCTS)]
    lanes = [int(node["pe"] or 1) * int(node["simd"] or 1) for node in products]
    cycles = [int(node["cycles_per_frame"]) for node in products]
    return {
        "macs_per_frame": sum(lane * count for lane, count in zip(lanes, cycles, strict=True)),
        "macs_per_cycle": sum(lanes),
        "bytes_per_frame": max(_stream_bytes(stream) for stream in streams),
    }


def _stream_bytes(stream: Document) -> int:
    bits = IntType.from_qonnx(stream["dtype"]).bits * int(stream["lanes"])
    return word_bytes(bits) * int(stream["beats"])


def roofline(report: Document) -> Document | None:
    """Return the chart of the part's roofs with this design below them; None for one without products."""
    done, fps = report["work"], report["fps_at_100mhz"]
    if not done["macs_per_frame"] or not fps:
        return None
    intensity = 2 * done["macs_per_frame"] / done["bytes_per_frame"]
    roof = 2 * report["budget"]["lut"] / LUTS_PER_SYNAPSE * CLOCK_HZ
    bandwidth = PORT_BYTES * CLOCK_HZ
    attained = 2 * done["macs_per_frame"] * fps
    folding = 2 * done["macs_per_cycle"] * CLOCK_HZ
    ridge = roof / bandwidth
    x = around("operations per byte of frames", (intensity / 10, intensity * 10, ridge), logarithmic=True)
    y = Axis("operations/s", _decade(attained / 10), _decade(roof * 2) * 10, logarithmic=True)
    lines = [
        ("memory port", [(max(x.low, y.low / bandwidth), max(y.low, x.low * bandwidth)), (ridge, roof)]),
        ("all LUTs as binary products", [(ridge, roof), (x.high, roof)]),
    ]
    points = [
        ("this design, simulated", intensity, attained),
        ("its folding, always busy", intensity, folding),
    ]
    return {
        **chart(x, y, lines, points),
        "figures": [
            ("operations per frame", 2 * done["macs_per_frame"], "estimated"),
            ("bytes per frame, wider direction", done["bytes_per_frame"], "estimated"),
            ("operations/s of this design", attained, "simulated"),
            ("operations/s of its folding, always busy", folding, "estimated"),
            ("operations/s of all LUTs as binary products", roof, "estimated"),
            ("operations/s that the memory port could feed", min(roof, intensity * bandwidth), "estimated"),
        ],
    }


def _decade(value: float) -> Any:
    return 10.0 ** math.floor(math.log10(value))
