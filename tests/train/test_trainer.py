"""An epoch's steps, on a network small enough to do them by hand."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rbonn_hw.errors import TrainingError
from rbonn_hw.train import stages
from rbonn_hw.train.batches import Batches
from rbonn_hw.train.data import Split
from rbonn_hw.train.distill import Objective
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.trainer import StepReport, Trainer

RECIPE = Recipe(network="digits", dataset="digits", epochs=2, batch_size=6, lr=0.5, score_scale=1.0)
SPLIT = Split(np.random.default_rng(0).integers(0, 256, (150, 1, 2, 2), dtype=np.uint8), np.arange(150) % 3)


class Tiny(nn.Module):
    """A linear network without BatchNorm that remembers how it was used."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(4, 3)
        self.constrained = 0
        self.dtypes: set[torch.dtype] = set()

    def constrain(self) -> None:
        """Count a call."""
        self.constrained += 1

    def binary_pairs(self) -> list[tuple[Tensor, Tensor]]:
        """Name the weight whose gradient counts."""
        return [(self.linear.weight, self.linear.bias)]

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, 3]."""
        out: Tensor = self.linear(x.flatten(1) / 255.0)
        self.dtypes.add(out.dtype)
        return out


class Descent(torch.optim.SGD):
    """Gradient descent that remembers its rates and modes."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net.parameters(), lr=9.0)
        self.rates: list[float] = []
        self.mode = "eval"

    def train(self) -> None:
        """Take part in training."""
        self.mode = "train"

    def set_rate(self, rate: float) -> None:
        """Take the rate of the next step."""
        self.param_groups[0]["lr"] = rate

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do a step."""
        assert self.mode == "train"
        self.rates.append(self.param_groups[0]["lr"])
        super().step(closure)


def epoch(
    recipe: Recipe, split: Split = SPLIT, number: int = 0, **options: Any
) -> tuple[Tiny, Descent, float]:
    net: Any = Tiny()
    optimizer: Any = Descent(net)
    trainer = Trainer(net, recipe, Batches(split, recipe), Objective(recipe, None), Group(), **options)
    loss = trainer.epoch(optimizer, stages.stage_of(recipe, number), number)
    return net, optimizer, loss


@pytest.mark.parametrize("accumulate", [1, 2, 6])
def test_steps_are_those_of_whole_batches(accumulate: int) -> None:
    net, optimizer, loss = epoch(dataclasses.replace(RECIPE, accumulate=accumulate))

    twin, losses = Tiny(), []
    for step, (frames, labels) in enumerate(Batches(SPLIT, RECIPE)(0)):
        value = nn.functional.cross_entropy(twin(frames), labels)
        losses.append(value.item())
        gradients = torch.autograd.grad(value, list(twin.parameters()))
        for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
            parameter.data -= optimizer.rates[step] * gradient
    torch.testing.assert_close(net.linear.weight, twin.linear.weight, rtol=1e-4, atol=1e-5)
    assert loss == pytest.approx(sum(losses) / 25, rel=1e-5)
    assert net.constrained == 25


def test_rate_of_each_step_is_the_schedules() -> None:
    _, optimizer, _ = epoch(dataclasses.replace(RECIPE, schedule="linear"), number=1)

    assert optimizer.rates == pytest.approx([0.5 * (1 - (25 + step) / 50) for step in range(25)])


@pytest.mark.parametrize("bad", [1, 20, 21, 25])
def test_loss_that_is_no_number_is_found_with_its_step(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    original = Objective.__call__

    def call(self: Objective, *arguments: Any) -> Tensor:
        nonlocal calls
        calls += 1
        return original(self, *arguments) * (float("inf") if calls == bad else 1.0)

    monkeypatch.setattr(Objective, "__call__", call)

    with pytest.raises(TrainingError, match=rf"inf in epoch 1, step {bad}; the state after epoch 0 is kept"):
        epoch(RECIPE)


def test_looks_are_reported() -> None:
    seen: list[StepReport] = []

    _, _, loss = epoch(RECIPE, on_step=seen.append)

    assert [(report.epoch, report.step, report.steps) for report in seen] == [(1, 20, 25), (1, 25, 25)]
    assert seen[-1].loss == loss
    assert seen[0].steps_per_second > 0


def test_precision_is_that_of_the_recipe() -> None:
    assert epoch(RECIPE)[0].dtypes == {torch.float32}
    net, _, loss = epoch(dataclasses.replace(RECIPE, precision="bfloat16"))
    assert net.dtypes == {torch.bfloat16}
    assert loss == pytest.approx(epoch(RECIPE)[2], rel=0.02)


def test_a_network_that_cannot_be_compiled_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch._dynamo.exc

    def broken(_: nn.Module) -> Any:
        def call(_: Tensor) -> Tensor:
            raise torch._dynamo.exc.Unsupported("no such operation")

        return call

    monkeypatch.setattr(torch, "compile", broken)

    with pytest.raises(
        TrainingError, match=r"cannot be compiled on cpu \(no such operation\); run again without"
    ):
        epoch(RECIPE, compiled=True)


def test_a_compiled_network_that_cannot_learn_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(net: Tiny) -> Any:
        return lambda x: net(x).detach() + 0.0 * net.linear.weight.sum()

    monkeypatch.setattr(torch, "compile", lossy)

    with pytest.raises(TrainingError, match=r"no gradient reaches its binary weights; run again without"):
        epoch(RECIPE, compiled=True)

    monkeypatch.setattr(torch, "compile", lambda net: net)
    assert len(epoch(RECIPE, compiled=True)[1].rates) == 25
