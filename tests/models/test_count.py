"""Counts: against published figures, against PyTorch's own counter, and against the values that flow.

Published figures of ImageNet networks, and how far ours may be off:

- Bi-Real Net, ResNet-18: 1.63e8 OPs, 33.6 Mbit; ResNet-34: 1.93e8 OPs, 43.7 Mbit (Liu et al., ECCV 2018);
  BOPs 1.68e9 and 3.53e9, FLOPs 1.39e8 (Liu et al., ReActNet, ECCV 2020, and later comparisons).
- ReActNet-A: BOPs 4.82e9, FLOPs 0.12e8, OPs 0.87e8 (ReActNet); 29.3 M parameters.
- ResNet-18 with real weights: 1.81e9 multiplications, 11,689,512 parameters (torchvision).

FLOPs of ours are up to 1.2 % lower, since they leave BatchNorm, bias and PReLU out; BOPs agree to 0.3 %, OPs
to 0.8 %. Memory of ours is that of weights alone, 1 to 1.2 % lower; with BatchNorm's gamma and beta and the
classifier's bias, as real values, it is within 0.5 %.
"""

import dataclasses
import functools
import math

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from rbonn_hw.models.count import count
from rbonn_hw.models.counted import LayerCount, NetworkCount, Operation, kept
from rbonn_hw.models.layers import Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.residual_rows import Downsample, Residual
from rbonn_hw.models.rows import Classifier, MeanPool, Stem
from rbonn_hw.models.table import FORMS, Table
from rbonn_hw.models.weights import BinaryConv, BinaryLinear
from rbonn_hw.models.zoo import NETWORKS, network

CASES = [(name, form) for name in NETWORKS for form in FORMS if name != "resnet34"]
"""ResNet-34 has the rows of ResNet-18, more often."""

counted_once = functools.cache(count)


def stored_per_channel(table: Table) -> int:
    """Return the number of gammas and betas, and of the classifier's biases."""
    with torch.device("meta"):
        net = Network(table)
    return sum(2 * m.num_features for m in net.modules() if isinstance(m, Norm)) + table.classes


@pytest.mark.parametrize(
    ("name", "binary", "real", "ops"),
    [
        ("resnet18", 1.68e9, 1.39e8, 1.63e8),
        ("resnet34", 3.53e9, 1.39e8, 1.93e8),
        ("reactnet-a", 4.82e9, 0.12e8, 0.87e8),
    ],
)
def test_operations_are_the_published_ones(name: str, binary: float, real: float, ops: float) -> None:
    counted = counted_once(network(name, form="paper"))

    assert counted.operations(Operation.BINARY) == pytest.approx(binary, rel=0.003)
    assert counted.operations(Operation.REAL) == pytest.approx(real, rel=0.012)
    assert counted.ops == pytest.approx(ops, rel=0.008)
    assert counted.operations(Operation.LOW_BIT) == 0


@pytest.mark.parametrize(("name", "megabits"), [("resnet18", 33.6), ("resnet34", 43.7)])
def test_memory_is_the_published_one(name: str, megabits: float) -> None:
    table = network(name, form="paper")

    counted = counted_once(table)

    assert counted.memory_bits / 1e6 == pytest.approx(megabits, rel=0.015)
    assert (counted.memory_bits + 32 * stored_per_channel(table)) / 1e6 == pytest.approx(megabits, rel=0.005)


def test_parameters_are_the_published_ones() -> None:
    counted = counted_once(network("reactnet-a", form="paper"))

    assert counted.parameters == pytest.approx(29.3e6, rel=0.002)


def test_real_resnet18_has_torchvisions_figures() -> None:
    counted = counted_once(network("resnet18", form="paper"))
    weights = sum(layer.weights for layer in counted.layers)

    assert sum(layer.operations for layer in counted.layers) == pytest.approx(1.81e9, rel=0.003)
    # torchvision's has 9,600 gammas and betas and 1,000 biases besides.
    assert weights + 9_600 + 1_000 == 11_689_512


@pytest.mark.parametrize(("name", "form"), CASES)
def test_operations_agree_with_pytorchs_counter(name: str, form: str) -> None:
    table = network(name, form=form)
    with torch.device("meta"):
        net, frames = Network(table).train(), torch.empty(2, *table.frame)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(frames)

    counted = counted_once(table)

    # It counts multiplications and additions, of both frames.
    assert 4 * sum(layer.operations for layer in counted.layers) == counter.get_total_flops()
    assert counted.parameters == sum(parameter.numel() for parameter in net.parameters())


