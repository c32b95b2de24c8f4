"""A training run of a second, for tests of what it leaves."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import torch

from rbonn_hw.models import storage, tensor_file
from rbonn_hw.train import checkpoint, data, loop
from rbonn_hw.train.data import Dataset
from rbonn_hw.train.loop import Watch
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.recipe import Recipe

RECIPE = Recipe(
    network="digits",
    dataset="digits",
    epochs=3,
    batch_size=32,
    lr=0.005,
    weight_lr=6.0,
    shift=0.5,
    u_init=0.01,
)


def small_digits() -> Dataset:
    """A tenth of the digits."""
    whole = data.load("digits")
    return dataclasses.replace(
        whole, train=whole.train.take(np.arange(128)), test=whole.test.take(np.arange(64))
    )


def train(recipe: Recipe, dataset: Dataset, folder: Path, watch: Watch | None = None) -> Trained:
    """Train to the end."""
    done = loop.train(recipe, dataset, folder, watch=watch)
    assert isinstance(done, Trained)
    return done


def weights(folder: Path, name: str = storage.MODEL_FILE) -> dict[str, torch.Tensor]:
    """Return the tensors of a file of a run."""
    return tensor_file.load_tensors(folder / name)[0]


def result(folder: Path) -> dict[str, object]:
    """Return train.json."""
    document: dict[str, object] = json.loads((folder / checkpoint.RESULT).read_text())
    return document
