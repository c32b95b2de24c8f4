"""From a :class:`~rbonn_hw.models.table.Table` to a PyTorch network of Brevitas modules."""

import copy

import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.blocks import block
from rbonn_hw.models.layers import Bias, BiasedPReLU, Norm, Sign
from rbonn_hw.models.style import Style
from rbonn_hw.models.table import Table
from rbonn_hw.models.weights import BinaryConv, BinaryLinear, IntegerConv, Scores

BINARIZATIONS = ("both", "activations", "none")
"""What of a binary layer is binary: weights and activations, activations alone, or neither."""


class Network(nn.Module):
    """A network built from its table.

    Args:
        table: The rows.
        gradient: Backward of the sign of an activation, "approx" or "clip".
        shifts: Whether the biases before signs and around PReLUs are learned; else they stay 0.
    """

    def __init__(self, table: Table, *, gradient: str = "approx", shifts: bool = True) -> None:
        super().__init__()
        self.table = table
        self.binarization = "both"
        style = Style.of(table, gradient)
        ins = (table.frame, *table.shapes()[:-1])
        self.layers = nn.Sequential(
            *(
                block(row, shape, kind, style)
                for row, shape, kind in zip(table.rows, ins, table.kinds(), strict=True)
            )
        )
        if not shifts:
            for module in self.modules():
                if isinstance(module, Bias):
                    module.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, classes], integers in the hardware form, for pixels 0 .. 255 [n, C, H, W]."""
        out: Tensor = self.layers(x)
        # Under autocast the last sums are bfloat16, too coarse a step for a loss.
        return out.float() if self.training else out

    def binarize(self, what: str) -> None:
        """Choose what binary layers compute with, in training and in evaluation.

        Args:
            what: "both", as built; "activations": latent weights are used as they are, without alpha, as in
                the first of two training stages; "none": activations are real too, as in a teacher.

        Raises:
            ConfigError: Another word.
        """
        if what not in BINARIZATIONS:
            raise ConfigError(f"binarization {what!r} is not one of {list(BINARIZATIONS)}; try 'both'")
        self.binarization = what
        for module in self.modules():
            if isinstance(module, BinaryConv | BinaryLinear | Scores):
                module.real = what != "both"
            elif isinstance(module, Sign):
                module.real = what == "none"

    def constrain(self) -> None:
        """Bring parameters back into their range; call after every optimizer step."""
        if self.table.paper:
            return
        for module in self.modules():
            if isinstance(module, BiasedPReLU):
                module.constrain()

    def binary_pairs(self) -> list[tuple[nn.Parameter, nn.Parameter]]:
        """Return (latent weight [C_out, ..], alpha with C_out elements) of each binary layer."""
        return [m.pair() for m in self.modules() if isinstance(m, BinaryConv | BinaryLinear)]

    def deployed(self) -> "Network":
        """Return a copy in evaluation mode that holds what it computes with, bit for bit.

        Each BatchNorm is replaced by two operations per channel, weights of few bits by integers.

        Raises:
            ConfigError: A network in the paper form, or one whose weights are not binary.
        """
        if self.table.paper or self.binarization != "both":
            raise ConfigError(
                f"{self.table.name}: form {self.table.form!r} with binarization {self.binarization!r} has "
                "no integer arithmetic; deploy the form 'hardware' with binarization 'both'"
            )
        twin = copy.deepcopy(self).eval()
        for parent in list(twin.modules()):
            if isinstance(parent, IntegerConv | Scores):
                parent.settle()
            for name, child in parent.named_children():
                if isinstance(child, Norm):
                    setattr(parent, name, child.folded())
        return twin


def build(table: Table, seed: int, *, gradient: str = "approx", shifts: bool = True) -> Network:
    """Return a network with weights drawn from ``seed``; the global generator is left as it was.

    Args:
        table: What to build.
        seed: Of the initial weights.
        gradient: See :class:`Network`.
        shifts: See :class:`Network`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(table, gradient=gradient, shifts=shifts)
