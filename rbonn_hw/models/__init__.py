"""Networks as tables of layers, built from Brevitas modules."""
