"""Conversion between forms: each part against the real arithmetic it replaces, and the whole on digits."""

import dataclasses
import logging

import pytest
import torch
from torch import nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import convert
from rbonn_hw.models.convert import to_form
from rbonn_hw.models.layers import Bias
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.rows import Classifier, Stem, SumPool
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import BinaryConv, IntegerConv, Scores
from rbonn_hw.models.zoo import network
from tests.models.converted import at, digit_rows, digits, every_row, pixels, randomized, trained


@pytest.fixture(scope="module")
def learned() -> Network:
    return trained(digit_rows("paper"), epochs=8)


def top1(net: Network) -> tuple[torch.Tensor, float]:
    """Return the answers to the digits it was not trained on, and how many are right."""
    frames, labels = digits()
    with torch.no_grad():
        answers = net(frames[1400:]).argmax(1)
    return answers, float((answers == labels[1400:]).float().mean())


def test_a_converted_network_agrees_before_it_is_tuned(learned: Network) -> None:
    answers, accuracy = top1(learned)

    converted = to_form(learned, digit_rows("hardware"), digits()[0][:256])

    same, right = top1(converted.network)
    assert accuracy > 0.75
    # Chance is 0.1.
    assert float((answers == same).float().mean()) > 0.6
    assert right > 0.6
    assert not converted.network.training
    assert bool((converted.network.layers[0](digits()[0][:2]) % 1 == 0).all())


def test_other_bits_agree_before_they_are_tuned(learned: Network) -> None:
    wide = to_form(learned, digit_rows("hardware", bits=6), digits()[0][:256]).network

    narrow = to_form(wide, digit_rows("hardware", bits=4), digits()[0][:256])

    assert float((top1(wide)[0] == top1(narrow.network)[0]).float().mean()) > 0.7
    assert all(0.1 < scale < 0.6 for scale in narrow.map_scales)
    with torch.no_grad():
        ours, theirs = narrow.network(digits()[0][:256]), wide(digits()[0][:256])
    fitted = float((ours * theirs).sum() / ours.square().sum())
    assert 0.7 < narrow.score_scale / fitted < 1.4


def test_scores_times_the_factor_are_the_former_scores(
    learned: Network, caplog: pytest.LogCaptureFixture
) -> None:
    frames = digits()[0][:256]

    with caplog.at_level(logging.INFO):
        converted = to_form(learned, digit_rows("hardware", bits=6), frames)

    with torch.no_grad():
        ours, theirs = converted.network(frames), learned(frames)
    fitted = float((ours * theirs).sum() / ours.square().sum())
    assert 0.7 < converted.score_scale / fitted < 1.4
    assert f"scores times {converted.score_scale:.4g}" in caplog.text


@pytest.mark.parametrize("bits", [4, 6])
def test_wide_weights_give_what_real_ones_gave(bits: int) -> None:
    """Stem, shortcut and classifier of 8 bits, on maps that are not rounded."""
    net = randomized(every_row("paper"))
    frames = pixels(net.table, 4)

    converted = to_form(net, every_row("hardware", bits))

    scale = 2.0 * 2 ** (bits - 4)
    assert converted.map_scales == (scale,) * 3
    ours, theirs = converted.network, net
    x = torch.randn(4, 6, 16, 16, generator=torch.Generator().manual_seed(0))
    last = torch.randn(4, 12, 4, 4, generator=torch.Generator().manual_seed(1)) + 1
    with torch.no_grad():
        stem, real_stem = (at(each, "0.2")(at(each, "0.1")(frames)) for each in (ours, theirs))
        shortcut = at(ours, "3.shortcut")[:3](scale * x)
        real_shortcut = at(theirs, "3.shortcut")[:3](x)
        pooled = (scale * last).sum((2, 3)) * at(ours, "9").factor
        scores = at(ours, "10")(pooled) * converted.score_scale
        real_scores = at(theirs, "10")(last.mean((2, 3))) - at(theirs, "10").bias
    for value, real in ((stem / scale, real_stem), (shortcut / scale, real_shortcut), (scores, real_scores)):
        assert float((value - real).abs().max()) < 0.03 * float(real.abs().max())


