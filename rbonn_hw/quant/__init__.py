"""Brevitas quantizers and the straight-through functions of binary training."""
