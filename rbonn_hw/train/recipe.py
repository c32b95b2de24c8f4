"""A recipe: everything that decides a training run, as one frozen object and one JSON file."""

import dataclasses
import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError
from rbonn_hw.models.reference import is_reference
from rbonn_hw.models.shapes import parsed
from rbonn_hw.models.table import FORMS
from rbonn_hw.models.zoo import NETWORKS, network
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.spec.input import InputMeaning
from rbonn_hw.train.data import DATASETS, OWN

SCHEDULES = ("cosine", "linear")
PRECISIONS = ("float32", "bfloat16")
DECAYS = ("penalty", "decoupled")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "form": FORMS,
    "dataset": (*DATASETS, *OWN),
    "method": tuple(METHODS),
    "precision": PRECISIONS,
    "schedule": SCHEDULES,
    "decay": DECAYS,
}
"""Values of the fields that have only a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training run.

    Attributes:
        network: Name of a network in :mod:`rbonn_hw.models.zoo`, or ``FILE.py:NAME``; see
            :mod:`rbonn_hw.models.own`.
        form: "hardware", or "paper": real-valued shortcuts, first layer, downsampling and classifier.
        width: Multiplier of the channel counts.
        bits: Width of the feature maps between rows in the hardware form [bits].
        dataset: Name of a data set in :mod:`rbonn_hw.train.data`, or of the user's own images: "folder", see
            :mod:`rbonn_hw.train.class_folders`, or "npz", see :mod:`rbonn_hw.train.array_file`.
        data: Folder or file of the user's own images; relative to the recipe's file. Empty for the others.
        frame: What the network takes, "CxHxW"; empty where the network or the data say it.
        input: What pixels become before a user's module: {"scale": "1/255", "mean": [..], "std": [..]}, or
            {"range": [LOW, HIGH]}; see :class:`rbonn_hw.spec.input.InputMeaning`. Empty for 0 .. 255.
        test_share: Of each of the user's classes that is for the test, where the data are not split yet.
        split_seed: Decides which images those are.
        method: Name of a training method in :mod:`rbonn_hw.optim.methods`.
        epochs: Passes over the training split, both stages together.
        stage1_epochs: Passes of the first stage, binary activations on real weights; 0 for a single stage.
        batch_size: Frames per optimizer step, over all processes and accumulated parts.
        accumulate: Parts into which a batch is cut; gradients of the parts are added.
        seed: Decides initial weights, order and augmentation.
        precision: Arithmetic of the forward and backward pass: "float32" or "bfloat16".
        lr: Learning rate at the start; it decays to 0 in each stage.
        weight_lr: Learning rate of the latent weights, relative to ``lr``.
        schedule: How the learning rate decays: "cosine" or "linear".
        weight_decay: L2 penalty on the weights in the first stage; 0 in the second, as AdamBNN has it. Those
            of a teacher have it to the end.
        decay: How that works on Adam: "penalty", part of the gradient, or "decoupled" from it (AdamW).
        coupling: lambda of the recurrent bilinear rule.
        tau: Its share of filters that count as sparse; 1 switches the recurrent step off.
        u_init: First value of its step U.
        flip_threshold: tau of Bop: momentum beyond which a weight flips; 0 for the method's own.
        flip_rate: gamma of Bop: share of the newest gradient in the momentum.
        flip_variance_rate: sigma of Bop2ndOrder: share of the newest squared gradient.
        teacher: Checkpoint folder of a network whose scores are learned too; empty for none.
        distill: Weight of the teacher's scores in the loss, 0 .. 1; the labels' is the rest.
        temperature: Temperature of the teacher's scores.
        score_scale: Factor on the scores in the loss; the network itself has none.
        label_smoothing: Share of probability given to the other classes, 0 .. 1.
        validation: Share of the training split that is held out, 0 .. 0.5; the epoch that does best on it is
            the trained network. With 0 that is the last epoch.
        evaluate_every: Epochs from one evaluation to the next; the last epoch of each stage has one too.
        rotation: Largest random rotation of a training frame to either side [degrees].
        zoom: Largest random enlargement or reduction of a training frame, 0 .. 0.5; 0.1 is ten percent.
        shift: Largest random displacement of a training frame to each side [pixels].
        crop: Largest random displacement in whole pixels, what enters is black [pixels].
        mirror: Probability that a training frame is mirrored left to right, 0 .. 1.
        train_frames: Training frames used, the first of each class alike; 0 for all.
    """

    network: str
    dataset: str
    epochs: int
    form: str = "hardware"
    width: float = 1.0
    bits: int = 4
    data: str = ""
    frame: str = ""
    input: dict[str, Any] = dataclasses.field(default_factory=dict)
    test_share: float = 0.2
    split_seed: int = 0
    method: str = "rbonn"
    stage1_epochs: int = 0
    batch_size: int = 64
    accumulate: int = 1
    seed: int = 0
    precision: str = "float32"
    lr: float = 3e-3
    weight_lr: float = 1.0
    schedule: str = "cosine"
    weight_decay: float = 0.0
    decay: str = "penalty"
    coupling: float = 1e-6
    tau: float = 0.6
    u_init: float = 1e-3
    flip_threshold: float = 0.0
    flip_rate: float = 1e-3
    flip_variance_rate: float = 1e-3
    teacher: str = ""
    distill: float = 0.0
    temperature: float = 1.0
    score_scale: float = 0.02
    label_smoothing: float = 0.0
    validation: float = 0.0
    evaluate_every: int = 1
    rotation: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    crop: int = 0
    mirror: float = 0.0
    train_frames: int = 0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check_type(field.name, getattr(self, field.name), field.type)
        if not is_reference(self.network):
            _check_choice("network", self.network, tuple(NETWORKS))
        for name, allowed in CHOICES.items():
            _check_choice(name, getattr(self, name), allowed)
        positive = ("epochs", "width", "bits", "batch_size", "accumulate", "lr", "weight_lr", "score_scale")
        for name in (*positive, "temperature", "evaluate_every"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must be positive")
        for name in ("tau", "label_smoothing", "distill", "mirror", "flip_rate", "flip_variance_rate"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must lie in 0 .. 1")
        for name in ("zoom", "validation"):
            if getattr(self, name) > 0.5:
                raise ConfigError(f"{name}: {getattr(self, name)!r} must lie in 0 .. 0.5; try 0.1")
        self._check_relations()
        self._check_own()
        self._check_table()

    def _check_own(self) -> None:
        """Check what concerns the user's own network and images."""
        if self.frame and self.frame_shape is None:
            raise ConfigError(f'frame: {self.frame!r} must be "CxHxW" of positive sizes; try "3x32x32"')
        InputMeaning.from_document(self.input)
        if bool(self.data) != (self.dataset in OWN):
            raise ConfigError(
                f"dataset: {self.dataset!r} and data: {self.data!r} do not go together; data names the "
                "folder or file of the data sets 'folder' and 'npz', and of no other"
            )
        if self.dataset in OWN and not 0 < self.test_share < 1:
            raise ConfigError(f"test_share: {self.test_share} must lie between 0 and 1; try 0.2")
        if is_reference(self.network) and self.width != 1:
            raise ConfigError(
                f"width: {self.width} belongs to the networks by name; {self.network!r} has its own "
                "channel counts"
            )

    def _check_table(self) -> None:
        """Check width and bits, as the table of a network by name does."""
        if not is_reference(self.network):
            network(self.network, form=self.form, width=self.width, bits=self.bits)

    @property
    def frame_shape(self) -> tuple[int, int, int] | None:
        """(C, H, W) that :attr:`frame` says; None where it says nothing."""
        return parsed(self.frame)

    def _check_relations(self) -> None:
        if self.stage1_epochs >= self.epochs:
            raise ConfigError(
                f"stage1_epochs: {self.stage1_epochs} must be below "
                f"epochs, {self.epochs}; try {self.epochs // 2}"
            )
        if METHODS[self.method].two_stage and not self.stage1_epochs:
            raise ConfigError(
                f"method {self.method!r} has two stages; set stage1_epochs, e.g. {self.epochs // 2}"
            )
        if self.batch_size % self.accumulate:
            raise ConfigError(f"accumulate: {self.accumulate} must divide batch_size, {self.batch_size}")
        if bool(self.teacher) != bool(self.distill):
            raise ConfigError(
                f"teacher: {self.teacher!r} and distill: {self.distill!r} go together; "
                "name a checkpoint folder and a weight, or neither"
            )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a recipe.

        Raises:
            ConfigError: Not a JSON object, an unknown or missing key, or a value out of its range.
        """
        try:
            values = documents.parse(text)
        except ValueError as error:
            raise ConfigError(f"a recipe is a JSON object; this is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise ConfigError(f"a recipe is a JSON object, not a {type(values).__name__}")
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for key in values:
            if key not in fields:
                raise ConfigError(f"unknown key {key!r} in the recipe; {_hint(key, tuple(fields))}")
        missing = [
            name
            for name, field in fields.items()
            if field.default is field.default_factory is dataclasses.MISSING and name not in values
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


def _hint(given: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"{name}: {value!r} is not one of {list(allowed)}; {_hint(value, allowed)}")


def _check_type(name: str, value: Any, kind: Any) -> None:
    if kind is str:
        if not isinstance(value, str):
            raise ConfigError(f"{name}: {value!r} must be a string")
        return
    if kind not in (int, float):
        if not isinstance(value, dict):
            raise ConfigError(f"{name}: {value!r} must be a JSON object")
        return
    allowed = int if kind is int else int | float
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise ConfigError(f"{name}: {value!r} must be {'an integer' if kind is int else 'a number'}")
    if isinstance(value, int) and value >= 1 << 63:
        raise ConfigError(f"{name}: must be below 2^63")
    if not math.isfinite(value) or value < 0:
        raise ConfigError(f"{name}: {value!r} must be finite and not negative")
