"""The activation layer: the same bits forward and backward as Brevitas's own path."""

import pytest
import torch

from rbonn_hw.datatypes import IntType
from rbonn_hw.quant.activation import Activation
from rbonn_hw.quant.integer import grid
from rbonn_hw.quant.sign import SignActivation


@pytest.mark.parametrize(
    "layer", [grid(IntType(4, signed=True), 0.5), Activation(act_quant=SignActivation, window=2.0)]
)
def test_training_and_evaluation_agree(layer: Activation) -> None:
    x = torch.linspace(-6, 6, 97)
    results = []
    for training in (True, False):
        leaf = x.clone().requires_grad_()
        out = layer.train(training)(leaf)
        (out * x).sum().backward()
        results.append((out.detach(), leaf.grad))

    assert torch.equal(results[0][0], results[1][0])
    assert results[0][1] is not None
    assert results[1][1] is not None
    assert torch.equal(results[0][1], results[1][1])
    assert results[0][1].any()


def test_type_of_the_map_is_kept() -> None:
    x = torch.linspace(-2, 2, 9).bfloat16()

    assert Activation(act_quant=SignActivation).train()(x).dtype == torch.bfloat16
    assert grid(IntType(4, signed=True)).train()(x).dtype == torch.bfloat16
