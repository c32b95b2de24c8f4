"""Bit-exact NumPy golden model of each kernel."""
