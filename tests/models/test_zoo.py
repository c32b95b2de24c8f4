"""Networks by name: published shapes, one set of parameters for both forms, widths."""

import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.network import Network
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink
from rbonn_hw.models.rows import Conv, Dense
from rbonn_hw.models.zoo import NETWORKS, network


def shapes(name: str, form: str, width: float = 1.0) -> dict[str, torch.Size]:
    """Return the shapes of all parameters, without their memory."""
    with torch.device("meta"):
        return {
            name: value.shape
            for name, value in Network(network(name, form=form, width=width)).state_dict().items()
        }


@pytest.mark.parametrize("name", NETWORKS)
def test_both_forms_share_names_and_shapes(name: str) -> None:
    hardware, paper = shapes(name, "hardware"), shapes(name, "paper")
    shared = hardware.keys() & paper.keys()

    assert all(hardware[key] == paper[key] for key in shared)
    # Only the real classifier has a bias; only binary layers have an alpha, and no real first layer.
    biases = set() if network(name).boxes else {"bias"}
    assert {key.rsplit(".", 1)[1] for key in paper.keys() - shared} == biases
    assert {key.rsplit(".", 1)[1] for key in hardware.keys() - shared} <= {"alpha"}
    assert len(hardware.keys() - shared) <= 1


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        # FINN, FPGA 2017: three hidden layers on 784 pixels; CNV of BNN-PYNQ.
        ("tfc", 784 * 64 + 2 * 64**2 + 640),
        ("sfc", 784 * 256 + 2 * 256**2 + 2560),
        ("lfc", 784 * 1024 + 2 * 1024**2 + 10240),
        ("cnv", 9 * (192 + 64**2 + 64 * 128 + 128**2 + 128 * 256 + 256**2) + 256 * 512 + 512**2 + 5120),
        # He et al., CVPR 2016: 19 convolutions and a classifier, and two 1x1 shortcuts.
        ("resnet20", 9 * (48 + 6 * 256 + 512 + 5 * 1024 + 2048 + 5 * 4096) + 512 + 2048 + 640),
    ],
)
def test_weights_are_the_published_ones(name: str, weights: int) -> None:
    found = [
        size.numel() for key, size in shapes(name, "hardware").items() if len(size) > 1 and "alpha" not in key
    ]
    biases = [size.numel() for key, size in shapes(name, "hardware").items() if key.endswith("bias.bias")]
    acts = [
        size.numel() for key, size in shapes(name, "hardware").items() if ".act." in key and len(size) == 3
    ]

    assert sum(found) - sum(biases) - sum(acts) == weights


@pytest.mark.parametrize(("name", "convolutions"), [("resnet20", 18), ("resnet18", 16), ("resnet34", 32)])
def test_resnets_have_one_convolution_a_block(name: str, convolutions: int) -> None:
    rows = network(name).rows
    blocks = [row for row in rows if isinstance(row, Residual | Downsample)]

    assert len(blocks) == convolutions
    assert all(row.kernel == 3 for row in blocks)


def test_reactnet_halves_and_doubles_as_mobilenet() -> None:
    table = network("reactnet-a")
    blocks = [
        (row, shape)
        for row, shape in zip(table.rows, table.shapes(), strict=True)
        if isinstance(row, Residual | Shrink | Double)
    ]
    pairs = [
        (first.kernel, second.kernel, shape)
        for (first, _), (second, shape) in zip(blocks[::2], blocks[1::2], strict=True)
    ]

    assert [shape[0] for _, _, shape in pairs] == [64, *[128] * 2, *[256] * 2, *[512] * 6, *[1024] * 2]
    assert [shape[1] for _, _, shape in pairs] == [112, *[56] * 2, *[28] * 2, *[14] * 6, *[7] * 2]
    assert {(first, second) for first, second, _ in pairs} == {(3, 1)}


@pytest.mark.parametrize("name", NETWORKS)
def test_width_multiplies_every_layer_but_the_last(name: str) -> None:
    one, half = network(name), network(name, width=0.5)
    channels = [(a[0], b[0]) for a, b in zip(one.shapes()[:-1], half.shapes()[:-1], strict=True) if a[0] > 1]

    assert all(a == 2 * b for a, b in channels)
    assert half.classes == one.classes
    assert half.width == 0.5
    assert min(shape[0] for shape in network(name, width=0.001).shapes()) >= 1


def test_binary_networks_are_the_same_on_any_bits() -> None:
    assert network("resnet20", bits=3).dtype.qonnx_name == "INT3"
    assert any(isinstance(row, Conv) for row in network("cnv").rows)
    assert all(isinstance(row, Dense) for row in network("lfc").rows[:-1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "resnet"}, r"network 'resnet' is not one of .*did you mean 'resnet"),
        ({"name": "x"}, r"known are digits, mnist, tfc"),
        ({"name": "lfc", "width": 0.0}, r"lfc: width=0.0 must lie in 0.001 \.\. 1000; try 1.0"),
        ({"name": "lfc", "width": float("nan")}, "width=nan"),
        ({"name": "lfc", "form": "real"}, "form='real' is not one of"),
        ({"name": "digits", "bits": 9}, r"bits=9 must lie in 2 \.\. 8"),
    ],
)
def test_bad_names_are_refused(arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ConfigError, match=message):
        network(**arguments)
