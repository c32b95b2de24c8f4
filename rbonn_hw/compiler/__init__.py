"""From a QONNX file to a folded, buffered, stitched RTL accelerator, on FINN's graph."""
