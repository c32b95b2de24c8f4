"""BatchNorm statistics of the network as it is deployed."""

import torch

from rbonn_hw.models.layers import Norm
from rbonn_hw.models.network import Network
from rbonn_hw.train.data import Split

FRAMES = 2048
"""Frames that are enough for an estimate, and few enough for memory."""


def estimate_statistics(net: Network, split: Split) -> None:
    """Set the mean and variance of every BatchNorm to those over ``split``, which passes as one batch.

    The running averages of training mix small batches, augmented frames and signs that have flipped since;
    in a binary network this costs up to a percent or two of accuracy, and differs from seed to seed.

    Args:
        net: A trained network; only its BatchNorm statistics change.
        split: The training split; of a larger one than :data:`FRAMES`, equally spaced frames.
    """
    norms = [module for module in net.modules() if isinstance(module, Norm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    net.train()
    with torch.no_grad():
        net(torch.from_numpy(split.frames[:: -(-len(split) // FRAMES)]).float())
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
