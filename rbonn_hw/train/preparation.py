"""What stands before the first step: data that fit the network, its first weights, where they lie."""

import dataclasses
import itertools
import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError, DatasetError
from rbonn_hw.models import boxes, storage
from rbonn_hw.models.convert import to_form
from rbonn_hw.models.network import Network
from rbonn_hw.models.own import Definition
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Interface, Trainable
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.train import stages
from rbonn_hw.train.batches import EvaluationBatches
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.data import AnySplit, Dataset
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.recipe import Recipe

CALIBRATION_FRAMES = 512
PLAIN_METHODS = ("ste", "reactnet")
"""Methods that are Adam where a network has none of our binary layers."""

_log = logging.getLogger(__name__)


def layout(table: Interface, group: Group) -> torch.memory_format:
    """Return the layout of maps: on a GPU, channels last is what its binary and its bfloat16 kernels take."""
    is_image = min(table.frame[1:]) > 1
    return torch.channels_last if is_image and group.device.type == "cuda" else torch.contiguous_format


def check_data(table: Interface, dataset: Dataset) -> None:
    """Check that a data set is one for a network.

    Raises:
        DatasetError: Other frames, more classes (the user's own: another number), or hardly any frame.
    """
    frame = dataset.train.frame
    if frame != table.frame:
        raise DatasetError(
            f"data set {dataset.name!r} has frames {frame}, network {table.name!r} takes {table.frame}"
        )
    if len(dataset.train) < 2:
        raise DatasetError(f"data set {dataset.name!r} has {len(dataset.train)} training frames; 2 at least")
    has_boxes = isinstance(dataset.train, BoxSplit)
    if has_boxes != boxes.detects(table):
        known = ("boxes" if has_boxes else "labels", "boxes" if boxes.detects(table) else "labels")
        raise DatasetError(
            f"data set {dataset.name!r} has {known[0]}, network {table.name!r} learns from {known[1]}; "
            f"try network {'detect-digits' if has_boxes else 'digits'!r}"
        )
    names = dataset.class_names
    if names and len(names) != table.classes:
        shown = ", ".join(names[:5]) + (" .." if len(names) > 5 else "")
        raise DatasetError(
            f"data set {dataset.name!r} has {len(names)} classes ({shown}), network {table.name!r} "
            f"{table.classes}: make them equal"
        )
    largest = max(dataset.train.classes, dataset.test.classes) - 1
    if largest >= table.classes:
        raise DatasetError(
            f"data set {dataset.name!r} has class {largest}, network {table.name!r} {table.classes} classes"
        )


def splits(recipe: Recipe, dataset: Dataset) -> tuple[Dataset, AnySplit | None]:
    """Return the data set, its training split what is learned from, and the frames held out, if any."""
    dataset = dataset.subset(recipe.train_frames)
    if not recipe.validation:
        return dataset, None
    train, validation = dataset.held_out(recipe.validation, recipe.seed)
    return dataclasses.replace(dataset, train=train), validation


def check_method(recipe: Recipe, net: Trainable) -> None:
    """Check that a method has something to train.

    Raises:
        ConfigError: It moves the latent weights of our binary layers, and the network has none.
    """
    if recipe.method not in PLAIN_METHODS and not net.binary_pairs():
        raise ConfigError(
            f"method {recipe.method!r} trains the layers of rbonn_hw.models.weights (BinaryConv, "
            "BinaryLinear), and "
            f'network {net.table.name!r} has none; set "method": "ste" in the recipe, or use these layers'
        )


def first_network(recipe: Recipe, definition: Definition, init: Path | None, train: AnySplit) -> Trainable:
    """Return the network of a recipe before its first step.

    Args:
        recipe: Method and seed.
        definition: Of the network.
        init: Folder or file of a trained network with the same rows, whose weights it gets; a detector takes
            those of a network that begins with the same rows; None for random.
        train: Of which a change from the paper to the hardware form takes its scales.

    Raises:
        ConfigError: ``init`` is not there, is another network, or packed; the method is not for this network.
    """
    method, table = METHODS[recipe.method], definition.table
    net = definition.build(recipe.seed, gradient=method.gradient, shifts=method.shifts)
    check_method(recipe, net)
    if init is None:
        return net
    given = storage.describe(init)
    if given.network != table.name and boxes.detects(table) and not given.packed:
        _take_backbone(net, init)
        if given.method == stages.REAL and recipe.method != stages.REAL:
            stages.rescale(net)
        return net
    width = table.width if isinstance(table, Table) else 1.0
    if (given.network, given.width) != (table.name, width):
        raise ConfigError(
            f"--init {init} holds network {given.network!r} of width {given.width:g}, the recipe wants "
            f"{table.name!r} of width {width:g}; name a checkpoint of that"
        )
    if given.packed:
        raise ConfigError(f"--init {init} is packed for shipping; name the folder of `rbonn train` instead")
    source = storage.load_network(init)
    if isinstance(source, Network) and isinstance(table, Table) and source.table != table:
        converted = to_form(source, table, _calibration(train))
        source = converted.network
        _advise(recipe.score_scale, given.score_scale * converted.score_scale)
    net.load_state_dict(source.state_dict())
    if given.method == stages.REAL and recipe.method != stages.REAL:
        stages.rescale(net)
    return net


def _take_backbone(net: Trainable, init: Path) -> None:
    """Give a detector the weights of the rows with which another network begins, as it does.

    Raises:
        ConfigError: It is of another form, or begins with another row.
    """
    source, mine = storage.load_network(init), net.table
    theirs = source.table
    assert isinstance(mine, Table)
    rows = 0
    if isinstance(theirs, Table):
        same = (mine.form, mine.bits, mine.frame[0]) == (theirs.form, theirs.bits, theirs.frame[0])
        pairs = zip(mine.rows, theirs.rows, strict=False)
        rows = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)) if same else 0
    if not rows:
        raise ConfigError(
            f"--init {init} holds network {theirs.name!r} ({theirs.form}), which does not begin with the "
            f"rows of {mine.name!r} ({mine.form}); name one of the same first rows, width and form"
        )
    state = net.state_dict()
    taken = [name for name in source.state_dict() if int(name.split(".")[1]) < rows]
    net.load_state_dict({**state, **{name: source.state_dict()[name] for name in taken}})
    _log.info("the first %d of %d rows begin with the weights of %s", rows, len(mine.rows), theirs.name)


def _advise(score_scale: float, kept: float) -> None:
    """Say which ``score_scale`` would leave the logits as they were, where the recipe's is far from it."""
    if not kept / 2 <= score_scale <= kept * 2:
        _log.warning(
            "the scores of the converted network are integers: score_scale=%.3g would keep its logits, "
            "the recipe has %g",
            kept,
            score_scale,
        )


def _calibration(train: AnySplit) -> Tensor:
    """Return some frames [n, C, H, W] from all over a training split."""
    chosen = np.linspace(0, len(train) - 1, min(len(train), CALIBRATION_FRAMES)).astype(np.int64)
    return torch.cat([frames for frames, _ in EvaluationBatches(train.take(chosen))])


def place(net: torch.nn.Module, group: Group, memory_format: torch.memory_format) -> None:
    """Move a network to the group's device."""
    net.to(group.device)
    for parameter in net.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=memory_format)
