"""Adam on latent weights: PyTorch's Adam, mean |w| as alpha, the bound of the plain estimator."""

import pytest
import torch

from rbonn_hw.optim.latent_adam import LatentAdam, clipped, match_scales, mean_magnitudes
from tests.optim.layer import Layer


def test_it_is_adam_with_mean_magnitudes() -> None:
    layer, twin = Layer(), Layer()
    optimizer = LatentAdam([(layer.weight, layer.alpha)], [layer.bias], lr=0.05, weight_lr=0.5)
    adam = torch.optim.Adam([{"params": [twin.weight], "lr": 0.025}, {"params": [twin.bias], "lr": 0.05}])

    for number in range(6):
        with torch.no_grad():
            twin.alpha.copy_(twin.weight.abs().mean(dim=1, keepdim=True))
        torch.testing.assert_close(layer.alpha, twin.alpha)
        adam.zero_grad()
        twin.loss(number).backward()  # type: ignore[no-untyped-call]
        adam.step()
        layer.train_by(optimizer, range(number, number + 1))
        torch.testing.assert_close(layer.weight, twin.weight)
        torch.testing.assert_close(layer.bias, twin.bias)
    assert bool((layer.weight.abs() > 1).any())


def test_bounded_weights_stay_in_their_range() -> None:
    layer = Layer()
    optimizer = LatentAdam([(layer.weight, layer.alpha)], lr=0.5, bounded=True)

    layer.train_by(optimizer, range(5))

    assert layer.weight.abs().max().item() == 1.0


def test_no_gradient_passes_beyond_one() -> None:
    weight = torch.tensor([-1.5, -1.0, 0.0, 1.0, 1.5])

    (ours,) = clipped([torch.arange(1.0, 6.0)], [weight])

    assert ours.tolist() == [0.0, 2.0, 3.0, 4.0, 0.0]


def test_a_bounded_weight_outside_gets_no_gradient() -> None:
    layer = Layer()
    with torch.no_grad():
        layer.weight.fill_(3.0)
    optimizer = LatentAdam([(layer.weight, layer.alpha)], lr=0.5, bounded=True)

    layer.train_by(optimizer, range(1))

    assert not optimizer.state[layer.weight]["mean"].any()
    assert bool((layer.weight == 1).all())


def test_scales_are_means_of_each_filter() -> None:
    layers = [torch.tensor([[1.0, -3.0], [0.0, 0.0]]), torch.tensor([[-5.0]])]

    assert mean_magnitudes(layers).tolist() == pytest.approx([2.0, 1e-8, 5.0])


def test_scales_are_matched_to_weights() -> None:
    layer = Layer()

    match_scales([(layer.weight, layer.alpha)])

    torch.testing.assert_close(layer.alpha, layer.weight.abs().mean(dim=1, keepdim=True))
