"""What a training run leaves in its folder, without pickle.

- recipe.json: the recipe, written first.
- last.safetensors: state after the last whole epoch (network, optimizer, progress), to continue from.
- best.safetensors: the network of the best epoch, where the recipe holds out frames to choose it by.
- metrics.csv, tensorboard/: see :mod:`rbonn_hw.train.logs`.
- model.safetensors, test.npz: the trained network and the test split; see :mod:`rbonn_hw.models.storage`
  and :mod:`rbonn_hw.models.stored_frames`.
- train.json: result: accuracy, losses, wall time; its presence means that training is finished.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError
from rbonn_hw.models import stored_frames
from rbonn_hw.models.storage import CLASSES_FILE, MODEL_FILE
from rbonn_hw.models.tensor_file import load_tensors, save_tensors
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.train.logs import METRICS, TENSORBOARD, EpochRecord
from rbonn_hw.train.recipe import Recipe

RECIPE, LAST, BEST, RESULT = "recipe.json", "last.safetensors", "best.safetensors", "train.json"
FILES = (RECIPE, LAST, METRICS, TENSORBOARD, MODEL_FILE, stored_frames.FILE, RESULT)
LAST_STAGE = 2
MADE_BY = "rbonn train"


def names(folder: Path, network: Path | None) -> tuple[str, ...]:
    """Return what a run may write in its folder; a copy of its user's network file, too."""
    lies_there = network is not None and network.resolve() == (folder / network.name).resolve()
    copied = () if network is None or lies_there else (network.name,)
    return (*FILES, BEST, CLASSES_FILE, *copied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a run starts from besides its recipe, as fingerprints of files; empty for none.

    Attributes:
        init: Of the network whose weights are the first.
        teacher: Of the recipe's teacher.
        data: Provenance of the data set.
        network: Of the user's file that defines the network.
    """

    init: str = ""
    teacher: str = ""
    data: str = ""
    network: str = ""

    def agree(self, other: "Sources") -> bool:
        """Return whether a run from ``self`` is one from ``other``; runs of old have no provenance."""
        return dataclasses.replace(self, data=self.data or other.data) == other


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come.

    Attributes:
        records: One per epoch done.
        sources: What the run started from.
    """

    records: tuple[EpochRecord, ...] = ()
    sources: Sources = dataclasses.field(default_factory=Sources)

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.records)

    @property
    def seconds(self) -> float:
        """Wall time spent [s]."""
        return sum(record.seconds for record in self.records)

    @property
    def best(self) -> EpochRecord | None:
        """The epoch of the last stage that did best on the frames held out, of equal ones the first."""
        judged = [r for r in self.records if r.stage == LAST_STAGE and r.validation_accuracy is not None]
        return max(judged, key=lambda record: record.validation_accuracy or 0.0, default=None)

    def with_record(self, record: EpochRecord) -> "Progress":
        """Return the progress after one more epoch."""
        return dataclasses.replace(self, records=(*self.records, record))


def stored_recipe(folder: Path) -> Recipe | None:
    """Return the recipe of the run in ``folder``; None if there is none that this version could continue."""
    try:
        return Recipe.read(folder / RECIPE)
    except ConfigError:
        return None


def save_state(path: Path, net: Trainable, optimizer: Optimizer, progress: Progress) -> None:
    """Write everything that the next epoch depends on."""
    state = optimizer.state_dict()
    tensors = {f"network.{name}": value for name, value in net.state_dict().items()}
    scalars: dict[str, dict[str, Any]] = {}
    for key, entry in state["state"].items():
        for name, value in entry.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{key}.{name}"] = value
            else:
                scalars.setdefault(str(key), {})[name] = value
    others = {name: value for name, value in state.items() if name != "state"}
    metadata = {
        "optimizer": json.dumps(others),
        "scalars": json.dumps(scalars),
        "progress": json.dumps(dataclasses.asdict(progress)),
    }
    save_tensors(path, tensors, metadata)


def read_progress(path: Path) -> Progress:
    """Return how far the run in a state file has come.

    Raises:
        ConfigError: It cannot be read.
    """
    return _progress(path, load_tensors(path)[1])


def _progress(path: Path, metadata: dict[str, str]) -> Progress:
    try:
        stored = documents.parse(metadata["progress"])
        return documents.build(Progress, {name: stored[name] for name in ("records", "sources")}, "progress")
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is no state of this version ({error}); use another --out") from None


def load_state(path: Path, net: Trainable, optimizer: Optimizer) -> Progress:
    """Bring network and optimizer to the state in ``path``.

    Raises:
        ConfigError: It cannot be read, or is of another network.
    """
    tensors, metadata = load_tensors(path)
    try:
        state: dict[int, dict[str, Any]] = {
            int(key): dict(value) for key, value in documents.parse(metadata["scalars"]).items()
        }
        weights = {}
        for full_name, tensor in tensors.items():
            kind, name = full_name.split(".", 1)
            if kind == "network":
                weights[name] = tensor
            else:
                key, slot = name.split(".", 1)
                state.setdefault(int(key), {})[slot] = tensor
        net.load_state_dict(weights)
        optimizer.load_state_dict({**documents.parse(metadata["optimizer"]), "state": state})
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        first = " ".join(str(error).split())[:300]
        raise ConfigError(f"{path} is no state of this network ({first}); use another --out") from None
    return _progress(path, metadata)


def parameter_count(net: Trainable) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in net.parameters())
