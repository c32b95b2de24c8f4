"""Networks: integer maps, integer scores, two values only, and a deployed twin with the same bits."""

import brevitas.nn as qnn
import pytest
import torch
from torch import Tensor, nn

from rbonn_hw.models.blocks import WindowSum
from rbonn_hw.models.layers import BiasedPReLU, Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.residual_rows import Residual, Widen
from rbonn_hw.models.rows import Classifier, MaxPool, Stem, SumPool
from rbonn_hw.models.style import Style
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import SignedConv

TABLE = Table(
    name="small",
    frame=(2, 16, 16),
    bits=4,
    rows=(
        Stem(channels=5, stride=2),
        Residual(),
        Widen(channels=6),
        MaxPool(),
        SumPool(),
        Classifier(classes=3),
    ),
)


@pytest.fixture
def net() -> Network:
    """A network whose normalization has gammas of either sign and odd biases."""
    made = build(TABLE, seed=3)
    generator = torch.Generator().manual_seed(4)
    for module in made.modules():
        if isinstance(module, Norm):
            made.train()
            module.weight.data = torch.randn(len(module.weight), generator=generator) * 2
            module.bias.data = torch.randn(len(module.bias), generator=generator)
        if isinstance(module, BiasedPReLU):
            module.before.bias.data = torch.randn(module.before.bias.shape, generator=generator)
    for _ in range(3):
        made(pixels(16))
    return made.eval()


def pixels(count: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, *TABLE.frame), generator=torch.Generator().manual_seed(seed)).float()


def test_scores_and_inner_maps_are_integers(net: Network) -> None:
    maps: list[Tensor] = []
    for module in net.modules():
        if isinstance(module, qnn.QuantIdentity):
            module.register_forward_hook(lambda _module, _inputs, output: maps.append(output))

    with torch.no_grad():
        scores = net(pixels(8))

    assert scores.shape == (8, 3)
    assert all(torch.equal(value, value.round()) for value in (*maps, scores))
    assert len(torch.unique(scores)) > 3


def test_binary_convolutions_see_only_two_values_at_the_border_too(net: Network) -> None:
    seen: list[Tensor] = []
    for module in net.modules():
        if isinstance(module, SignedConv):
            module.binary.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))

    with torch.no_grad():
        net(pixels(4))

    assert len(seen) == 2
    for value in seen:
        assert torch.unique(value).tolist() == [-1.0, 1.0]
        assert bool((value[:, :, 0] == -1).all())


def test_windows_are_summed_and_flattened_channel_by_channel() -> None:
    x = torch.arange(-32.0, 32.0).view(1, 2, 4, 8)

    out = WindowSum(SumPool(size=2), Style.of(TABLE, "approx"))(x)

    expected = [
        [x[0, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].sum() for i in range(2) for j in range(4)]
        for c in range(2)
    ]
    assert torch.equal(out, torch.tensor(expected).view(1, 16))


def test_deployed_twin_answers_with_the_same_bits(net: Network) -> None:
    twin = net.deployed()

    with torch.no_grad():
        assert torch.equal(net(pixels(32)), twin(pixels(32)))
    assert not any(isinstance(module, Norm) for module in twin.modules())
    assert any(isinstance(module, Norm) for module in net.modules())


def test_evaluation_agrees_with_pytorchs_batchnorm() -> None:
    ours, theirs = Norm(4, gain=2.0), nn.BatchNorm2d(4)
    ours(torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(0)) * 5 + 1)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(1)) * 5

    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_constrain_cuts_negative_slopes(net: Network) -> None:
    slopes = [module.prelu.weight for module in net.modules() if isinstance(module, BiasedPReLU)]
    for slope in slopes:
        slope.data.fill_(-0.1)

    net.constrain()

    assert len(slopes) == 2
    assert all(bool((slope == 0).all()) for slope in slopes)


def test_every_parameter_learns(net: Network) -> None:
    net.train()

    net(pixels(16)).square().mean().backward()

    assert [
        name for name, value in net.named_parameters() if value.grad is None or not value.grad.any()
    ] == []


def test_pairs_are_all_binary_convolutions(net: Network) -> None:
    assert [tuple(weight.shape) for weight, _ in net.binary_pairs()] == [
        (5, 2, 3, 3),
        (5, 5, 3, 3),
        (6, 5, 3, 3),
    ]
    assert all(bool((alpha > 0).all()) for _, alpha in net.binary_pairs())


def test_seed_decides_the_weights_and_leaves_the_global_generator_alone() -> None:
    state = torch.get_rng_state()
    first, second, third = build(TABLE, 1), build(TABLE, 1), build(TABLE, 2)

    assert torch.equal(first.binary_pairs()[0][0], second.binary_pairs()[0][0])
    assert not torch.equal(first.binary_pairs()[0][0], third.binary_pairs()[0][0])
    assert torch.equal(state, torch.get_rng_state())
