"""Adam on real weights equals PyTorch's, with a penalty on matrices only."""

from typing import Any

import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.plain_adam import PlainAdam
from tests.optim.layer import Layer


def test_it_is_pytorchs_adam_with_a_penalty_on_matrices() -> None:
    layer, twin = Layer(), Layer()
    optimizer = PlainAdam([(layer.weight, layer.alpha)], [layer.bias], lr=0.05, weight_decay=0.3)
    groups: list[dict[str, Any]] = [{"params": [twin.weight], "weight_decay": 0.3}, {"params": [twin.bias]}]
    adam = torch.optim.Adam(groups, lr=0.05)

    for number in range(6):
        adam.zero_grad()
        twin.loss(number).backward()  # type: ignore[no-untyped-call]
        adam.step()
        layer.train_by(optimizer, range(number, number + 1))

    torch.testing.assert_close(layer.weight, twin.weight)
    torch.testing.assert_close(layer.bias, twin.bias)
    assert torch.equal(layer.alpha, Layer().alpha)


def test_decoupled_it_is_pytorchs_adamw_on_matrices() -> None:
    layer, twin = Layer(), Layer()
    optimizer = PlainAdam(
        [(layer.weight, layer.alpha)], [layer.bias], lr=0.05, weight_decay=0.3, decoupled=True
    )
    groups: list[dict[str, Any]] = [
        {"params": [twin.weight], "weight_decay": 0.3},
        {"params": [twin.bias], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=0.05)

    for number in range(6):
        adam.zero_grad()
        twin.loss(number).backward()  # type: ignore[no-untyped-call]
        adam.step()
        layer.train_by(optimizer, range(number, number + 1))

    torch.testing.assert_close(layer.weight, twin.weight)
    torch.testing.assert_close(layer.bias, twin.bias)


def test_penalty_is_not_negative() -> None:
    with pytest.raises(ConfigError, match=r"weight_decay=-0\.1 must be"):
        PlainAdam([], [Layer().bias], weight_decay=-0.1)
