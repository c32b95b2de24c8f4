"""Integer-exact lowering: every float function between two integer tensors becomes thresholds."""
