"""The whole way on a few frames: train, export, compile, simulate the RTL. Run `pytest` in this folder."""

import runpy
from pathlib import Path

import pytest

import rbonn_hw

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("name", ["Residual", "Vgg"])
def test_network_becomes_hardware_bit_for_bit(name: str, tmp_path: Path) -> None:
    """Every integer of the RTL is the network's: a difference raises MismatchError."""
    if not (HERE / "data.npz").exists():
        runpy.run_path(str(HERE / "make_data.py"), run_name="__main__")
    network = f"{HERE / 'network.py'}:{name}"

    rbonn_hw.api.train(HERE / "recipe.json", tmp_path / "train", network=network, epochs=1)
    exported = rbonn_hw.api.export(tmp_path / "train", tmp_path / "export", frames=16)
    compiled = rbonn_hw.api.compile(tmp_path / "export" / "model.qonnx.onnx", tmp_path / "build")
    simulated = rbonn_hw.api.simulate(tmp_path / "build", data=tmp_path / "export" / "golden.npz")

    assert exported.frames == simulated.document["frames"] == 16
    assert compiled.summary.ii_cycles <= 10_000
