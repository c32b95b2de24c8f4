"""Steps from a recording are the steps it was made of; on a GPU, or with a stand-in that repeats the work.

A recording runs nothing. The stand-in undoes what the work did while it was recorded, and does the work again
at each replay, with what lies in the recording's own tensors.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from rbonn_hw.train.replay import STEPS_BEFORE, Replay
from tests.optim.layer import BinaryPerceptron

RATES = [0.02 * 0.8**step for step in range(STEPS_BEFORE + 4)]


class Net(BinaryPerceptron):
    """The perceptron, with what a training needs of it."""

    def optimizer(self) -> BinaryOptimizer:
        """Return an optimizer of all parameters."""
        return RecurrentBilinear(self.pairs(), [self.last], lr=RATES[0])

    def work(self, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor) -> Tensor:
        """Do a step."""
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self(frames), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()


class RepeatedWork:
    """Stands for CUDA's graphs, streams and their functions."""

    def __init__(self, net: Net) -> None:
        self.net, self.recorded = net, 0
        self.made: Any = None
        self.optimizer: BinaryOptimizer | None = None

    def put_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of torch.cuda's."""
        owner = self

        class Graph:
            def replay(self) -> None:
                replay, optimizer = owner.made, owner.optimizer
                assert optimizer is not None
                with optimizer.paced_by(replay._pace):
                    replay._loss.copy_(owner.net.work(optimizer, replay._frames, replay._labels))

        class Stream:
            def __init__(self, *_: Any) -> None:
                pass

            def wait_stream(self, other: Any) -> None:
                """Wait for nothing."""

        monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
        monkeypatch.setattr(torch.cuda, "Stream", Stream)
        monkeypatch.setattr(torch.cuda, "current_stream", Stream)
        monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
        monkeypatch.setattr(torch.cuda, "graph", self.undone)

    @contextlib.contextmanager
    def undone(self, graph: Any, stream: Any) -> Iterator[None]:
        """Undo what is done within."""
        assert self.optimizer is not None
        self.recorded += 1
        state = [
            v for entry in self.optimizer.state.values() for v in entry.values() if isinstance(v, Tensor)
        ]
        tensors = [*self.net.parameters(), *state]
        before = [tensor.detach().clone() for tensor in tensors]
        yield
        with torch.no_grad():
            for tensor, value in zip(tensors, before, strict=True):
                tensor.copy_(value)


def trained(net: Net, rates: list[float], step: Callable[..., Tensor], device: str) -> list[float]:
    losses = []
    for number, rate in enumerate(rates):
        frames, labels = (part.to(device) for part in net.batch(number))
        losses.append(float(step(frames, labels, rate)))
    return losses


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_replayed_steps_are_plain_steps(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU: CUDA graphs exist there alone")
    plain, replayed = Net().to(device), Net().to(device)
    stand_in = RepeatedWork(replayed)
    if device == "cpu":
        stand_in.put_in(monkeypatch)
    replay = Replay(torch.device(device))
    stand_in.made = replay
    for _stage in range(2):  # each has an optimizer of its own
        plainly, optimizer = plain.optimizer(), replayed.optimizer()
        stand_in.optimizer = optimizer

        def step(frames: Tensor, labels: Tensor, rate: float, by: BinaryOptimizer = plainly) -> Tensor:
            by.set_rate(rate)
            return plain.work(by, frames, labels)

        def again(frames: Tensor, labels: Tensor, rate: float, by: BinaryOptimizer = optimizer) -> Tensor:
            return replay.step(replayed.work, by, frames, labels, rate)

        wanted = trained(plain, RATES, step, device)
        with replay.stream():
            got = trained(replayed, RATES, again, device)

        assert got == pytest.approx(wanted, rel=1e-5)
        for ours, theirs in zip(replayed.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
        assert optimizer.param_groups[0]["lr"] == RATES[-1]
        assert {state["count"] for state in optimizer.state.values()} == {len(RATES)}
    assert device == "cuda" or stand_in.recorded == 2
