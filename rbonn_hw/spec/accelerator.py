"""The interface of a compiled accelerator: its two streams, its clock, its internal streams."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError, SpecError


@dataclass(frozen=True, slots=True)
class FrameStream:
    """How a frame travels on one of the accelerator's streams.

    Attributes:
        shape: Shape of a frame without the batch dimension; 3-D frames are [height, width, channels].
        dtype: QONNX type of an element; BIPOLAR travels as BINARY.
        lanes: Elements per beat, lane 0 first in C order of ``shape``.
        beats: Beats per frame.
    """

    shape: tuple[int, ...]
    dtype: str
    lanes: int
    beats: int

    def __post_init__(self) -> None:
        if self.lanes < 1 or self.lanes * self.beats != math.prod(self.shape):
            raise SpecError(
                f"lanes={self.lanes} times beats={self.beats} must be the {math.prod(self.shape)} elements "
                f"of shape {list(self.shape)}"
            )

    @property
    def element(self) -> IntType:
        """Type of a lane."""
        return IntType.from_qonnx(self.dtype)

    @property
    def data_bits(self) -> int:
        """Bits of a beat that carry data, before padding to whole bytes [bits]."""
        return self.lanes * self.element.bits


@dataclass(frozen=True, slots=True)
class InternalStream:
    """A stream between two layers: what reports call it, and its nets in the top module."""

    label: str
    valid: str
    ready: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorInterface:
    """What one must know of an accelerator to run it.

    Attributes:
        top: Top module, with AXI4-Stream ports s_axis_0 and m_axis_0, clock ap_clk and reset ap_rst_n.
        part: Device.
        clk_period_ns: Clock period for frames per second [ns].
        input: Frames in.
        output: Answers out.
        probes: Internal streams.
    """

    top: str
    part: str
    clk_period_ns: float
    input: FrameStream
    output: FrameStream
    probes: tuple[InternalStream, ...]

    @classmethod
    def from_result(cls, document: Mapping[str, Any]) -> "AcceleratorInterface":
        """Read the interface from the content of ``compile.json``.

        Raises:
            ConfigError: The content is not that of a compiled accelerator.
        """
        try:
            return cls(
                top=str(document["top"]),
                part=str(document["part"]),
                clk_period_ns=float(document["clk_period_ns"]),
                input=_frame_stream(document["input"]),
                output=_frame_stream(document["output"]),
                probes=tuple(
                    InternalStream(str(probe["label"]), str(probe["valid"]), str(probe["ready"]))
                    for probe in document["probes"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"compile.json does not describe an accelerator ({type(error).__name__}: {error}); "
                "run `rbonn compile` again"
            ) from None


def _frame_stream(entry: Mapping[str, Any]) -> FrameStream:
    shape = tuple(int(size) for size in entry["shape"])
    return FrameStream(shape, str(entry["dtype"]), int(entry["lanes"]), int(entry["beats"]))
