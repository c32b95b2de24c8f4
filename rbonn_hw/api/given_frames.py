"""Frames as a user has them: a data set by name, arrays, image files or folders of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARRAYS = (".npz", ".npy")


@dataclass(frozen=True, slots=True, eq=False)
class GivenFrames:
    """Frames for a compiled network.

    Attributes:
        frames: ``[n, ...]`` as they are given: pixels, integers or the network's own floats.
        labels: Class of each ``[n]``, or None.
        outputs: What PyTorch answered to them ``[n, outputs]``, or None.
        source: Where they come from, in words.
    """

    frames: "NDArray[Any]"
    labels: "NDArray[Any] | None"
    outputs: "NDArray[Any] | None"
    source: str


def given_frames(
    build_dir: Path, data: Sequence[Path], *, count: int | None, data_dir: Path | None
) -> GivenFrames:
    """Return frames for the network in a build folder.

    Args:
        build_dir: Folder of ``rbonn compile``.
        data: Name of a data set, of which the test split is taken; an .npz or .npy file; or image files and
            folders of these, read in the order of their names.
        count: Take only the first ones; None for all.
        data_dir: Of data sets by name; None is ``$RBONN_DATA``, else ~/.cache/rbonn.

    Raises:
        DatasetError: The data cannot be read, or are not the network's.
        ConfigError: Arrays or names beside other data.
    """
    from rbonn_hw.train import data as data_sets

    first = data[0]
    is_name = len(data) == 1 and not first.exists() and len(first.parts) == 1 and not first.suffix
    if not is_name and len(data) > 1 and any(path.suffix in ARRAYS for path in data):
        raise ConfigError(f"--data {' '.join(map(str, data))}: give one file of arrays, or images alone")
    if is_name:
        split = data_sets.in_memory(data_sets.load(str(first), data_dir).test, count or 0)
        return GivenFrames(split.frames, split.labels, None, f"test split of {first}")
    if first.suffix == ".npz":
        from rbonn_hw.api.question import read_named

        return GivenFrames(*read_named(build_dir, first, count), str(first))
    if first.suffix == ".npy":
        return GivenFrames(_array(build_dir, first)[:count], None, None, str(first))
    files = _files(data)[:count]
    return GivenFrames(_images(build_dir, files), None, None, f"{len(files)} image files")


def _array(build_dir: Path, path: Path) -> "NDArray[Any]":
    """Read an .npy of frames, or of one frame without an axis for several."""
    from rbonn_hw.arrays import read_array
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.verdict import check_frames

    values = read_array(path)
    single = values.ndim == len(golden.frame_shape(build_dir))
    return check_frames(values[None] if single else values, str(path))


def _files(data: Sequence[Path]) -> list[Path]:
    """Return the image files that are named, and those in the folders that are.

    Raises:
        DatasetError: A path is not there, or no image, or a folder without one.
    """
    from rbonn_hw.train.class_folders import SUFFIXES

    files: list[Path] = []
    for path in data:
        found = [path]
        if path.is_dir():
            inside = (file for file in sorted(path.rglob("*")) if not file.name.startswith("."))
            found = [file for file in inside if file.suffix.lower() in SUFFIXES]
            if not found:
                raise DatasetError(f"{path} holds no image ({', '.join(SUFFIXES)}); name another folder")
        elif not path.is_file():
            raise DatasetError(
                f"{path} does not exist; give a data set's name, an .npz or .npy file, images or folders"
            )
        elif path.suffix.lower() not in SUFFIXES:
            known = ", ".join((*ARRAYS, *SUFFIXES))
            raise DatasetError(f"{path}: {path.suffix or 'no suffix'} is not one of {known}; convert it")
        files += found
    return files


def _images(build_dir: Path, files: Sequence[Path]) -> "NDArray[Any]":
    """Decode images to the network's frames.

    Raises:
        DatasetError: The network takes no pixels, or none of 1 or 3 channels, or a file is no image.
    """
    from rbonn_hw.compiler import golden
    from rbonn_hw.train.class_folders import MODES, decode

    shape, kind = golden.frame_shape(build_dir), golden.declared_input(build_dir).meaning.kind
    axis = golden.channel_axis(build_dir)
    wanted = f"the network takes {kind} [{', '.join(map(str, shape))}]"
    if kind != "uint8":
        raise DatasetError(f"images are uint8 pixels, and {wanted}; give them as .npy or .npz")
    if len(shape) != 3 or axis not in (0, 2) or shape[axis] not in MODES:
        raise DatasetError(
            f"images have 1 or 3 channels, a height and a width, and {wanted}; give them as .npy or .npz"
        )
    channels, height, width = shape if axis == 0 else (shape[2], *shape[:2])
    frames = decode([(file, 0) for file in files], (channels, height, width))
    return frames.transpose(0, 2, 3, 1) if golden.raw_frame_shape(build_dir) != frames.shape[1:] else frames
