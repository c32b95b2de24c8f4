"""Networks that their user brings: ``FILE.py:NAME``, a module of Brevitas's layers or a table of rows.

NAME is a :class:`~rbonn_hw.models.table.Table`, or something that is called without arguments and returns
such a table or an ``nn.Module``: a class, or a function. The file is run as Python, with its folder on the
search path; training copies it beside the weights, so that the folder of a run is complete.
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.layers import Affine
from rbonn_hw.models.network import build
from rbonn_hw.models.pixel_scaling import PixelScaling
from rbonn_hw.models.reference import Reference, is_reference
from rbonn_hw.models.shapes import Shape, spelled
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Trainable, scores_of
from rbonn_hw.models.zoo import network
from rbonn_hw.spec.input import InputMeaning

UNSEEN = "scaling_impl.value"
"""End of the name of a scale that Brevitas finds in the data."""
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@dataclass(frozen=True, slots=True)
class OwnInterface:
    """The ends of a user's module; see :class:`rbonn_hw.models.trainable.Interface`.

    Attributes:
        name: ``FILE.py:NAME``.
        frame: Input shape (channels, height, width), UINT8.
        classes: Outputs.
        form: "hardware".
        paper: False.
        input: What pixels become before the module.
    """

    name: str
    frame: Shape
    classes: int
    form: str = "hardware"
    paper: bool = False
    input: InputMeaning = field(default_factory=InputMeaning)

    @property
    def input_text(self) -> str:
        """The declaration as JSON; empty for pixels as they are."""
        return "" if self.input == InputMeaning() else json.dumps(self.input.to_document())


class OwnNetwork(Trainable):
    """A user's module.

    Args:
        body: Pixels 0 .. 255 in, scores out.
        table: Its ends.
    """

    def __init__(self, body: nn.Module, table: OwnInterface) -> None:
        super().__init__(table)
        self.body = body
        self.scaling = (
            nn.Identity() if table.input == InputMeaning() else PixelScaling(table.input, table.frame[0])
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, classes] for pixels 0 .. 255 [n, C, H, W]."""
        out = scores_of(self.body(self.scaling(x)))
        return out.float() if self.training else out

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Load a state; quantizers of Brevitas that have seen no data yet store no scale, and need none.

        Raises:
            RuntimeError: Other tensors are missing, or there are some that the network does not have.
        """
        keys = super().load_state_dict(state_dict, strict=False, assign=assign)
        missing = [name for name in keys.missing_keys if not name.endswith(UNSEEN)]
        if strict and (missing or keys.unexpected_keys):
            raise RuntimeError(f"missing: {missing or 'none'}; unknown: {keys.unexpected_keys or 'none'}")
        return keys

    def binarize(self, what: str) -> None:
        """Choose what binary layers compute with: Brevitas's own are always as they were built.

        Raises:
            ConfigError: Another word than "both", and no layer that knows it.
        """
        super().binarize(what)
        if what != "both" and not self.binary_pairs():
            raise ConfigError(
                f"network {self.table.name} has no layer of rbonn_hw.models.weights, and Brevitas's cannot "
                "be made "
                'real; choose a "method" of one stage, for example "ste"'
            )

    def deployed(self) -> "OwnNetwork":
        """Return a copy in evaluation mode whose BatchNorms are two operations, which no runtime reorders."""
        twin = super().deployed()
        axes: dict[nn.Module, int] = {}
        norms = [m for m in twin.modules() if type(m) in NORMS and m.running_var is not None]
        hooks = [
            norm.register_forward_hook(lambda m, x, _: axes.__setitem__(m, x[0].dim() - 2)) for norm in norms
        ]
        with torch.no_grad():
            twin(torch.zeros(1, *self.table.frame))
        for hook in hooks:
            hook.remove()
        for parent in list(twin.modules()):
            for name, child in parent.named_children():
                if child in axes:
                    setattr(parent, name, _folded(child, axes[child]))
        return twin


def _folded(norm: Any, axes: int) -> Affine:
    gain = 1.0 if norm.weight is None else norm.weight
    scale = gain / (norm.running_var + norm.eps).sqrt()
    shift = (0.0 if norm.bias is None else norm.bias) - norm.running_mean * scale
    shape = (-1, *[1] * axes)
    return Affine(scale.view(shape), shift.view(shape))


@dataclass(frozen=True, slots=True)
class Definition:
    """What a recipe's network is, before it has weights.

    Attributes:
        table: Its ends.
        source: The user's file; None for a network by name.
        module: Makes the user's module; None where ``table`` is a table of rows.
    """

    table: Table | OwnInterface
    source: Path | None = None
    module: Callable[[], nn.Module] | None = None

    def build(self, seed: int, *, gradient: str = "approx", shifts: bool = True) -> Trainable:
        """Return the network with weights drawn from ``seed``; the global generator is left as it was.

        Args:
            seed: Of the initial weights.
            gradient: See :class:`rbonn_hw.models.network.Network`; a user's module has its own.
            shifts: See there.
        """
        if isinstance(self.table, Table):
            return build(self.table, seed, gradient=gradient, shifts=shifts)
        assert self.module is not None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return OwnNetwork(self.module(), self.table)


def define(
    name: str,
    *,
    form: str = "hardware",
    width: float = 1.0,
    bits: int = 4,
    frame: Shape | None = None,
    reference: Reference | None = None,
    input: Mapping[str, Any] | None = None,
) -> Definition:
    """Return the definition of a network.

    Args:
        name: One of :data:`rbonn_hw.models.zoo.NETWORKS`, or ``FILE.py:NAME``.
        form: Of a table.
        width: Of a network by name.
        bits: Of a table's feature maps [bits].
        frame: (C, H, W), for a user's module, which does not say what it takes.
        reference: Where the user's network is; None is in the current folder.
        input: What pixels become before a user's module, see :class:`rbonn_hw.spec.input.InputMeaning`; None
            for pixels as they are.

    Raises:
        ConfigError: No such network, or one that cannot be made or run.
    """
    meaning = InputMeaning.from_document(input or {})
    if not is_reference(name):
        _take_pixels(name, meaning)
        return Definition(network(name, form=form, width=width, bits=bits))
    reference = reference or Reference.parse(name)
    found = reference.load()
    with torch.random.fork_rng(devices=[]):
        made = found if isinstance(found, Table) else _called(reference, found)
    if isinstance(made, Table):
        _take_pixels(reference.name, meaning)
        return Definition(replace(made, name=reference.name, form=form, bits=bits), reference.path)
    if form != "hardware":
        raise ConfigError(f"network {reference.name} is a module: it has the form it has, not {form!r}")
    if frame is None:
        raise ConfigError(
            f'network {reference.name} is a module, which does not say what it takes; set "frame" in the '
            'recipe to "CxHxW", for example "3x32x32"'
        )
    classes = _classes(reference, made, frame)
    return Definition(
        OwnInterface(reference.name, frame, classes, input=meaning),
        reference.path,
        lambda: _called(reference, found),
    )


def _take_pixels(name: str, meaning: InputMeaning) -> None:
    """Require pixels as they are for a table of rows, whose first layer quantizes them.

    Raises:
        ConfigError: Something else is declared.
    """
    if meaning != InputMeaning():
        raise ConfigError(
            f"input: {meaning.text}; network {name} is a table of rows, which takes pixels 0 .. 255 as they "
            "are: leave input away, or bring an nn.Module"
        )


def _called(reference: Reference, found: Any) -> Any:
    """Return the table or the module that the user's object makes."""
    if isinstance(found, nn.Module):
        return copy.deepcopy(found)
    if not callable(found):
        raise ConfigError(
            f"network {reference.name} is a {type(found).__name__}; it must be a Table, an nn.Module, or a "
            "function or class that returns one when it is called without arguments"
        )
    try:
        made = found()
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        raise reference.failed("cannot be made", error) from None
    if not isinstance(made, Table | nn.Module):
        raise ConfigError(
            f"network {reference.name} returns a {type(made).__name__}; it must return a Table or an "
            "nn.Module"
        )
    return made


@torch.no_grad()
def _classes(reference: Reference, module: nn.Module, frame: Shape) -> int:
    """Run a black frame through the module, and return its outputs."""
    try:
        out = scores_of(module.eval()(torch.zeros(1, *frame)))
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        raise reference.failed(f"fails on a frame of {spelled(frame)}", error) from None
    if out.dim() != 2 or len(out) != 1 or out.shape[1] < 2:
        raise ConfigError(
            f"network {reference.name} answers a frame of {spelled(frame)} with {list(out.shape)}; it "
            "must be scores [1, classes] of 2 classes at least: end with a flatten and a linear layer"
        )
    return int(out.shape[1])
