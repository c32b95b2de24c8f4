"""The steps of an epoch."""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rbonn_hw.errors import TrainingError
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.train import detection, distill
from rbonn_hw.train.batches import Batches
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.replay import Replay
from rbonn_hw.train.stages import Stage, learning_rate

STEPS_PER_LOOK = 20
"""Steps between looks at the loss: each look makes the processor wait for the GPU."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What is known within an epoch.

    Attributes:
        epoch: Number of the present epoch, from 1.
        epochs: Those of the run.
        step: Its steps done.
        steps: Its steps in all.
        loss: Mean training loss of the steps done.
        steps_per_second: Rate since the epoch began [1/s].
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    steps_per_second: float


OnStep = Callable[[StepReport], None]


class Trainer:
    """Trains a network epoch by epoch.

    Args:
        net: The network, on the group's device.
        recipe: Schedule, precision and parts of a batch.
        batches: What to learn from.
        objective: What to minimize.
        group: The processes that share the work.
        compiled: Whether forward and backward pass go through ``torch.compile``.
        on_step: Called from time to time within an epoch.
    """

    def __init__(
        self,
        net: Trainable,
        recipe: Recipe,
        batches: Batches,
        objective: distill.Objective | detection.Objective,
        group: Group,
        *,
        compiled: bool = False,
        on_step: OnStep = lambda _: None,
    ) -> None:
        self._net, self._recipe, self._batches, self._objective = net, recipe, batches, objective
        self._group, self._compiled, self._on_step = group, compiled, on_step
        self._forward: nn.Module = group.parallel(net)
        self._replay: Replay | None = None
        self._has_learned = False
        if compiled:
            self._forward = torch.compile(self._forward)  # type: ignore[assignment]
            if group.device.type == "cuda" and group.world == 1:
                self._replay = Replay(group.device)

    def epoch(self, optimizer: BinaryOptimizer, stage: Stage, epoch: int) -> float:
        """Train epoch number ``epoch``, from 0, and return its mean loss.

        Raises:
            TrainingError: The loss is no longer finite, or the network cannot be compiled to learn.
        """
        self._net.train()
        optimizer.train()
        replay = self._replay if self._replay and optimizer.replayable else None
        with replay.stream() if replay else contextlib.nullcontext():
            return self._steps(optimizer, stage, epoch, replay)

    def _steps(self, optimizer: BinaryOptimizer, stage: Stage, epoch: int, replay: Replay | None) -> float:
        steps, started = self._batches.steps, time.perf_counter()
        total = 0.0
        waiting: list[Tensor] = []
        for step, (frames, labels) in enumerate(self._batches(epoch)):
            rate = learning_rate(self._recipe, stage, epoch + step / steps)
            if replay:
                waiting.append(replay.step(self._step, optimizer, frames, labels, rate))
            else:
                optimizer.set_rate(rate)
                waiting.append(self._step(optimizer, frames, labels))
            if len(waiting) == STEPS_PER_LOOK or step + 1 == steps:
                total += self._look(waiting, epoch, step + 1)
                waiting = []
                speed = (step + 1) / (time.perf_counter() - started)
                self._on_step(
                    StepReport(epoch + 1, self._recipe.epochs, step + 1, steps, total / (step + 1), speed)
                )
        return total / steps

    def _step(self, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor) -> Tensor:
        gradients = self._compiled_gradients if self._compiled else self._gradients
        loss = gradients(optimizer, frames, labels)
        optimizer.step()
        self._net.constrain()
        return loss

    def _gradients(self, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor) -> Tensor:
        """Leave the gradients of a batch in the parameters, and return its mean loss."""
        optimizer.zero_grad()
        parts = zip(frames.chunk(self._recipe.accumulate), labels.chunk(self._recipe.accumulate), strict=True)
        done, total = 0, torch.zeros((), device=frames.device)
        for part_frames, part_labels in parts:
            done += len(part_labels)
            with self._group.quiet(self._forward, until=done == len(labels)):
                loss = self._loss(part_frames, part_labels) * (len(part_labels) / len(labels))
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _loss(self, frames: Tensor, labels: Tensor) -> Tensor:
        with torch.autocast(frames.device.type, torch.bfloat16, enabled=self._recipe.precision == "bfloat16"):
            scores = self._forward(frames)
            # The teacher computes in the student's precision.
            wanted = self._objective.wanted(frames)
        return self._objective(scores, wanted, labels)

    def _compiled_gradients(self, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor) -> Tensor:
        """Do :meth:`_gradients`, where forward and backward pass are compiled when they are first run.

        Raises:
            TrainingError: They cannot be.
        """
        try:
            loss = self._gradients(optimizer, frames, labels)
        except torch._dynamo.exc.TorchDynamoException as error:
            first = " ".join(str(error).split())[:300]
            raise TrainingError(
                f"the network cannot be compiled on {frames.device} ({first}); run again without --compile"
            ) from None
        if not self._has_learned:
            self._check_gradients()
            self._has_learned = True
        return loss

    def _check_gradients(self) -> None:
        """Check that compilation has left the binary weights a gradient.

        Raises:
            TrainingError: It has not: PyTorch 2.11 has 0 for the gradient of a function whose result is
                written in place.
        """
        weights = [weight for weight, _ in self._net.binary_pairs()]
        if weights and not any(weight.grad is not None and bool(weight.grad.any()) for weight in weights):
            raise TrainingError(
                f"PyTorch {torch.__version__} has compiled the network so that no gradient reaches its "
                "binary weights; run again without --compile, or with another PyTorch"
            )

    def _look(self, waiting: list[Tensor], epoch: int, steps_done: int) -> float:
        """Return the sum of losses, each the mean over all processes.

        Raises:
            TrainingError: One of them is not finite.
        """
        values: list[float] = self._group.mean(torch.stack(waiting)).tolist()
        for number, value in enumerate(values):
            if not math.isfinite(value):
                step, lr = steps_done - len(values) + number + 1, self._recipe.lr
                raise TrainingError(
                    f"the loss became {value} in epoch {epoch + 1}, step {step}; the state after epoch "
                    f"{epoch} is kept; try a learning rate below lr={lr}, for example {lr / 4:.2g}"
                )
        return sum(values)
