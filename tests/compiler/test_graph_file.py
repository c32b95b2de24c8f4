"""Graphs of a build folder: any damage is noticed, and other readers take the file."""

from pathlib import Path

import onnx
import pytest
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.graph_file import load_graph, save_graph
from rbonn_hw.errors import ConfigError
from rbonn_hw.sealed_graph import KEY
from tests.networks import binary_mlp


@pytest.fixture
def path(tmp_path: Path) -> Path:
    model = ModelWrapper(str(binary_mlp(tmp_path / "mlp.onnx")))
    model.set_metadata_prop("own", "text")
    save_graph(model, tmp_path / "graph.onnx")
    return tmp_path / "graph.onnx"


def test_what_was_written_comes_back_and_onnx_reads_it_too(path: Path) -> None:
    model = load_graph(path, "rbonn compile")
    assert model.get_metadata_prop("own") == "text"
    onnx.checker.check_model(onnx.load(path))
    assert KEY in {entry.key for entry in onnx.load(path).metadata_props}
    save_graph(model, path)
    assert load_graph(path, "rbonn compile").model.graph == model.model.graph


def test_every_flipped_byte_and_every_length_is_noticed(path: Path) -> None:
    content = path.read_bytes()
    damaged = [
        content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :] for at in range(0, len(content), 7)
    ]
    damaged += [content[:at] for at in range(0, len(content), 13)] + [content + b"x", b""]
    for changed in damaged:
        path.write_bytes(changed)
        with pytest.raises(ConfigError, match=r"graph\.onnx was damaged.*run `rbonn compile` again"):
            load_graph(path, "rbonn compile")


def test_a_graph_of_somebody_else_or_none(path: Path) -> None:
    with pytest.raises(ConfigError, match="was damaged, or changed"):
        load_graph(path.with_name("mlp.onnx"), "rbonn compile")
    path.unlink()
    with pytest.raises(ConfigError, match=r"graph\.onnx does not exist; run `rbonn compile` first"):
        load_graph(path, "rbonn compile")