def test_a_summing_pool_and_signs_for_a_classifier_have_their_factor() -> None:
    rows = (Stem(channels=8), SumPool(), Classifier(classes=4))
    net = randomized(Table(name="sum", form="paper", frame=(1, 4, 4), rows=rows))
    weight = at(net, "2").weight
    weight.data = torch.where(torch.rand(weight.shape) < 0.5, -0.3, 0.3)

    converted = to_form(net, Table(name="sum", frame=(1, 4, 4), rows=rows))

    maps = torch.randn(5, 8, 4, 4)
    with torch.no_grad():
        scores = converted.network.layers[1:](2.0 * maps) * converted.score_scale
        real = net.layers[1:](maps) - at(net, "2").bias
    assert torch.allclose(scores, real, rtol=1e-4, atol=1e-4)


def test_an_outlier_of_the_classifier_is_cut_and_the_factor_knows() -> None:
    rows = (Stem(channels=64), SumPool(), Classifier(classes=4, weight_bits=4))
    net = randomized(Table(name="sum", form="paper", frame=(1, 4, 4), rows=rows))
    weight = at(net, "2").weight
    weight.data = torch.linspace(-0.3, 0.3, weight.numel()).view_as(weight)
    weight.data[3, 5] = 0.6

    converted = to_form(net, Table(name="sum", frame=(1, 4, 4), rows=rows))

    maps = torch.randn(64, 64, 4, 4, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        scores = converted.network.layers[1:](2.0 * maps) * converted.score_scale
        real = net.layers[1:](maps) - at(net, "2").bias
    assert at(converted.network, "2").weight.abs().max() < 0.5
    assert float((scores * real).sum() / scores.square().sum()) == pytest.approx(1.0, abs=0.05)


def test_a_binary_first_layer_has_signs_and_mean_magnitudes() -> None:
    net = randomized(network("digits", form="paper", width=0.25))
    real, former = at(net, "0.1").conv.weight.detach(), at(net, "0.2")

    converted = to_form(net, network("digits", width=0.25)).network
    layer, norm = at(converted, "0.1"), at(converted, "0.2")

    assert isinstance(layer, BinaryConv)
    weight, alpha = layer.pair()
    assert torch.equal(weight.sign(), real.sign())
    assert weight.detach().abs().max().item() == pytest.approx(1.0)
    assert torch.allclose(alpha.flatten(), weight.abs().mean(dim=(1, 2, 3)))
    assert torch.allclose(weight * real.abs().max(), real)
    assert torch.allclose(norm.running_mean * real.abs().max(), former.running_mean)
    assert torch.allclose(norm.running_var * real.abs().max() ** 2, former.running_var)


def test_weights_of_few_bits_are_cut_where_it_pays() -> None:
    """One outlier: the largest weight as the end of the range would leave two levels to the others."""
    rows = (Stem(channels=2, weight_bits=3), SumPool(), Classifier(classes=4))
    net = randomized(Table(name="cut", form="paper", frame=(1, 4, 4), rows=rows))
    real = at(net, "0.1").conv.weight.detach()
    real.data[0] = torch.linspace(-1, 1, 9).view(1, 3, 3)
    real.data[0, 0, 0, 0] = -2.0

    layer = at(to_form(net, Table(name="cut", frame=(1, 4, 4), rows=rows)).network, "0.1")

    assert isinstance(layer, IntegerConv)

    def error(cut: float) -> float:
        step = cut / 3
        return float((((real[0] / step).round().clamp(-3, 3) * step) - real[0]).square().sum())

    cut = layer.conv.weight[0].detach().abs().max().item()
    assert cut < 2.0
    assert error(cut) == pytest.approx(min(error(2.0 * share / 40) for share in range(20, 41)), rel=1e-5)


@pytest.mark.parametrize("name", ["digits", "cnv", "tfc", "resnet20", "every"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_nothing_is_left_at_its_initial_value(
    name: str, calibrated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blank(table: Table, seed: int, **options: object) -> Network:
        net = build(table, seed, **options)  # type: ignore[arg-type]
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.fill_(torch.nan)
        return net

    paper, hardware = (
        every_row(form) if name == "every" else network(name, form=form, width=0.25)
        for form in ("paper", "hardware")
    )
    net = randomized(paper)
    monkeypatch.setattr(convert, "build", blank)

    converted = to_form(net, hardware, pixels(paper, 16) if calibrated else None).network

    assert [key for key, value in converted.state_dict().items() if not bool(value.isfinite().all())] == []
    assert all(bool((alpha > 0).all()) for _, alpha in converted.binary_pairs())
    shared = [key for key in net.state_dict() if "branch.0" in key and key.endswith("conv.weight")]
    assert all(torch.equal(net.state_dict()[key], converted.state_dict()[key]) for key in shared)


@pytest.mark.parametrize("form", ["paper", "hardware"])
def test_the_same_form_is_a_copy(form: str) -> None:
    net = randomized(every_row(form))
    frames = pixels(net.table, 8)
    before = {name: value.clone() for name, value in net.state_dict().items()}

    converted = to_form(net, every_row(form), frames)

    assert converted.map_scales == (1.0, 1.0, 1.0)
    assert converted.score_scale == 1.0
    with torch.no_grad():
        assert torch.equal(converted.network(frames), net(frames))
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_negative_slopes_are_cut_in_the_hardware_form() -> None:
    net = randomized(every_row("paper"))
    slopes = [module for module in net.modules() if isinstance(module, nn.PReLU)]
    for slope in slopes:
        slope.weight.data.fill_(-0.2)

    converted = to_form(net, every_row("hardware")).network

    made = [module for module in converted.modules() if isinstance(module, nn.PReLU)]
    assert len(made) == len(slopes) > 0
    assert all(bool((module.weight == 0).all()) for module in made)


def test_statistics_are_those_of_the_frames() -> None:
    table = every_row("hardware")
    frames = pixels(table, 128)

    converted = to_form(randomized(every_row("paper")), table, frames).network

    norm = at(converted, "0.2")
    with torch.no_grad():
        sums = at(converted, "0.1")(frames)
    assert torch.allclose(norm.running_mean, sums.mean((0, 2, 3)), rtol=1e-3, atol=1e-2)
    assert torch.allclose(norm.running_var, sums.var((0, 2, 3)), rtol=0.01)
    assert norm.momentum == 0.1


def test_what_is_trained_follows_the_method() -> None:
    net = randomized(every_row("paper"))

    made = to_form(net, every_row("hardware"), gradient="clip", shifts=False).network

    biases = [module.bias for module in made.modules() if isinstance(module, Bias)]
    assert biases
    assert not any(bias.requires_grad for bias in biases)
    assert isinstance(made.layers[-1], Scores)


def test_bad_input_is_named() -> None:
    net = randomized(every_row("paper"))
    other = network("digits", width=2.0)
    cases = [
        (net, other, None, r"network 'every' of width 1 cannot become 'digits' of width 2"),
        (net, dataclasses.replace(other, name="every"), None, "cannot become"),
        (net, every_row("hardware"), pixels(net.table, 1), r"\(1, 2, 32, 32\) must be 2 or more of"),
        (net, every_row("hardware"), torch.zeros(4, 1, 8, 8), r"must be 2 or more of \(2, 32, 32\)"),
        (randomized(every_row("hardware")), every_row("paper"), None, "'hardware' cannot become 'paper'"),
    ]
    for given, table, frames, message in cases:
        with pytest.raises(ConfigError, match=message):
            to_form(given, table, frames)

    net.binarize("none")
    with pytest.raises(ConfigError, match=r"call binarize\('both'\) first"):
        to_form(net, every_row("hardware"))
