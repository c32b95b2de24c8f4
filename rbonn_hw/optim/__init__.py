"""Optimizers for binary networks."""
