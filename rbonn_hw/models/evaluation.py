"""What a network answers, and how often it is right."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

BATCH = 256


def scores(net: nn.Module, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the scores [n, classes] of ``frames`` [n, C, H, W] in evaluation mode."""
    net.eval()
    with torch.no_grad():
        parts = [net(part.float()) for part in torch.split(torch.from_numpy(frames), BATCH)]
    answers: NDArray[np.float32] = torch.cat(parts).numpy()
    return answers


def top1(answers: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the share of frames whose largest score (of equal ones the first) is the label's."""
    return float((answers.argmax(axis=1) == labels).mean())
