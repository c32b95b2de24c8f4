"""Export: a trained network in, a QONNX file and golden vectors out."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rbonn_hw.errors import ConfigError

if TYPE_CHECKING:
    from rbonn_hw.export.qonnx_file import Exported, Frames


def export(
    checkpoint: Path | str,
    out: Path | str,
    *,
    frames: int | Literal["all", "none"] = "all",
    network: str | None = None,
    data_dir: Path | str | None = None,
) -> "Exported":
    """Write a trained network as QONNX, with golden vectors of test frames.

    A network that its user brought is made by running its file: the copy in the folder, or ``network``.

    Args:
        checkpoint: Folder of :func:`train`, file of `rbonn pack`, or name of a shipped network.
        out: Folder for the files; see :mod:`rbonn_hw.export.qonnx_file`.
        frames: Golden vectors: "all" (10,000 at most), "none", or a number, the first ones.
        network: ``FILE.py:NAME`` that defines the user's network, instead of the copy in the folder.
        data_dir: Of the data sets by name; None is ``$RBONN_DATA``, else ~/.cache/rbonn.

    Raises:
        ConfigError: No trained network there, or one without integer arithmetic; a setting out of range.
        DatasetError: The test split is needed and absent.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.export import qonnx_file
    from rbonn_hw.models import shipped
    from rbonn_hw.models.reference import Reference

    source = shipped.resolve(Path(checkpoint))
    reference: Reference | None = None if network is None else Reference.parse(network)
    with at_work(Path(out), "export"):
        test = _test(source, frames, None if data_dir is None else Path(data_dir))
        return qonnx_file.export(source, Path(out), test, reference)


def _test(source: Path, frames: int | str, directory: Path | None) -> "Frames | None":
    from rbonn_hw.models import storage, stored_frames

    if frames == "none":
        return None
    if frames != "all" and not (isinstance(frames, int) and frames > 0):
        raise ConfigError(f"frames: {frames!r} must be all, none or a positive number; try 1000")
    description = storage.describe(source)
    if (source / stored_frames.FILE).exists():
        images, labels = stored_frames.load(source)
    else:
        from rbonn_hw.train import data
        from rbonn_hw.train.imagenet import FolderSplit

        if not description.dataset:
            raise ConfigError(f"{source} names no data set; add --frames none")
        if description.dataset in data.OWN:
            raise ConfigError(
                f"{source} was trained on images of yours, and holds no {stored_frames.FILE}; export the "
                "folder of `rbonn train`, or add --frames none"
            )
        split = data.load(description.dataset, directory).test
        if isinstance(split, FolderSplit):
            raise ConfigError(
                f"the test split of {description.dataset!r} is not held in memory; add --frames none, "
                "or export the folder of `rbonn train`"
            )
        images, labels = split.frames, split.labels
    count = frames if isinstance(frames, int) else stored_frames.MOST_FRAMES
    return images[:count], labels[:count]
