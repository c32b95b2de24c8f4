"""The dataflow simulator: a cycle model of the streaming graph that is exact, and needs no RTL."""

from rbonn_hw.sim.dataflow.simulate import Stalls, read_stages, simulate
from rbonn_hw.sim.dataflow.timing import Timing

__all__ = ["Stalls", "Timing", "read_stages", "simulate"]
