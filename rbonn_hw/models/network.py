"""From a :class:`~rbonn_hw.models.table.Table` to a PyTorch network of Brevitas modules."""

import torch
from torch import Tensor, nn

from rbonn_hw.models.blocks import block
from rbonn_hw.models.layers import Bias
from rbonn_hw.models.style import Style
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Trainable


class Network(Trainable):
    """A network built from its table.

    Args:
        table: The rows.
        gradient: Backward of the sign of an activation, "approx" or "clip".
        shifts: Whether the biases before signs and around PReLUs are learned; else they stay 0.
    """

    def __init__(self, table: Table, *, gradient: str = "approx", shifts: bool = True) -> None:
        super().__init__(table)
        self.table: Table = table
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
