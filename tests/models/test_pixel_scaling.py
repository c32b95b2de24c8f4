"""Pixels before a user's module: torchvision's arithmetic, with the weights and in the exported file."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import storage
from rbonn_hw.models.own import define
from rbonn_hw.models.pixel_scaling import PixelScaling
from rbonn_hw.models.reference import Reference
from rbonn_hw.spec.input import InputMeaning

DECLARED = {"scale": "1/255", "mean": [0.5, 0.25], "std": [0.25, 0.5]}
MODULE = """
import brevitas.nn as qnn
from torch import nn

def network():
    first = qnn.QuantIdentity(bit_width=8, min_val=-2.0, max_val=2.0, scaling_impl_type="const")
    layer = qnn.QuantLinear(32, 3, bias=False, weight_bit_width=4)
    return nn.Sequential(first, nn.Flatten(), layer)
"""


def test_arithmetic_of_to_tensor_and_normalize() -> None:
    pixels = torch.arange(256.0).reshape(1, 1, 16, 16).repeat(1, 2, 1, 1)
    wanted = pixels / 255
    wanted = (wanted - torch.tensor([0.5, 0.25]).view(1, 2, 1, 1)) / torch.tensor([0.25, 0.5]).view(
        1, 2, 1, 1
    )
    made = PixelScaling(InputMeaning.from_document(DECLARED), 2)(pixels)
    assert torch.equal(made, wanted)
    assert made.min() < -1
    assert made.max() > 1


def test_one_number_for_all_channels_and_a_factor() -> None:
    scaling = PixelScaling(InputMeaning.from_document({"scale": 0.5, "mean": [3]}), 4)
    assert torch.equal(scaling(torch.full((1, 4, 1, 1), 8.0)), torch.full((1, 4, 1, 1), 1.0))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"mean": [1, 2, 3]}, "mean has 3 values, the frames 2 channels"),
        ({"dtype": "INT4"}, "integers of INT4; training feeds uint8 pixels"),
        ({"layout": "HWC"}, r"uint8 pixels \(HWC\).*channels first"),
    ],
)
def test_what_training_cannot_feed_is_said(document: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PixelScaling(InputMeaning.from_document(document), 2)


def test_tables_take_pixels_as_they_are() -> None:
    with pytest.raises(ConfigError, match=r"input: .*network digits is a table of rows.*leave input away"):
        define("digits", input={"scale": "1/255"})


def test_it_comes_back_with_the_weights_and_stands_in_the_file(tmp_path: Path) -> None:
    from rbonn_hw.compiler.frontend import lower
    from rbonn_hw.compiler.input_table import Order, pixel_table
    from rbonn_hw.export.qonnx_file import write_qonnx

    (tmp_path / "net.py").write_text(MODULE)
    reference = Reference.parse("net.py:network", tmp_path)
    net = define("net.py:network", frame=(2, 4, 4), reference=reference, input=DECLARED).build(0).eval()
    storage.save_network(tmp_path, net, method="ste")
    assert json.loads(storage.describe(tmp_path).input) == {"kind": "uint8", **DECLARED}
    back = storage.load_network(tmp_path)
    frames = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 2, 4, 4)).astype(np.float32))
    with torch.no_grad():
        assert torch.equal(back(frames), net(frames))
        assert not torch.equal(back(frames), back.body(frames))  # type: ignore[operator]

    write_qonnx(back, tmp_path / "net.onnx")
    assert json.loads(onnx.load(tmp_path / "net.onnx").metadata_props[0].value)["kind"] == "uint8"
    head = lower(tmp_path / "net.onnx").head
    table = pixel_table(head, Order.of(head), InputMeaning())
    scaled = (np.arange(256)[None] / 255 - np.array([[0.5], [0.25]])) / np.array([[0.25], [0.5]])
    wanted = np.clip(np.rint(scaled / (2.0 / 128)), -128, 127)
    table = np.asarray(table).reshape(-1, 256)
    assert len(table) == 2
    assert np.abs(table - wanted).max() <= 1
    assert np.mean(table == wanted) > 0.95
