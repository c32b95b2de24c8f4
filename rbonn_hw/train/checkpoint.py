"""What a training run leaves in its folder, without pickle.

- recipe.json: the recipe, written first.
- last.safetensors: state after the last whole epoch (network, optimizer, progress), to continue from.
- model.safetensors, test.npz: the trained network and the test split; see :mod:`rbonn_hw.models.storage`.
- train.json: result: accuracy, losses, wall time; its presence means that training is finished.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.network import Network
from rbonn_hw.models.storage import MODEL_FILE, TEST_FILE, load_tensors, save_tensors
from rbonn_hw.train.recipe import Recipe

RECIPE, LAST, RESULT = "recipe.json", "last.safetensors", "train.json"
FILES = (RECIPE, LAST, MODEL_FILE, TEST_FILE, RESULT)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        losses: Mean training loss of each epoch done.
        seconds: Wall time spent [s].
    """

    losses: tuple[float, ...] = ()
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.losses)


def stored_recipe(folder: Path) -> Recipe | None:
    """Return the recipe of the run in ``folder``; None if there is none that this version could continue."""
    try:
        return Recipe.read(folder / RECIPE)
    except ConfigError:
        return None


def save_state(path: Path, net: Network, optimizer: Optimizer, progress: Progress) -> None:
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
    metadata = {
        "groups": json.dumps(state["param_groups"]),
        "scalars": json.dumps(scalars),
        "progress": json.dumps(asdict(progress)),
    }
    save_tensors(path, tensors, metadata)


def load_state(path: Path, net: Network, optimizer: Optimizer) -> Progress:
    """Bring network and optimizer to the state in ``path``.

    Raises:
        ConfigError: It cannot be read, or is of another network.
    """
    tensors, metadata = load_tensors(path)
    try:
        state: dict[int, dict[str, Any]] = {
            int(key): dict(value) for key, value in json.loads(metadata["scalars"]).items()
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
        optimizer.load_state_dict({"state": state, "param_groups": json.loads(metadata["groups"])})
        stored = json.loads(metadata["progress"])
        return Progress(tuple(stored["losses"]), stored["seconds"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{path} is no state of this network ({error}); use another --out") from None


def parameter_count(net: Network) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in net.parameters())
