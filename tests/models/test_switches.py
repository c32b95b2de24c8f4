"""What a caller switches in a network: what is binary, gradient and shifts of a method, form, type."""

import pytest
import torch
from torch.nn import functional

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.layers import Bias, BiasedPReLU, Norm, Sign
from rbonn_hw.models.network import build
from rbonn_hw.models.residual_rows import Residual
from rbonn_hw.models.rows import Classifier, Stem, SumPool
from rbonn_hw.models.table import FORMS, Row, Table
from rbonn_hw.models.weights import BinaryConv, IntegerConv, RealConv, Scores
from tests.models.test_blocks import PLAIN, RESIDUAL, frames, layers, made


def test_binarize_switches_weights_and_activations() -> None:
    net = made("hardware", (Stem(channels=4), Residual(), SumPool(), Classifier(classes=3)))
    binary = layers(net)[1].branch[0].binary
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    whole = net(frames(4))

    for what, weight, factor in (
        ("activations", binary.conv.weight, 1.0),
        ("both", torch.where(binary.conv.weight >= 0, 1.0, -1.0), binary.alpha),
    ):
        net.binarize(what)
        for training in (True, False):
            net.train(training)
            torch.testing.assert_close(binary(x), functional.conv2d(x, weight) * factor)
            assert set(layers(net)[1].branch[0].sign(x).unique().tolist()) == {-1.0, 1.0}
    net.binarize("none")
    assert torch.equal(layers(net)[1].branch[0].sign(x), x)
    assert not torch.equal(net.eval()(frames(4)), whole)
    net.binarize("both")
    assert torch.equal(net(frames(4)), whole)


def test_without_signs_plain_layers_still_have_a_bend() -> None:
    net = made("paper", PLAIN)
    net.binarize("none")
    x = torch.linspace(-2, 2, 9)

    assert torch.equal(layers(net)[0][3](x), x.clamp(-1, 1))


def test_shifts_stay_zero_if_a_method_has_none() -> None:
    table = Table(name="t", form="paper", frame=(2, 8, 8), rows=RESIDUAL)
    frozen, free = build(table, 0, shifts=False), build(table, 0)
    biases = [m.bias for m in frozen.modules() if isinstance(m, Bias)]

    frozen.train()(frames(4)).sum().backward()

    assert len(biases) == 12
    assert all(bias.grad is None and not bias.any() for bias in biases)
    assert all(p.requires_grad for p in free.parameters())
    assert frozen.state_dict().keys() == free.state_dict().keys()


@pytest.mark.parametrize(
    ("form", "gradient", "inside", "outside"),
    [("paper", "clip", 1.0, 1.01), ("hardware", "clip", 3.0, 3.01), ("paper", "approx", 0.99, 1.0)],
)
def test_gradient_and_window_follow_method_and_form(
    form: str, gradient: str, inside: float, outside: float
) -> None:
    table = Table(name="t", form=form, frame=(2, 8, 8), rows=RESIDUAL)
    sign = next(m for m in build(table, 0, gradient=gradient).modules() if isinstance(m, Sign))
    x = torch.tensor([-outside, -inside, inside, outside], requires_grad=True)

    sign.train()(x).sum().backward()

    assert x.grad is not None
    assert (x.grad != 0).tolist() == [False, True, True, False]
    assert (gradient != "clip") or x.grad[1] == 1.0


@pytest.mark.parametrize("form", FORMS)
def test_slopes_are_cut_in_the_hardware_form_alone(form: str) -> None:
    net = made(form)
    slope = layers(net)[1].act.prelu.weight
    slope.data.fill_(-0.5)

    net.constrain()

    assert bool((slope == (0.0 if form == "hardware" else -0.5)).all())


def test_only_integer_networks_are_deployed() -> None:
    real = made("hardware")
    real.binarize("activations")

    for net in (made("paper"), real):
        with pytest.raises(ConfigError, match="has no integer arithmetic; deploy the form 'hardware'"):
            net.deployed()
    with pytest.raises(ConfigError, match=r"binarization 'weights' is not one of \['both', 'activations'"):
        real.binarize("weights")


def test_deployed_weights_are_integers() -> None:
    net = made("hardware")
    twin = net.deployed()
    weights = [m.conv.weight for m in twin.modules() if isinstance(m, IntegerConv)]
    weights += [m.weight for m in twin.modules() if isinstance(m, Scores)]

    assert [weight.detach().abs().max().item() for weight in weights] == [127.0, 7.0, 7.0]
    assert all(torch.equal(weight, weight.round()) for weight in weights)
    assert torch.equal(twin(frames(9)), net(frames(9)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [RESIDUAL, PLAIN])
def test_everything_runs_in_bfloat16(form: str, rows: tuple[Row, ...]) -> None:
    net = made(form, rows).train()
    seen: list[torch.dtype] = []
    for module in net.modules():
        if isinstance(module, BinaryConv | IntegerConv | RealConv | Norm | Bias | BiasedPReLU):
            module.register_forward_hook(lambda _module, _inputs, out: seen.append(out.dtype))

    with torch.autocast("cpu", torch.bfloat16):
        scores = net(frames(8))
    scores.square().mean().backward()

    assert set(seen) == {torch.bfloat16}
    assert scores.dtype == torch.float32
    for name, value in net.named_parameters():
        assert value.grad is not None, name
        assert value.grad.dtype == torch.float32
        assert value.grad.isfinite().all()
    assert all(value.dtype != torch.bfloat16 for value in net.state_dict().values())
