"""Binary neural networks, from RBONN training to a streaming PYNQ accelerator, bit for bit."""

from rbonn_hw import api

__all__ = ["api"]
