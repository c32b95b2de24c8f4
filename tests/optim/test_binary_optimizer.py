"""What the base class does by itself: state in the parameter's memory order, checks of pairs."""

import pytest
import torch
from torch import nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.latent_adam import LatentAdam


def test_loaded_state_has_the_memory_order_of_its_parameter() -> None:
    weight = nn.Parameter(torch.ones(4, 3, 2, 2).contiguous(memory_format=torch.channels_last))
    alpha = nn.Parameter(torch.ones(4))
    optimizer = LatentAdam([(weight, alpha)])
    weight.grad = torch.rand_like(weight)
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["mean"] = state["state"][0]["mean"].contiguous()

    optimizer.load_state_dict(state)

    assert optimizer.state[weight]["mean"].stride() == weight.stride()
    assert torch.equal(optimizer.state[weight]["mean"], state["state"][0]["mean"])


def test_a_network_may_have_no_binary_layer_and_no_other() -> None:
    bias = nn.Parameter(torch.ones(3))
    bias.grad = torch.ones(3)
    LatentAdam([], [bias], lr=0.5).step()
    LatentAdam([(nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(3)))]).step()

    assert bias.tolist() == pytest.approx([0.5] * 3)


@pytest.mark.parametrize("alpha", [[1.0, 1.0], [1.0, 0.0, 1.0], [1.0, -1.0, 1.0]])
def test_a_pair_needs_a_positive_alpha_per_filter(alpha: list[float]) -> None:
    with pytest.raises(ConfigError, match=f"3 filters, {len(alpha)} alphas"):
        LatentAdam([(nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.tensor(alpha)))])
