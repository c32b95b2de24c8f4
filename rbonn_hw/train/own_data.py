"""From a recipe to its data set: one by name, or the user's own images."""

from pathlib import Path

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import array_file, class_folders, coco, data, voc
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.data import Dataset, Split
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.splitting import provenance

Shape = tuple[int, int, int]
BOXED = {"voc": voc.load, "coco": coco.load}
"""Loaders of images with boxes, by the name of the layout."""
RESIZED = ("folder", *BOXED, "voc2007")
"""Data sets whose images become frames of the network's size; the others have one of their own."""


def load(
    recipe: Recipe, directory: Path | None = None, *, base: Path | None = None, frame: Shape | None = None
) -> Dataset:
    """Load the data set of a recipe.

    Args:
        recipe: Names it.
        directory: Data directory of the data sets by name; None is :func:`rbonn_hw.toolchain.data_dir`.
        base: Folder that ``recipe.data`` is relative to; None is the current one.
        frame: (C, H, W) that the network takes, where it says so; else the recipe or the data do.

    Raises:
        DatasetError: Absent, corrupt, or not of the network's shape.
    """
    if recipe.dataset in data.DATASETS:
        return data.load(recipe.dataset, directory, frame=frame or recipe.frame_shape)
    path = (base or Path()) / Path(recipe.data).expanduser()
    wanted = frame or recipe.frame_shape
    options = {"test_share": recipe.test_share, "split_seed": recipe.split_seed}
    if recipe.dataset == "npz":
        train, test, names = array_file.load(path, wanted, **options)  # type: ignore[arg-type]
    elif wanted is None:
        raise DatasetError(
            f'{path}: images of any size become frames of one; set "frame" in the recipe to "CxHxW", for '
            'example "3x32x32"'
        )
    elif recipe.dataset in BOXED:
        parts = BOXED[recipe.dataset](path, wanted)
        return Dataset(recipe.dataset, *parts[:2], _checksum(*parts[:2], str(recipe.data)), parts[2])
    else:
        train, test, names = class_folders.load(path, wanted, **options)  # type: ignore[arg-type]
    return Dataset(
        recipe.dataset, Split(*train), Split(*test), provenance(train, test, str(recipe.data)), names
    )


def _checksum(train: BoxSplit, test: BoxSplit, where: str) -> str:
    return provenance((train.frames, train.labels), (test.frames, test.labels), where)
