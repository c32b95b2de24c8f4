"""What the dataflow model says of an accelerator: when every frame ends, and what held it up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.sim.stream_log import Recording

Cycles = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StageTiming:
    """How a layer spent the cycles of a run; the three add up to them.

    Attributes:
        name: Instance.
        module: Module.
        busy_cycles: Something moved in it [cycles].
        starved_cycles: Nothing did, for want of input [cycles].
        blocked_cycles: Nothing did, for its output was not taken [cycles].
    """

    name: str
    module: str
    busy_cycles: int
    starved_cycles: int
    blocked_cycles: int


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """A stream between two layers.

    Attributes:
        label: ``writer -> reader``.
        beats: Beats that moved.
        waiting_cycles: Ready, without a beat [cycles].
        held_cycles: A beat was on offer, and not taken [cycles].
    """

    label: str
    beats: int
    waiting_cycles: int
    held_cycles: int


@dataclass(frozen=True, slots=True)
class FifoTiming:
    """A FIFO.

    Attributes:
        name: Instance.
        depth_words: Its depth [words].
        high_water_words: The most that it held, the word on offer included [words].
    """

    name: str
    depth_words: int
    high_water_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A run of the dataflow model; cycle 0 is the first out of reset.

    Attributes:
        frames: Frames.
        in_cycles: Cycle of every beat of each input.
        out_cycles: Cycle of every beat of each output.
        frame_end_cycles: Cycle of the last beat of each frame on the first output, counted from the first
            beat in, [frames].
        stages: Every layer, in topological order.
        streams: Every stream between two layers.
        fifos: Every FIFO.
        recording: What the streams did, cycle by cycle; None unless it was asked for.
    """

    frames: int
    in_cycles: tuple[Cycles, ...]
    out_cycles: tuple[Cycles, ...]
    frame_end_cycles: Cycles
    stages: tuple[StageTiming, ...]
    streams: tuple[StreamTiming, ...]
    fifos: tuple[FifoTiming, ...]
    recording: Recording | None = None

    @property
    def cycles(self) -> int:
        """From the first input beat to the last output beat, both included [cycles]."""
        return int(self.frame_end_cycles[-1]) + 1

    @property
    def latency_cycles(self) -> int:
        """From the first input beat to the last output beat of the first frame [cycles]."""
        return int(self.frame_end_cycles[0]) + 1

    @property
    def _later(self) -> Cycles:
        intervals = np.diff(self.frame_end_cycles)
        return intervals[len(intervals) // 2 :]

    @property
    def ii_cycles(self) -> int | None:
        """Longest interval between the ends of two frames, over the second half; None for one [cycles]."""
        return int(self._later.max()) if len(self._later) else None

    @property
    def is_steady(self) -> bool:
        """Whether those intervals are at least three, and all equal."""
        return len(self._later) >= 3 and bool(np.all(self._later == self._later[0]))
