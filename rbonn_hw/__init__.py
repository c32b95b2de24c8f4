"""Binary neural networks, from RBONN training to a streaming PYNQ accelerator, bit for bit."""
