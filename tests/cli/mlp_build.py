"""A small accelerator: two layers of signs, compiled in seconds."""

from pathlib import Path

from rbonn_hw.cli import main
from tests.networks import binary_mlp


def compile_mlp(out: Path) -> Path:
    """Compile a network of 12 inputs and 3 classes into a folder, and return the folder."""
    out.mkdir(exist_ok=True)
    network = binary_mlp(out / "mlp.onnx")
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "30"]) == 0
    return out
