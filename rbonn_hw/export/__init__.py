"""Where the torch half and the hardware half meet: checkpoint in, QONNX and golden vectors out."""
