"""What training and export need of a network, whether it was built from a table or brought by its user."""

import copy
from typing import Protocol, Self

from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.layers import BiasedPReLU, Norm, Sign
from rbonn_hw.models.shapes import Shape
from rbonn_hw.models.weights import BinaryConv, BinaryLinear, IntegerConv, Scores

BINARIZATIONS = ("both", "activations", "none")
"""What of a binary layer is binary: weights and activations, activations alone, or neither."""


class Interface(Protocol):
    """What goes into a network and what comes out."""

    @property
    def name(self) -> str:
        """What a recipe calls it."""

    @property
    def frame(self) -> Shape:
        """Input shape (channels, height, width), UINT8."""

    @property
    def classes(self) -> int:
        """Outputs."""

    @property
    def paper(self) -> bool:
        """Whether it has no integer arithmetic."""

    @property
    def form(self) -> str:
        """Word for that: "hardware" or "paper"."""


class Trainable(nn.Module):
    """A network that can be trained, stored and exported.

    Args:
        table: Its ends.
    """

    def __init__(self, table: Interface) -> None:
        super().__init__()
        self.table = table
        self.binarization = "both"

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

    def deployed(self) -> Self:
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
        fold_norms(twin)
        return twin


def fold_norms(net: nn.Module) -> None:
    """Replace each BatchNorm of ours by the two operations that it is in evaluation, bit for bit."""
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, Norm):
                setattr(parent, name, child.folded())


def scores_of(out: object) -> Tensor:
    """Return the tensor of a network's answer, which Brevitas may have wrapped.

    Raises:
        ConfigError: It is no tensor.
    """
    value = getattr(out, "value", out)
    if not isinstance(value, Tensor):
        raise ConfigError(
            f"a network's answer is one tensor of scores [n, classes], not a {type(out).__name__}"
        )
    return value
