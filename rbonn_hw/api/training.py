"""Training: a recipe in, a folder with the trained network out."""

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.progress import Progress, silent
from rbonn_hw.errors import ConfigError

if TYPE_CHECKING:
    from rbonn_hw.models.own import Definition
    from rbonn_hw.models.reference import Reference
    from rbonn_hw.train.data import Dataset
    from rbonn_hw.train.loop import OnEpoch, Paused
    from rbonn_hw.train.outcome import Trained
    from rbonn_hw.train.recipe import Recipe
    from rbonn_hw.train.trainer import OnStep


MOST_THREADS = 1024
"""Far beyond a machine's processors: a larger number is a mistake."""


def train(
    recipe: "Recipe | Path | str",
    out: Path | str,
    *,
    network: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    init: Path | str | None = None,
    data_dir: Path | str | None = None,
    device: str = "auto",
    compiled: bool = False,
    threads: int = 1,
    stop_after: float = math.inf,
    progress: Progress = silent,
    on_step: "OnStep | None" = None,
    on_epoch: "OnEpoch | None" = None,
) -> "Trained | Paused":
    """Train a network by a recipe, or continue, or recognise a finished run.

    Under torchrun every process calls this alike, and process 0 alone reports and writes.

    Args:
        recipe: A recipe, or its JSON file; what the file names (network, data) is relative to it.
        out: Folder for the checkpoint; see :mod:`rbonn_hw.train.checkpoint`.
        network: ``FILE.py:NAME`` or a name, instead of the recipe's; relative to the current folder.
        epochs: Passes over the data, instead of the recipe's.
        seed: Instead of the recipe's.
        init: Folder or file of a trained network whose weights are the first.
        data_dir: Of the data sets by name; None is ``$RBONN_DATA``, else ~/.cache/rbonn.
        device: "auto", "cpu", "cuda" or "cuda:1".
        compiled: Whether to use ``torch.compile``.
        threads: PyTorch threads; results depend on it.
        stop_after: Time after which no further epoch is begun [s].
        progress: Called with a line of text.
        on_step: Called from time to time within an epoch.
        on_epoch: Called after each epoch, once it is stored.

    Returns:
        Accuracy and time, or how far the run has come if it had to stop.

    Raises:
        ConfigError: The recipe, the network, a device or a folder is not usable.
        DatasetError: The data are absent, corrupt, or not the network's.
        TrainingError: The loss is no longer finite; the state of the last good epoch is kept.
    """
    import torch

    from rbonn_hw.train import checkpoint, distributed, loop
    from rbonn_hw.train import device as devices

    _check(threads, stop_after)
    folder = Path(out)
    plan, base = _recipe(recipe, {"epochs": epochs, "seed": seed})
    plan, reference = _reference(plan, network, base)
    torch.set_num_threads(threads)
    with distributed.joined(devices.pick(device)) as group:
        if not group.is_main:
            group.wait()  # Process 0 downloads the data.
        definition, dataset = _network_and_data(plan, reference, base, data_dir)
        watch = loop.Watch(stop_after=stop_after)
        if group.is_main:
            group.wait()
            former = checkpoint.stored_recipe(folder)
            if former != plan and (folder / checkpoint.RECIPE).exists():
                difference = former.difference(plan) if former else "of another version"
                progress(f"{folder} holds another run ({difference}): training anew")
            progress(f"{plan.dataset}: {dataset.provenance}")
            watch = dataclasses.replace(
                watch, on_step=on_step or watch.on_step, on_epoch=on_epoch or watch.on_epoch
            )
        return loop.train(
            plan,
            dataset,
            folder,
            definition=definition,
            init=None if init is None else Path(init),
            device=device,
            compiled=compiled,
            watch=watch,
        )


def _check(threads: int, stop_after: float) -> None:
    if not 1 <= threads <= MOST_THREADS:
        raise ConfigError(f"threads: {threads} must lie in 1 .. {MOST_THREADS}")
    if not stop_after >= 0:
        raise ConfigError(f"stop_after: {stop_after} must not be negative; try 500")


def _recipe(recipe: "Recipe | Path | str", changes: dict[str, Any]) -> tuple["Recipe", Path]:
    """Return the recipe with its changes, and the folder that its paths are relative to."""
    from rbonn_hw.train.recipe import Recipe

    given = {name: value for name, value in changes.items() if value is not None}
    if isinstance(recipe, Recipe):
        return dataclasses.replace(recipe, **given), Path()
    path = Path(recipe)
    return dataclasses.replace(Recipe.read(path), **given), path.parent


def _reference(recipe: "Recipe", network: str | None, base: Path) -> tuple["Recipe", "Reference | None"]:
    """Return the recipe with the network's name, which does not depend on folders, and where its file is."""
    from rbonn_hw.models.reference import Reference, is_reference

    name, where = (recipe.network, base) if network is None else (network, Path())
    if not is_reference(name):
        return dataclasses.replace(recipe, network=name), None
    reference = Reference.parse(name, where)
    return dataclasses.replace(recipe, network=reference.name), reference


def _network_and_data(
    recipe: "Recipe", reference: "Reference | None", base: Path, data_dir: Path | str | None
) -> tuple["Definition", "Dataset"]:
    """Make the one that says what a frame is first: a table does, and so do the data sets by name."""
    from rbonn_hw.models.own import define
    from rbonn_hw.models.table import Table
    from rbonn_hw.train import own_data

    directory = None if data_dir is None else Path(data_dir)
    options = {"form": recipe.form, "width": recipe.width, "bits": recipe.bits}
    frame, dataset = recipe.frame_shape, None
    if reference is not None and frame is None and recipe.dataset not in own_data.RESIZED:
        dataset = own_data.load(recipe, directory, base=base)
        frame = dataset.train.frame
    definition = define(recipe.network, **options, frame=frame, reference=reference, input=recipe.input)  # type: ignore[arg-type]
    ends = definition.table.frame if isinstance(definition.table, Table) else frame
    return definition, dataset or own_data.load(recipe, directory, base=base, frame=ends)