@pytest.mark.parametrize(("name", "form"), CASES)
def test_layers_follow_from_the_rows(name: str, form: str) -> None:
    table = network(name, form=form)
    ins = (table.frame, *table.shapes()[:-1])

    counted = counted_once(table)

    for layer in counted.layers:
        shape, out = ins[layer.row], table.shapes()[layer.row]
        row = table.rows[layer.row]
        assert math.prod(layer.out_shape) == math.prod(out)
        assert math.prod(layer.kernel[:2]) in (shape[0] * out[0], math.prod(shape) * out[0])
        assert layer.weights == math.prod(layer.kernel)
        edge = 1 if layer.name.endswith("shortcut") else getattr(row, "kernel", 1)
        assert layer.kernel[2:] in ((edge, edge), ())
        assert layer.operations == layer.weights * math.prod(out[1:])
    rows = [layer.row for layer in counted.layers]
    assert rows == sorted(rows)
    assert set(range(len(table.rows))) - set(rows) == {
        number for number, row in enumerate(table.rows) if type(row).__name__.endswith("Pool")
    }


@pytest.mark.parametrize(("name", "form"), CASES)
def test_binary_operations_are_those_on_two_values(name: str, form: str) -> None:
    """A narrow network is run on noise: what flows into a layer says whether its operations are binary."""
    table = network(name, form=form, width=0.05)
    if table.frame[1] > 100:
        table = dataclasses.replace(table, frame=(3, 64, 64))
    net = build(table, seed=0).train()
    binary = 0

    def watch(module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal binary
        if bool((inputs[0].abs() == 1).all()) and _has_binary_weights(module):
            binary += math.prod(out.shape[1:]) * _fan_in(module)

    for module in net.modules():
        if isinstance(module, BinaryConv | BinaryLinear | nn.Linear):
            module.register_forward_hook(watch)
    with torch.no_grad():
        net(torch.randint(0, 256, (2, *table.frame), generator=torch.Generator().manual_seed(1)).float())

    assert count(table).operations(Operation.BINARY) == binary


def _has_binary_weights(module: nn.Module) -> bool:
    if isinstance(module, BinaryConv | BinaryLinear):
        return True
    return getattr(module, "weight_bits", 32) == 1


def _fan_in(module: nn.Module) -> int:
    weight = module.pair()[0] if isinstance(module, BinaryConv | BinaryLinear) else module.weight
    assert isinstance(weight, Tensor)
    return math.prod(weight.shape[1:])


def test_a_network_counted_by_hand() -> None:
    rows = (Stem(channels=4, weight_bits=8), Residual(), Downsample(channels=6, weight_bits=3), MeanPool())
    table = Table(name="small", frame=(3, 8, 8), rows=(*rows, Classifier(classes=5, weight_bits=2)))

    counted = count(table)

    assert [(layer.name, layer.weight_bits, layer.weights, layer.operations) for layer in counted.layers] == [
        ("Stem", 8, 108, 108 * 64),
        ("Residual", 1, 144, 144 * 64),
        ("Downsample", 1, 216, 216 * 16),
        ("Downsample, shortcut", 3, 24, 24 * 16),
        ("Classifier", 2, 30, 30),
    ]
    assert counted.binary_weights == 360
    assert counted.memory_bits == 108 * 8 + 360 + 24 * 3 + 30 * 2
    assert counted.operations(Operation.BINARY) == 144 * 64 + 216 * 16
    assert counted.operations(Operation.LOW_BIT) == 108 * 64 + 24 * 16 + 30
    assert counted.operations(Operation.REAL) == 0
    assert counted.ops == (144 * 64 + 216 * 16) / 64 + 108 * 64 + 24 * 16 + 30


def test_ops_weigh_a_binary_operation_a_sixtyfourth() -> None:
    shared = {"row": 0, "name": "a", "in_shape": (1,), "out_shape": (1,), "kernel": (1, 1), "weight_bits": 1}
    layers = tuple(
        LayerCount(operation=kind, operations=operations, **shared)  # type: ignore[arg-type]
        for kind, operations in ((Operation.BINARY, 640), (Operation.LOW_BIT, 3), (Operation.REAL, 4))
    )

    assert NetworkCount(layers=layers, parameters=0).ops == 17


def test_nothing_is_drawn_from_the_global_generator() -> None:
    state = torch.get_rng_state()

    count(network("digits"))

    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(("name", "form"), CASES)
def test_what_is_kept_is_what_is_counted(name: str, form: str) -> None:
    assert kept(network(name, form=form)) == counted_once(network(name, form=form))


def test_another_width_is_not_kept() -> None:
    assert kept(network("digits", width=0.5)) is None
    assert kept(network("digits", bits=3)) is None
