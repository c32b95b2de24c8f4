"""Integer-exact lowering: every float function between two integer tensors becomes thresholds."""

from rbonn_hw.compiler.frontend.execution import batched, evaluate, execute
from rbonn_hw.compiler.frontend.lowered import Lowered, compose, lower

__all__ = ["Lowered", "batched", "compose", "evaluate", "execute", "lower"]
