"""Networks in files: the same bits come back, packed ones too, and damage is named."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import evaluation, storage, tensor_file
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.zoo import DIGITS, network


def pixels(net: Network, count: int = 9) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, *net.table.frame), dtype=np.uint8)


def stirred(net: Network) -> Network:
    """Return the network with statistics of its BatchNorms, odd gammas and some latent weights of 0."""
    generator = torch.Generator().manual_seed(4)
    for name, parameter in net.named_parameters():
        if name.endswith(("conv.weight", "linear.weight")):
            parameter.data[torch.rand(parameter.shape, generator=generator) < 0.1] = 0.0
        elif parameter.dim() == 1:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)
    net.train()
    with torch.no_grad():
        net(torch.from_numpy(pixels(net, 16)).float())
    return net.eval()


def description(net: Network) -> storage.Description:
    table = net.table
    return storage.Description(network=table.name, form=table.form, width=table.width, bits=table.bits)


@pytest.mark.parametrize("form", ["hardware", "paper"])
def test_network_comes_back_bit_for_bit(form: str, tmp_path: Path) -> None:
    net = stirred(build(network("resnet20", form=form, width=0.5, bits=3), seed=5))

    storage.save_network(tmp_path, net, method="ste", dataset="cifar10", score_scale=0.5)
    again = storage.load_network(tmp_path)

    np.testing.assert_array_equal(evaluation.scores(net, pixels(net)), evaluation.scores(again, pixels(net)))
    assert again.table == net.table
    assert not again.training
    assert [path.name for path in tmp_path.iterdir()] == [storage.MODEL_FILE]
    assert storage.describe(tmp_path) == storage.Description(
        network="resnet20", form=form, width=0.5, bits=3, method="ste", dataset="cifar10", score_scale=0.5
    )


def test_real_network_comes_back_real(tmp_path: Path) -> None:
    net = build(DIGITS, seed=5)
    net.binarize("none")
    storage.save_network(tmp_path / "net.safetensors", net.eval(), method="real")

    again = storage.load_network(tmp_path / "net.safetensors")

    np.testing.assert_array_equal(evaluation.scores(net, pixels(net)), evaluation.scores(again, pixels(net)))


@pytest.mark.parametrize("name", ["digits", "tfc", "cnv", "resnet20"])
def test_packed_network_answers_bit_for_bit(name: str, tmp_path: Path) -> None:
    net = stirred(build(network(name, width=0.25 if name == "cnv" else 1.0), seed=5))
    path = tmp_path / "packed.safetensors"

    storage.save_packed(path, net, description(net))
    again = storage.load_network(path)

    answers = evaluation.scores(net, pixels(net))
    np.testing.assert_array_equal(evaluation.scores(again, pixels(net)), answers)
    np.testing.assert_array_equal(evaluation.scores(again.deployed(), pixels(net)), answers)
    assert len(np.unique(answers)) > 12
    assert storage.describe(path).packed


def test_lfc_packs_into_400_kilobytes(tmp_path: Path) -> None:
    net = build(network("lfc"), seed=0).eval()

    storage.save_packed(tmp_path / "lfc.safetensors", net, description(net))

    bits = 784 * 1024 + 2 * 1024**2 + 1024 * 10
    assert bits / 8 < (tmp_path / "lfc.safetensors").stat().st_size < 400 * 1024


def test_bits_are_in_the_agreed_order(tmp_path: Path) -> None:
    net = build(DIGITS, seed=0).eval()
    weight, _ = net.binary_pairs()[0]
    name = next(name for name, parameter in net.named_parameters() if parameter is weight)
    weight.data[:] = -1.0
    weight.data.view(-1)[[0, 9, 10]] = torch.tensor([0.5, 0.0, 2.0])

    storage.save_packed(tmp_path / "p.safetensors", net, description(net))

    packed = tensor_file.load_tensors(tmp_path / "p.safetensors")[0][name]
    assert packed.dtype == torch.uint8
    assert packed[:3].tolist() == [0b1000_0000, 0b0110_0000, 0]
    assert len(packed) == weight.numel() // 8


def test_what_cannot_be_packed_is_refused(tmp_path: Path) -> None:
    net = build(DIGITS, seed=0).eval()
    real = dataclasses.replace(description(net), method="real")
    paper = build(network("digits", form="paper"), seed=0).eval()

    with pytest.raises(ConfigError, match="no binary weights to pack"):
        storage.save_packed(tmp_path / "p.safetensors", net, real)
    with pytest.raises(ConfigError, match="deploy the form 'hardware'"):
        storage.save_packed(tmp_path / "p.safetensors", paper, description(paper))
    assert not list(tmp_path.iterdir())


def test_packed_file_with_other_bits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    net = build(DIGITS, seed=0).eval()
    storage.save_packed(path, net, description(net))
    tensors, metadata = tensor_file.load_tensors(path)
    name = next(name for name, value in tensors.items() if value.dtype == torch.uint8)

    tensor_file.save_tensors(path, {**tensors, name: tensors[name][:-1]}, metadata)

    with pytest.raises(ConfigError, match=rf"is not a 'digits' network \({name} is not \d+ bits\)"):
        storage.load_network(path)


def test_absent_network_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"model\.safetensors does not exist; run `rbonn train"):
        storage.load_network(tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / storage.MODEL_FILE).write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="cannot be read"):
        storage.load_network(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", "1"), ("width", float("nan")), ("bits", 4.5), ("network", 7), ("packed", 1),
        ("frame", None), ("width", 10**40), ("bits", 10**9), ("network", "../x.py:Net"), ("color", "red"),
    ],
)  # fmt: skip
def test_a_description_of_wrong_types_or_numbers_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    storage.save_network(tmp_path, build(DIGITS, seed=0))
    path = tmp_path / storage.MODEL_FILE
    tensors, metadata = tensor_file.load_tensors(path)
    changed = {**json.loads(metadata[storage.DESCRIPTION]), name: value}
    tensor_file.save_tensors(path, tensors, {storage.DESCRIPTION: json.dumps(changed)})
    with pytest.raises(ConfigError, match=rf"{storage.MODEL_FILE}|'x\.py:Net': .*does not exist; name"):
        storage.load_network(tmp_path)


def test_weights_of_another_network_and_foreign_files_are_refused(tmp_path: Path) -> None:
    storage.save_network(tmp_path, build(DIGITS, seed=0))
    _, metadata = tensor_file.load_tensors(tmp_path / storage.MODEL_FILE)
    tensor_file.save_tensors(tmp_path / storage.MODEL_FILE, {"w": torch.ones(1)}, metadata)
    with pytest.raises(ConfigError, match="is not a 'digits' network"):
        storage.load_network(tmp_path)

    tensor_file.save_tensors(tmp_path / storage.MODEL_FILE, {"w": torch.ones(1)}, {"network": "digits"})
    with pytest.raises(ConfigError, match="holds no network of this version; run `rbonn train` again"):
        storage.load_network(tmp_path)


def test_top1_takes_the_first_of_equal_scores() -> None:
    answers = np.array([[1, 1, 0], [0, 2, 2]], np.float32)

    assert evaluation.top1(answers, np.array([0, 1])) == 1.0
    assert evaluation.top1(answers, np.array([1, 1])) == 0.5


def test_accuracy_over_batches_takes_the_first_of_equal_scores_too() -> None:
    batches = [
        (torch.tensor([[1.0, 1, 0], [0, 2, 2]]), torch.tensor([0, 1])),
        (torch.tensor([[-3.0, -4, -2]]), torch.tensor([1])),
    ]

    assert evaluation.accuracy(torch.nn.Identity(), batches) == pytest.approx(2 / 3)
    assert evaluation.accuracy(torch.nn.Identity(), []) == 0.0


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
@pytest.mark.parametrize("packed", [False, True])
def test_a_number_that_is_none_is_refused_by_name(value: float, packed: bool, tmp_path: Path) -> None:
    net = build(DIGITS, seed=0)
    storage.save_network(tmp_path, net)
    path = tmp_path / storage.MODEL_FILE
    if packed:
        path = tmp_path / "packed.safetensors"
        storage.save_packed(path, net, storage.describe(tmp_path))
    tensors, metadata = tensor_file.load_tensors(path)
    name = sorted(name for name, tensor in tensors.items() if tensor.is_floating_point())[-1]
    tensors[name].view(-1)[-1] = value
    tensor_file.save_tensors(path, tensors, metadata)
    with pytest.raises(
        ConfigError, match=rf"safetensors: {re.escape(name)} holds NaN or infinity.*train again"
    ):
        storage.load_network(path)
