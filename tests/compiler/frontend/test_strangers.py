"""Files in the forms of strangers' tools: integer graph against ONNX Runtime, bit for bit."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from rbonn_hw.compiler.frontend import compose, lower
from rbonn_hw.errors import ModelError, UnsupportedOperatorError
from tests.compiler.frontend.checks import check_contract
from tests.compiler.frontend.image import IMAGE
from tests.compiler.frontend.sketch import Sketch
from tests.compiler.frontend.spelled import answers
from tests.compiler.frontend.strangers import STRANGERS


@pytest.mark.parametrize("name", STRANGERS)
def test_equals_onnx_runtime(name: str, tmp_path: Path) -> None:
    proto = STRANGERS[name]()
    onnx.save(proto, tmp_path / "net.onnx")
    kind = proto.graph.input[0].type.tensor_type
    shape = [4, *(dim.dim_value for dim in kind.shape.dim[1:])]
    rng = np.random.default_rng(1)
    frames: NDArray[Any] = rng.uniform(-2.2, 2.2, shape).astype(np.float32)
    if kind.elem_type == TensorProto.UINT8:
        frames = rng.integers(0, 256, shape).astype(np.uint8)
    if kind.elem_type == TensorProto.INT64:
        frames = rng.integers(-200, 200, shape)
    lowered = lower(tmp_path / "net.onnx")
    check_contract(lowered.lowered)
    got = np.concatenate([compose(lowered, frame[None].astype(np.float32)) for frame in frames])
    wanted = answers(proto, frames)
    assert np.array_equal(got.reshape(wanted.shape), wanted)
    assert np.any(wanted != wanted[0])


def test_a_border_that_only_auto_pad_can_say(tmp_path: Path) -> None:
    """ONNX Runtime refuses auto_pad together with dilation; the numbers mean the same."""
    networks = []
    for border in ({"auto_pad": "SAME_UPPER"}, {"pads": [0, 0, 1, 1]}):
        g = Sketch()
        x = g.relu(g.conv(g.stem(), 4, 4, 2, dilations=[1, 1], **border))
        networks.append(g.model(g.head(x, 256), IMAGE))
    written, spelled = networks
    for proto in networks:
        conv = [node for node in proto.graph.node if node.op_type == "Conv"][-1]
        next(entry for entry in conv.attribute if entry.name == "dilations").ints[:] = [2, 2]
    conv.attribute[[entry.name for entry in conv.attribute].index("pads")].ints[:] = [1, 1, 1, 1]
    onnx.save(written, tmp_path / "net.onnx")
    frames = np.random.default_rng(1).uniform(-2.2, 2.2, (3, *IMAGE)).astype(np.float32)
    assert np.array_equal(compose(lower(tmp_path / "net.onnx"), frames), answers(spelled, frames))


@pytest.mark.parametrize("step", ["causal, last step", "causal, first step"])
def test_what_a_crop_takes_away_is_not_computed(step: str, tmp_path: Path) -> None:
    onnx.save(STRANGERS[step](), tmp_path / "net.onnx")
    windows = lower(tmp_path / "net.onnx").lowered.get_nodes_by_op_type("Im2Col")
    entries = [entry for node in windows for entry in node.attribute if entry.name == "pad_amount"]
    pads = [helper.get_attribute_value(entry) for entry in entries]
    assert pads[0] == [0, 4, 0, 0]


def _gated(g: Sketch) -> str:
    x = g.stem()
    gate = g.quant(g.op("Sigmoid", g.op("GlobalAveragePool", x)), 1 / 16, 4, signed=0)
    return g.relu(g.op("Mul", x, gate))


def _gated_by_floats(g: Sketch) -> str:
    x = g.stem()
    return g.relu(g.op("Mul", x, g.op("Sigmoid", g.op("GlobalAveragePool", x))))


def _unrelated_scales(g: Sketch) -> str:
    scales = np.sqrt([0.031, 0.0037, 0.02173, 0.01171]).reshape(1, 4, 1, 1)
    return g.quant(g.op("Relu", g.conv(g.quant("x", 1 / 64, 8), 3, 4)), scales, 4, signed=0)


def _reflected(g: Sketch) -> str:
    border: str = g.op("Pad", g.stem(), g.ints(*[0, 0, 1, 1] * 2), mode="reflect")
    return border


def _turned_round(g: Sketch) -> str:
    """The rows from the last to the first."""
    x: str = g.op("Slice", g.stem(), g.ints(-1), g.ints(-9), g.ints(2), g.ints(-1))
    return x


def _columns_turned_round(g: Sketch) -> str:
    x: str = g.op("Gather", g.stem(), g.ints(6, 4, 2), axis=3)
    return x


def _one_element_repeated(g: Sketch) -> str:
    x = g.relu(g.op("GlobalAveragePool", g.stem(c_out=1)), 1 / 16)
    return g.relu(g.conv(g.resized(x, 4, 4), 1, 4))


def _attention(g: Sketch) -> str:
    """Weights that depend on the frame, for what follows them."""
    x = g.op("Transpose", g.op("Reshape", g.stem(), g.ints(1, 4, 64)), perm=[0, 2, 1])
    queries, keys, values = (g.linear(x, 4, 4) for _ in range(3))
    products = g.op("MatMul", queries, g.op("Transpose", keys, perm=[0, 2, 1]))
    x = g.op("MatMul", g.op("Softmax", products, axis=-1), values)
    made: str = g.op("Reshape", g.op("Transpose", x, perm=[0, 2, 1]), g.ints(1, 4, 8, 8))
    return made


def _recurrent(g: Sketch) -> str:
    x = g.op("Transpose", g.op("Reshape", g.stem(), g.ints(1, 4, 64)), perm=[2, 0, 1])
    x = g.op("GRU", x, g.normal(1, 24, 4), g.normal(1, 24, 8), hidden_size=8)
    made: str = g.op("Reshape", x, g.ints(1, 4, 8, 16))
    return made


def _subtracted(g: Sketch) -> str:
    x = g.stem()
    return g.relu(g.op("Sub", x, g.quant(g.conv(x, 4, 4), 0.25, 4)))


def _enlarged(g: Sketch) -> str:
    return g.relu(g.op("ConvTranspose", g.stem(), g.weights(4, 4, 2, 2), strides=[2, 2]))


REFUSED = {
    "Resize_8 (Resize): a map of one channel and one column is not repeated": _one_element_repeated,
    "GRU_7 (GRU) is recurrent": _recurrent,
    "MatMul_16 (MatMul) multiplies two activations, as attention does": _attention,
    "only Add may: negate the second branch": _subtracted,
    "ConvTranspose_6: no kernel implements operator ConvTranspose; enlarge by": _enlarged,
    "Mul_8 (Mul) multiplies two integer tensors (Quant_4_out0 and Quant_7_out0), by the gate or second "
    "factor Quant_7_out0; no kernel does: leave the gate": _gated,
    "Mul_7 (Mul) broadcasts Sigmoid_6_out0 [1, 4, 1, 1] to [1, 4, 8, 8]": _gated_by_floats,
    "mode reflect; pad height and width, with a constant": _reflected,
    "Gather_5 (Gather): only constant channels": _columns_turned_round,
    "Slice_5 (Slice) does not take every n-th row and column": _turned_round,
    "Conv_6 (Conv): its input Quant_4_out0 has 4 scales (0.060827": _unrelated_scales,
}


def test_operands_that_do_not_fit_together_are_named(tmp_path: Path) -> None:
    g = Sketch()
    x = g.op("Gemm", g.op("Flatten", g.stem()), g.weights(255, 5), g.const([0.0] * 5))
    onnx.save(g.model(x, IMAGE), tmp_path / "net.onnx")
    with pytest.raises(
        ModelError, match=r"from Gemm_7 .* on, which takes Flatten_5.* \[1, 256\], .*\[255, 5\]"
    ):
        lower(tmp_path / "net.onnx")


@pytest.mark.parametrize("message", REFUSED)
def test_refused_by_name(message: str, tmp_path: Path) -> None:
    g = Sketch()
    onnx.save(g.model(g.conv(REFUSED[message](g), 4, 4), IMAGE, (4, "h", "w")), tmp_path / "net.onnx")
    with pytest.raises(UnsupportedOperatorError, match=re.escape(message)):
        lower(tmp_path / "net.onnx")
