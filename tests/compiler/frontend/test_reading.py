"""Files that are no network, or a damaged one: refused before native code of others reads them."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from torch import nn

from rbonn_hw.compiler.frontend import lower
from rbonn_hw.errors import ModelError
from tests.compiler.frontend.networks import binary_conv, export, integers, sign
from tests.networks import bipolar, save_network


def _network() -> nn.Module:
    return nn.Sequential(integers(8, 1.0), binary_conv(3, 4, 1), sign())


def _relu(path: Path, *, inputs: int = 1, outputs: int = 1, shape: tuple[int | str, ...] = (1, 4)) -> Path:
    """Write a file of Relu nodes."""
    nodes = [helper.make_node("Sum", [f"x{k}" for k in range(inputs)], ["s"])]
    nodes += [helper.make_node("Relu", ["s"], [f"y{k}"]) for k in range(outputs)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(f"x{k}", TensorProto.FLOAT, shape) for k in range(inputs)],
        [helper.make_tensor_value_info(f"y{k}", TensorProto.FLOAT, shape) for k in range(outputs)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
    return path


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.onnx does not exist"):
        lower(tmp_path / "absent.onnx")


@pytest.mark.parametrize("content", [b"", b"certainly no protobuf", b"\x89PNG\r\n\x1a\n" + bytes(range(256))])
def test_not_onnx(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not an ONNX file"):
        lower(path)


def test_truncated_file(tmp_path: Path) -> None:
    path = export(_network(), (1, 3, 4, 4), tmp_path / "net.onnx")
    whole = path.read_bytes()
    for length in (len(whole) // 4, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"net\.onnx"):
            lower(path)


def test_damaged_graph(tmp_path: Path) -> None:
    path = export(_network(), (1, 3, 4, 4), tmp_path / "net.onnx")
    proto = onnx.load(path)
    proto.graph.node[-1].input[0] = "nobody_makes_this"
    onnx.save(proto, path)
    with pytest.raises(ModelError, match="damaged"):
        lower(path)


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"2 graph inputs \(x0, x1\)"):
        lower(_relu(tmp_path / "in.onnx", inputs=2))
    with pytest.raises(ModelError, match=r"3 graph outputs \(y0, y1, y2\)"):
        lower(_relu(tmp_path / "out.onnx", outputs=3))


def test_dynamic_shape(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"axis 1 is dynamic \(width\)"):
        lower(_relu(tmp_path / "net.onnx", shape=("batch", "width")))


@pytest.mark.parametrize("name", ["strides", "dilations", "kernel_shape", "group"])
@pytest.mark.parametrize("number", [0, -1, 2**40])
def test_a_number_that_sizes_are_divided_by_must_be_positive(name: str, number: int, tmp_path: Path) -> None:
    """Shape inference is native code, and ends the process where it divides by 0."""
    sizes: dict[str, Any] = {"kernel_shape": [1, 1], "strides": [1, 1], "dilations": [1, 1], "group": 1}
    sizes[name] = number if name == "group" else [1, number]
    nodes = [
        bipolar("x", "a"),
        bipolar("w", "wq"),
        helper.make_node("Conv", ["a", "wq"], ["y"], name="conv", **sizes),
    ]
    path = save_network(
        tmp_path / "n.onnx", nodes, {"one": 1.0, "w": np.ones((3, 4, 1, 1))}, (1, 4, 3, 3), (1, 3, 3, 3)
    )
    with pytest.raises(ModelError, match=rf"conv \(Conv\) has {name} .*must be positive"):
        lower(path)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    nodes = [
        bipolar("x", "a"),
        bipolar("w", "wq"),
        helper.make_node("MatMul", ["a", "wq"], ["y"], name="QQQQ"),
    ]
    path = save_network(tmp_path / "n.onnx", nodes, {"one": 1.0, "w": np.ones((4, 3))}, (1, 4), (1, 3))
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"\xff\xfe\xfd\xfc"))
    with pytest.raises(ModelError, match=r"n\.onnx is a(n| damaged) ONNX file|is not an ONNX file"):
        lower(path)
