"""A recipe: everything that decides a training run, as one frozen object and one JSON file."""

import dataclasses
import difflib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.zoo import NETWORKS
from rbonn_hw.train.data import DATASETS

SCHEDULES = ("cosine", "linear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training run.

    Attributes:
        network: Name of a table in :mod:`rbonn_hw.models.zoo`.
        dataset: Name of a data set in :mod:`rbonn_hw.train.data`.
        epochs: Passes over the training split.
        batch_size: Frames per step.
        seed: Decides initial weights, order and augmentation.
        lr: Learning rate at the start; it decays to 0.
        weight_lr: Learning rate of the latent weights, relative to ``lr``.
        schedule: How the learning rate decays: "cosine" or "linear".
        coupling: lambda of the recurrent bilinear rule.
        tau: Its share of filters that count as sparse; 1 switches the recurrent step off.
        u_init: First value of its step U.
        score_scale: Factor on the integer scores in the loss; the network itself has none.
        label_smoothing: Share of probability given to the other classes, 0 .. 1.
        rotation: Largest random rotation of a training frame to either side [degrees].
        zoom: Largest random enlargement or reduction of a training frame, 0 .. 0.5; 0.1 is ten percent.
        shift: Largest random displacement of a training frame to each side [pixels].
    """

    network: str
    dataset: str
    epochs: int
    batch_size: int = 64
    seed: int = 0
    lr: float = 3e-3
    weight_lr: float = 1.0
    schedule: str = "cosine"
    coupling: float = 1e-6
    tau: float = 0.6
    u_init: float = 1e-3
    score_scale: float = 0.02
    label_smoothing: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check_type(field.name, getattr(self, field.name), field.type)
        choices = {"network": tuple(NETWORKS), "dataset": DATASETS, "schedule": SCHEDULES}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name}: {getattr(self, name)!r} is not one of {list(allowed)}")
        for name in ("epochs", "batch_size", "lr", "weight_lr", "score_scale"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must be positive")
        for name in ("tau", "label_smoothing"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must lie in 0 .. 1")
        if self.zoom > 0.5:
            raise ConfigError(f"zoom: {self.zoom!r} must lie in 0 .. 0.5; try 0.1")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a recipe.

        Raises:
            ConfigError: Not a JSON object, an unknown or missing key, or a value out of its range.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"a recipe is a JSON object; this is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise ConfigError(f"a recipe is a JSON object, not a {type(values).__name__}")
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for key in values:
            if key not in fields:
                near = difflib.get_close_matches(key, fields, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(fields)}"
                raise ConfigError(f"unknown key {key!r} in the recipe; {hint}")
        missing = [
            name
            for name, field in fields.items()
            if field.default is dataclasses.MISSING and name not in values
        ]
        if missing:
            raise ConfigError(f"the recipe lacks {', '.join(map(repr, missing))}")
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe file; see :meth:`from_json`.

        Raises:
            ConfigError: It cannot be read, or is no recipe; the message names the file.
        """
        try:
            return cls.from_json(path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"recipe {path} cannot be read: {error}") from None
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    def to_json(self) -> str:
        """Return the recipe with every field, one per line."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    def difference(self, other: "Recipe") -> str:
        """Say in which fields ``other`` differs, as ``name: ours -> theirs``; empty if in none."""
        ours, theirs = dataclasses.asdict(self), dataclasses.asdict(other)
        return ", ".join(
            f"{name}: {ours[name]} -> {theirs[name]}" for name in ours if ours[name] != theirs[name]
        )


def _check_type(name: str, value: Any, kind: Any) -> None:
    if kind is str:
        if not isinstance(value, str):
            raise ConfigError(f"{name}: {value!r} must be a string")
        return
    allowed = int if kind is int else int | float
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise ConfigError(f"{name}: {value!r} must be {'an integer' if kind is int else 'a number'}")
    if not math.isfinite(value) or value < 0:
        raise ConfigError(f"{name}: {value!r} must be finite and not negative")
