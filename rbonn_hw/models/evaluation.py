"""What a network answers, and how often it is right."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

BATCH = 256


@torch.no_grad()
def scores(net: nn.Module, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the scores [n, classes] of ``frames`` [n, C, H, W] in evaluation mode, on the CPU."""
    net.eval()
    parts = [net(part.float()) for part in torch.split(torch.from_numpy(frames), BATCH)]
    answers: NDArray[np.float32] = torch.cat(parts).numpy()
    return answers


def top1(answers: NDArray[np.float32], labels: NDArray[Any]) -> float:
    """Return the share of frames whose largest score (of equal ones the first) is the label's."""
    return float((answers.argmax(axis=1) == labels).mean())


@torch.no_grad()
def accuracy(net: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return top-1 over batches of (frames [b, C, H, W], labels [b]) in evaluation mode, where they are.

    Of equal scores the first counts, as in :func:`top1`.
    """
    net.eval()
    right: Tensor | None = None
    count = 0
    for frames, labels in batches:
        answers = net(frames)
        # argmax does not say which of equal values it returns on a GPU.
        order = torch.arange(answers.shape[1], 0, -1, device=answers.device)
        first = ((answers == answers.amax(dim=1, keepdim=True)) * order).argmax(dim=1)
        hits = (first == labels).sum()
        right = hits if right is None else right + hits
        count += len(labels)
    return int(right) / count if right is not None else 0.0
