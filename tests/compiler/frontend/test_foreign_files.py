"""Files of others: Brevitas's own examples, FINN's dialect, QCDQ, annotated inputs."""

import warnings
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import onnx
import pytest
import torch
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes
from torch import nn

from rbonn_hw.compiler.frontend import compose, execute, lower
from tests.compiler.frontend.checks import check_contract, check_frames, frames
from tests.compiler.frontend.networks import binary_conv, binary_linear, export, integers, randomize, sign


def _example(name: str, path: Path) -> Path:
    """Export one of Brevitas's own networks with random weights."""
    with warnings.catch_warnings():
        # Brevitas misses optional packages when its examples are first imported.
        warnings.simplefilter("ignore", UserWarning)
        from brevitas_examples.bnn_pynq.models import model_with_cfg
    torch.manual_seed(7)
    model, config = model_with_cfg(name, pretrained=False)
    size = 28 if "FC" in name else 32
    return export(model, (1, config.getint("MODEL", "IN_CHANNELS"), size, size), path)


@pytest.mark.parametrize(
    ("name", "count"), [("TFC_1W1A", 20), ("TFC_1W2A", 20), ("CNV_1W1A", 2), ("CNV_2W2A", 2)]
)
def test_brevitas_examples(name: str, count: int, tmp_path: Path) -> None:
    lowered = lower(_example(name, tmp_path / "net.onnx"))
    check_contract(lowered.lowered)
    check_frames(lowered, frames(lowered.reference, count))
    assert lowered.exact
    if name.endswith("1W1A"):
        kinds = {node.op_type for node in lowered.lowered.graph.node}
        assert "XnorPopcountMatMul" in kinds
        assert "Mul" not in kinds


def test_reference_is_the_file(tmp_path: Path) -> None:
    path = _example("TFC_1W1A", tmp_path / "net.onnx")
    original = ModelWrapper(str(path)).transform(InferShapes())
    lowered = lower(path)
    for frame in frames(lowered.reference, 3):
        x = frame[None]
        assert np.array_equal(execute(original, x), execute(lowered.reference, x))


def test_names_are_those_of_the_file(tmp_path: Path) -> None:
    lowered = lower(_example("TFC_1W1A", tmp_path / "net.onnx"))
    names = [node.name for node in lowered.lowered.graph.node]
    assert names[:2] == ["features_2_MatMul", "features_4_act_quant_BipolarQuant"]
    assert "/features.2/MatMul" in [node.name for node in lowered.reference.graph.node]


def test_finn_dialect(tmp_path: Path) -> None:
    """MultiThreshold, Mul and Add in place of Quant; annotated weights."""
    from finn.transformation.qonnx.convert_qonnx_to_finn import ConvertQONNXtoFINN
    from qonnx.util.cleanup import cleanup_model

    for name in ("TFC_1W1A", "TFC_1W2A"):
        model = cleanup_model(ModelWrapper(str(_example(name, tmp_path / "net.onnx"))))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Assuming 4D input is NCHW")
            # FINN annotates the levels 0..3 of a threshold with INT2, and adds the -2 in a node of its own.
            warnings.filterwarnings("ignore", message=".*can't be represented with the set datatype")
            model.transform(ConvertQONNXtoFINN()).save(str(tmp_path / "finn.onnx"))
            lowered = lower(tmp_path / "finn.onnx")
            check_contract(lowered.lowered)
            check_frames(lowered, frames(lowered.reference, 4))
        assert len(lowered.lowered.get_nodes_by_op_type("MultiThreshold")) == 3


def test_qcdq(tmp_path: Path) -> None:
    model = nn.Sequential(
        integers(8, 1.0),
        qnn.QuantConv2d(3, 8, 3, bias=False, weight_bit_width=4, weight_scaling_per_output_channel=True),
        nn.BatchNorm2d(8),
        integers(4),
        nn.MaxPool2d(2),
        qnn.QuantConv2d(8, 6, 3, bias=False, weight_bit_width=2),
        nn.BatchNorm2d(6),
        integers(3),
        nn.Flatten(),
        nn.Linear(6, 4),
    )
    path = tmp_path / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Brevitas misses optional packages when its exporter is first imported.
        from brevitas.export import export_onnx_qcdq

        export_onnx_qcdq(
            randomize(model, 0),
            args=torch.rand(1, 3, 8, 8),
            export_path=str(path),
            opset_version=13,
            dynamo=False,
        )
    lowered = lower(path)
    check_contract(lowered.lowered)
    check_frames(lowered, frames(lowered.reference, 4))
    assert [note for note in lowered.notes if "runs on the host" in note] != []


def test_symbolic_and_larger_batch(tmp_path: Path) -> None:
    model = nn.Sequential(
        sign(), binary_conv(3, 8, 3), nn.BatchNorm2d(8), sign(), nn.Flatten(), binary_linear(288, 10)
    )
    path = export(model, (4, 3, 8, 8), tmp_path / "net.onnx")
    lowered = lower(path)
    assert lowered.reference.get_tensor_shape("global_in") == [1, 3, 8, 8]
    check_frames(lowered, frames(lowered.reference, 2))
    proto = onnx.load(path)
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(proto, path)
    check_frames(lower(path), frames(lowered.reference, 2))


@pytest.mark.parametrize("dtype", ["UINT8", "INT4", "BIPOLAR"])
def test_annotated_input(dtype: str, tmp_path: Path) -> None:
    """A file that says its input holds integers needs no quantizer."""
    model = nn.Sequential(
        binary_conv(3, 8, 3), nn.BatchNorm2d(8), sign(), nn.Flatten(), binary_linear(288, 10)
    )
    path = export(model, (1, 3, 8, 8), tmp_path / "net.onnx")
    wrapped = ModelWrapper(str(path))
    wrapped.set_tensor_datatype(wrapped.graph.input[0].name, DataType[dtype])
    wrapped.save(str(path))
    lowered = lower(path)
    check_contract(lowered.lowered)
    values = {"UINT8": np.arange(256), "INT4": np.arange(-8, 8), "BIPOLAR": np.array([-1, 1])}[dtype]
    check_frames(lowered, np.random.default_rng(0).choice(values, (4, 3, 8, 8)).astype(np.float32))
    assert lowered.lowered.get_tensor_shape(lowered.lowered.graph.input[0].name) == [1, 8, 8, 3]
    expected = "BINARY" if dtype == "BIPOLAR" else dtype
    assert lowered.lowered.get_tensor_datatype(lowered.lowered.graph.input[0].name).name == expected
    assert compose(lowered, np.ones((1, 3, 8, 8), np.float32)).shape == (1, 10)
