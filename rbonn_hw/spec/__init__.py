"""What a kernel is, as plain data: shape, folding, ports, cycles, area. No tensors, no files."""
