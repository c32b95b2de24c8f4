"""A training step as a CUDA graph: recorded once, then replayed without Python and without launches."""

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from rbonn_hw.optim.binary_optimizer import PACE, BinaryOptimizer

STEPS_BEFORE = 3
"""Steps that are done one by one first: they compile, allocate, and make the optimizer's state."""

Work = Callable[[BinaryOptimizer, Tensor, Tensor], Tensor]
"""Does a whole step with a batch of frames and labels, and returns its loss."""


class Replay:
    """Does the steps of a training, from a recording as soon as there is one.

    A recording belongs to an optimizer, and reads frames, labels and the numbers of the step from tensors of
    its own.

    Args:
        device: A GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pace = torch.zeros(len(PACE), device=device)
        self._optimizer: BinaryOptimizer | None = None
        self._steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Work on the stream of the recording: a graph must not depend on another one."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield
        torch.cuda.current_stream().wait_stream(self._stream)

    def step(
        self, work: Work, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor, rate: float
    ) -> Tensor:
        """Do a step with a batch at a learning rate, and return its loss.

        Args:
            work: What a step does; the same at each call.
            optimizer: With another one recording begins anew.
            frames: [n, C, H, W], of one shape and layout at each call.
            labels: [n].
            rate: Learning rate.
        """
        if optimizer is not self._optimizer:
            self._optimizer, self._steps, self._graph = optimizer, 0, None
        self._steps += 1
        if self._steps <= STEPS_BEFORE:
            optimizer.set_rate(rate)
            return work(optimizer, frames, labels)
        if self._graph is None:
            self._graph = self._recorded(work, optimizer, frames, labels)
        self._frames.copy_(frames)
        self._labels.copy_(labels)
        self._pace.copy_(torch.tensor(optimizer.advance(rate)), non_blocking=True)
        self._graph.replay()
        return self._loss.clone()

    def _recorded(
        self, work: Work, optimizer: BinaryOptimizer, frames: Tensor, labels: Tensor
    ) -> torch.cuda.CUDAGraph:
        """Return the recording of a step, which is not done by that."""
        self._frames, self._labels = frames.clone(), labels.clone()
        graph = torch.cuda.CUDAGraph()
        with optimizer.paced_by(self._pace), torch.cuda.graph(graph, stream=self._stream):
            self._loss = work(optimizer, self._frames, self._labels)
        return graph
