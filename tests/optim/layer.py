"""A binary layer and a small network without BatchNorm, for tests of optimizers."""

import torch
from torch import Tensor, nn

from rbonn_hw.optim.binary_optimizer import BinaryOptimizer, Pair


def straight_sign(weight: Tensor) -> Tensor:
    """Sign, with sign(0) = +1, and the identity's gradient."""
    sign = torch.where(weight >= 0, 1.0, -1.0).to(weight.dtype)
    return weight + (sign - weight).detach()


class Layer(nn.Module):
    """``(x @ sign(w)) * alpha + bias`` with a straight-through sign, in float64."""

    def __init__(self, seed: int = 0, filters: int = 7) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(filters, 5, generator=generator, dtype=torch.float64))
        self.alpha = nn.Parameter(torch.rand(filters, 1, generator=generator, dtype=torch.float64) + 0.2)
        self.bias = nn.Parameter(torch.zeros(filters, dtype=torch.float64))

    def loss(self, step: int) -> Tensor:
        """A loss that changes from step to step."""
        generator = torch.Generator().manual_seed(100 + step)
        x = torch.randn(16, 5, generator=generator, dtype=torch.float64)
        scores = x @ straight_sign(self.weight).T * self.alpha.T + self.bias
        return (scores - x.sum(dim=1, keepdim=True)).square().mean()

    def train_by(self, optimizer: BinaryOptimizer, steps: range) -> None:
        """Do the numbered steps."""
        for step in steps:
            optimizer.zero_grad()
            self.loss(step).backward()  # type: ignore[no-untyped-call]
            optimizer.step()


class BinaryPerceptron(nn.Module):
    """Two binary layers of different width and a real one, float32, without BatchNorm.

    It has to find out the sign of a hidden binary layer's output.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.rand(*shape, generator=generator) * 2 - 1)

        self.weights = nn.ParameterList([parameter(24, 12), parameter(10, 24)])
        self.alphas = nn.ParameterList([nn.Parameter(w.detach().abs().mean(dim=1)) for w in self.weights])
        self.last = parameter(2, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, 2] for [n, 12]."""
        for weight, alpha in zip(self.weights, self.alphas, strict=True):
            x = torch.tanh(x @ straight_sign(weight).T * alpha)
        return x @ self.last.T

    def pairs(self) -> list[Pair]:
        """(Latent weight, alpha) of both binary layers."""
        return list(zip(self.weights, self.alphas, strict=True))

    @staticmethod
    def batch(step: int, size: int = 32) -> tuple[Tensor, Tensor]:
        """Return inputs [size, 12] and their classes."""
        x = torch.randn(size, 12, generator=torch.Generator().manual_seed(1000 + step))
        direction = torch.tensor([1.0, -1.0] * 6)
        return x, (x @ direction > 0).long()
