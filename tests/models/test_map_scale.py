"""Factors on maps: nothing but the maps changes, and the chosen factors are the best."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rbonn_hw.models.layers import Bias, Norm, Sign
from rbonn_hw.models.map_scale import best_scales, scale_statistics, scaled_maps, stretches
from rbonn_hw.models.network import Network
from rbonn_hw.models.residual_rows import Downsample
from rbonn_hw.models.rows import Classifier, MeanPool, Stem
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import BinaryConv
from rbonn_hw.models.zoo import network
from tests.models.converted import at, every_row, pixels, randomized

STRETCH = {0: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 1, 7: 2, 8: 2}
"""Of the rows of every_row() that give a map."""


def outputs(net: Network, kind: type[nn.Module], frames: Tensor) -> list[Tensor]:
    """Return what the modules of a type give, and last the scores."""
    seen: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, out: seen.append(out))
        for module in net.modules()
        if isinstance(module, kind)
    ]
    with torch.no_grad():
        seen.append(net(frames))
    for hook in hooks:
        hook.remove()
    return seen


def row_outputs(net: Network, frames: Tensor) -> list[Tensor]:
    seen, x = [], frames
    with torch.no_grad():
        for layer in net.layers:
            x = layer(x)
            seen.append(x)
    return seen


def test_a_stretch_ends_where_both_branches_have_a_norm() -> None:
    assert stretches(every_row("paper")) == (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)
    assert stretches(network("cnv"))[-1] == 0


def test_powers_of_two_change_the_maps_alone_and_no_bit_else() -> None:
    net = randomized(every_row("paper"))
    frames, scales = pixels(net.table, 6), (4.0, 0.5, 8.0)

    twin = scaled_maps(net, scales)

    before, after = outputs(net, Sign, frames), outputs(twin, Sign, frames)
    assert len(before) == 8
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    for row, (was, is_now) in enumerate(
        zip(row_outputs(net, frames), row_outputs(twin, frames), strict=True)
    ):
        if row in STRETCH:
            assert torch.equal(was * scales[STRETCH[row]], is_now)


def test_other_factors_change_nothing_but_rounding() -> None:
    net = randomized(every_row("paper"))
    frames, scales = pixels(net.table, 6), (3.7, 0.3, 11.0)

    twin = scaled_maps(net, scales)

    before, after = outputs(net, Sign, frames), outputs(twin, Sign, frames)
    same = [float((a == b).float().mean()) for a, b in zip(before[:-1], after[:-1], strict=True)]
    assert min(same) > 0.999
    assert torch.equal(before[-1].argmax(1), after[-1].argmax(1))
    assert torch.allclose(before[-1], after[-1], rtol=0.02, atol=0.05)


def test_a_hardware_networks_shortcut_gives_the_scaled_map_too() -> None:
    """Integer weights cannot be divided: BatchNorm's statistics follow instead."""
    net = randomized(every_row("hardware", bits=6))

    twin = scaled_maps(net, (4.0, 0.5, 1.0))

    x = torch.randn(4, 6, 16, 16, generator=torch.Generator().manual_seed(0)) * 3
    before, after = (at(module, "3.shortcut")[:3] for module in (net, twin))
    with torch.no_grad():
        assert torch.allclose(before(x) * 0.5, after(4.0 * x), rtol=1e-4, atol=1e-4)


def test_a_binary_shortcut_gives_the_scaled_map_too() -> None:
    """Its alpha is divided."""
    rows = (Stem(channels=6), Downsample(channels=8, weight_bits=1), MeanPool(), Classifier(classes=3))
    net = randomized(Table(name="binary", frame=(2, 8, 8), bits=6, rows=rows))

    twin = scaled_maps(net, (4.0, 0.5))

    x = torch.randn(4, 6, 8, 8, generator=torch.Generator().manual_seed(0)) * 3
    before, after = (at(module, "1.shortcut")[:3] for module in (net, twin))
    assert isinstance(before[1], BinaryConv)
    with torch.no_grad():
        assert torch.allclose(before(x) * 0.5, after(4.0 * x), rtol=1e-4, atol=1e-4)


def test_a_channel_that_hardly_varies_keeps_its_output() -> None:
    """Where the variance is of the size of eps, eps counts."""
    norm = Norm(2, 1.0).eval()
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(torch.tensor([0.3, -0.2]))
    norm.running_var.copy_(torch.tensor([1e-6, 3e-5]))
    x = torch.tensor([[0.301, -0.21], [0.3, -0.2]]).view(2, 2, 1, 1)
    with torch.no_grad():
        before = norm(x)

        scale_statistics(norm, torch.tensor(4.0))

        assert torch.allclose(norm(4.0 * x), before, rtol=1e-4, atol=1e-6)


def test_the_original_is_left_as_it_is() -> None:
    net = randomized(every_row("paper"))
    before = {name: value.clone() for name, value in net.state_dict().items()}

    scaled_maps(net, (2.0, 2.0, 2.0))

    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_signs_alone_are_not_scaled() -> None:
    net = randomized(network("cnv", form="paper", width=0.05))
    state = scaled_maps(net, (2.0,)).state_dict()

    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


def test_the_chosen_factor_rounds_best() -> None:
    """Against NumPy's rounding of what flows through all map positions of the first stretch."""
    net = randomized(every_row("paper"))
    frames = pixels(net.table, 4)

    scales = best_scales(net, every_row("hardware"), frames)

    seen = []
    for path in ("0.3", "1.branch.2", "1.grid"):
        at(net, path).register_forward_hook(lambda _m, _i, out: seen.append(out.numpy()))
    with torch.no_grad():
        net(frames)

    def error(scale: float) -> float:
        return sum(
            float(((np.clip(np.rint(x * scale), -8, 7) / scale - x) ** 2).sum() / (x**2).sum()) for x in seen
        )

    assert len(scales) == 3
    assert len(set(scales)) == 3
    assert all(
        error(scales[0]) <= 1.01 * error(scales[0] * 2**step) for step in (-1, -0.5, -0.25, 0.25, 0.5, 1)
    )


def test_without_frames_the_factor_is_that_of_untrained_networks() -> None:
    net = randomized(every_row("paper"))

    assert best_scales(net, every_row("hardware", bits=6), None) == (8.0, 8.0, 8.0)
    hardware = randomized(every_row("hardware", bits=6))
    assert best_scales(hardware, every_row("hardware", bits=4), None) == (0.25, 0.25, 0.25)


def test_maps_that_are_zero_have_the_factor_of_untrained_networks() -> None:
    net = randomized(every_row("paper"))
    for module in net.modules():
        if isinstance(module, Norm | Bias):
            for parameter in module.parameters():
                nn.init.zeros_(parameter)

    scales = best_scales(net, every_row("hardware"), pixels(net.table, 2))

    assert scales == best_scales(net, every_row("hardware"), None)


@pytest.mark.parametrize("bits", [3, 6])
def test_wider_integers_have_larger_factors(bits: int) -> None:
    net = randomized(every_row("paper"))
    frames = pixels(net.table, 4)

    few, many = (best_scales(net, every_row("hardware", bits=b), frames) for b in (bits, bits + 1))

    assert all(1.2 < b / a < 2.5 for a, b in zip(few, many, strict=True))
