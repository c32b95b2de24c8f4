"""The training loop: a recipe and a data set in, a folder with the trained network out."""

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch.nn import functional

from rbonn_hw import results
from rbonn_hw.errors import ConfigError, DatasetError, TrainingError
from rbonn_hw.models import evaluation, storage
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.table import Table
from rbonn_hw.models.zoo import network
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from rbonn_hw.train import checkpoint
from rbonn_hw.train.batches import Batches
from rbonn_hw.train.checkpoint import Progress
from rbonn_hw.train.data import Dataset, in_memory
from rbonn_hw.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What is known after an epoch.

    Attributes:
        epoch: Epochs done.
        epochs: Epochs in all.
        loss: Mean training loss of this epoch.
    """

    epoch: int
    epochs: int
    loss: float


@dataclass(frozen=True, slots=True)
class Trained:
    """The end of a run.

    Attributes:
        accuracy: Top-1 on the test split, 0 .. 1.
        seconds: Wall time of the training, all parts together [s].
        was_finished: True if the folder held this run already.
    """

    accuracy: float
    seconds: float
    was_finished: bool


def learning_rate(recipe: Recipe, done: float) -> float:
    """Return the learning rate after the share ``done``, 0 .. 1, of all steps."""
    if recipe.schedule == "cosine":
        return recipe.lr * 0.5 * (1.0 + math.cos(math.pi * done))
    return recipe.lr * (1.0 - done)


def finished(recipe: Recipe, folder: Path) -> Trained | None:
    """Return the result in ``folder`` if it holds exactly this run, finished."""
    result = folder / checkpoint.RESULT
    if checkpoint.stored_recipe(folder) != recipe or not (folder / storage.MODEL_FILE).exists():
        return None
    if not result.exists():
        return None
    document = results.read_result(result, "rbonn train")
    return Trained(document["accuracy"]["test"], document["seconds"], was_finished=True)


def train(
    recipe: Recipe,
    dataset: Dataset,
    folder: Path,
    *,
    on_epoch: Callable[[EpochReport], None] = lambda _: None,
) -> Trained:
    """Train, or continue, or recognise a finished run.

    An interrupted run continues after its last whole epoch and ends with the same bits as an uninterrupted
    one (for the same number of PyTorch threads). A folder with another recipe's run is overwritten.

    Args:
        recipe: What to do.
        dataset: The data that ``recipe.dataset`` names.
        folder: Where to keep it; see :mod:`rbonn_hw.train.checkpoint`.
        on_epoch: Called after each epoch.

    Raises:
        DatasetError: The images are not the network's.
        TrainingError: The loss is no longer finite; the state of the last good epoch stays in ``folder``.
        ConfigError: ``folder`` is a file, or holds something unreadable.
    """
    done = finished(recipe, folder)
    if done is not None:
        return done
    table = network(recipe.network)
    _check_data(table, dataset)
    net = build(table, recipe.seed)
    optimizer = make_optimizer(net, recipe)
    progress = _start(recipe, folder, net, optimizer)
    batches = Batches(dataset.train, recipe)
    for epoch in range(progress.epochs, recipe.epochs):
        started = time.perf_counter()
        loss = _epoch(net, optimizer, batches, recipe, epoch)
        seconds = progress.seconds + time.perf_counter() - started
        progress = Progress((*progress.losses, loss), seconds)
        checkpoint.save_state(folder / checkpoint.LAST, net, optimizer, progress)
        on_epoch(EpochReport(epoch + 1, recipe.epochs, loss))
    return _finish(recipe, dataset, folder, net, progress)


def make_optimizer(net: Network, recipe: Recipe) -> RecurrentBilinear:
    """Return the optimizer of a recipe for a network."""
    pairs = net.binary_pairs()
    paired = {id(parameter) for pair in pairs for parameter in pair}
    others = [parameter for parameter in net.parameters() if id(parameter) not in paired]
    return RecurrentBilinear(
        pairs,
        others,
        lr=recipe.lr,
        weight_lr=recipe.weight_lr,
        coupling=recipe.coupling,
        tau=recipe.tau,
        u_init=recipe.u_init,
    )


def _check_data(table: Table, dataset: Dataset) -> None:
    frame = dataset.train.frame
    if frame != table.frame:
        raise DatasetError(
            f"data set {dataset.name!r} has frames {frame}, network {table.name!r} takes {table.frame}"
        )
    if len(dataset.train) < 2:
        raise DatasetError(f"data set {dataset.name!r} has {len(dataset.train)} training frames; 2 at least")
    largest = int(max(dataset.train.labels.max(), dataset.test.labels.max()))
    if largest >= table.classes:
        raise DatasetError(
            f"data set {dataset.name!r} has class {largest}, network {table.name!r} {table.classes} classes"
        )


def _start(recipe: Recipe, folder: Path, net: Network, optimizer: RecurrentBilinear) -> Progress:
    """Continue the run in ``folder`` if it is this one; else clear the folder for it."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder, for example {folder}.d")
    last = folder / checkpoint.LAST
    if last.exists() and checkpoint.stored_recipe(folder) == recipe:
        return checkpoint.load_state(last, net, optimizer)
    for name in (checkpoint.RESULT, storage.MODEL_FILE, checkpoint.LAST):
        (folder / name).unlink(missing_ok=True)
    results.write_text(folder / checkpoint.RECIPE, recipe.to_json())
    return Progress()


def _epoch(net: Network, optimizer: RecurrentBilinear, batches: Batches, recipe: Recipe, epoch: int) -> float:
    """Train one epoch and return its mean loss."""
    net.train()
    steps = batches.steps
    total = 0.0
    for step, (frames, labels) in enumerate(batches(epoch)):
        rate = learning_rate(recipe, (epoch * steps + step) / (recipe.epochs * steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = functional.cross_entropy(
            net(frames) * recipe.score_scale, labels, label_smoothing=recipe.label_smoothing
        )
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss became {value} in epoch {epoch + 1}, step {step + 1}; the state after epoch "
                f"{epoch} is kept; try a learning rate below lr={recipe.lr}, for example {recipe.lr / 4:.2g}"
            )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        net.constrain()
        total += value
    return total / steps


def _finish(recipe: Recipe, dataset: Dataset, folder: Path, net: Network, progress: Progress) -> Trained:
    accuracy = {
        name: evaluation.top1(evaluation.scores(net, in_memory(split).frames), split.labels)
        for name, split in (("train", dataset.train), ("test", dataset.test))
    }
    test = in_memory(dataset.test)
    results.write_arrays(folder / storage.TEST_FILE, frames=test.frames, labels=test.labels)
    storage.save_network(folder, net)
    results.write_result(
        folder / checkpoint.RESULT,
        {
            "recipe": dataclasses.asdict(recipe),
            "parameters": checkpoint.parameter_count(net),
            "frames": {"train": len(dataset.train), "test": len(dataset.test)},
            "accuracy": accuracy,
            "losses": list(progress.losses),
            "seconds": progress.seconds,
        },
        {"accuracy": "executed", "losses": "executed", "seconds": "measured"},
    )
    return Trained(accuracy["test"], progress.seconds, was_finished=False)
