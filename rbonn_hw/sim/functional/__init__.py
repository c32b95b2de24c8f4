"""Bit-exact integer inference of a compiled accelerator on the CPU, every stream on demand."""

from rbonn_hw.sim.functional.simulator import Simulator, run

__all__ = ["Simulator", "run"]
