"""Images of your own, a folder a class, of any mode and size; they are held in memory at the network's size.

Either DIR/train/<class>/* and DIR/test/<class>/* (or val), or DIR/<class>/*, which a seed then splits.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rbonn_hw import toolchain
from rbonn_hw.errors import DatasetError
from rbonn_hw.train.splitting import Arrays, by_seed

SUFFIXES = (
    ".bmp",
    ".gif",
    ".jp2",
    ".jpeg",
    ".jpg",
    ".pbm",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
)
TRAIN, TESTS = "train", ("test", "val", "valid", "validation")
MOST_BYTES = 4 * 1024**3
"""Largest data set that is held in memory [bytes]."""
MODES = {1: "L", 3: "RGB"}
"""Channels of a frame to Pillow's mode."""
DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes of more than 8 bits, which Pillow would cut off at 255."""
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
    zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow's readers raise on damaged files."""
NAMED_FILES = 5
"""Damaged files that a message names."""
OTHERWISE = ", or the data set 'imagenet', which decodes as it goes"
Files = list[tuple[Path, int]]
"""Images with their labels."""


def load(
    root: Path, frame: tuple[int, int, int], *, test_share: float, split_seed: int
) -> tuple[Arrays, Arrays, tuple[str, ...]]:
    """Return the training split, the test split, and the names of the classes.

    Classes are numbered in the order of their names; names that are all numbers, in that of the numbers.

    Args:
        root: Folder of the class folders, or of train and test.
        frame: (C, H, W), what the network takes; C is 1 (grey) or 3 (red, green, blue).
        test_share: Of each class that is for the test, where no folder says so.
        split_seed: Decides which, then.

    Raises:
        DatasetError: A folder is absent, a split or class empty, a class too small, or a file no image; all
            files are looked at before the message is made.
    """
    if frame[0] not in MODES:
        raise DatasetError(f"frame: images have 1 or 3 channels, not {frame[0]}; give an npz for other data")
    if not (root / TRAIN).is_dir():
        names = _classes(root)
        files = _files(root, names)
        check_size(len(files), frame, root, OTHERWISE)
        labels = np.array([label for _, label in files], np.int64)
        is_test = by_seed(labels, names, test_share, split_seed, str(root))
        frames = decode(files, frame)
        return (frames[~is_test], labels[~is_test]), (frames[is_test], labels[is_test]), names
    test = next((root / name for name in TESTS if (root / name).is_dir()), None)
    if test is None:
        raise DatasetError(
            f"{root} has a folder {TRAIN}, but none of {', '.join(TESTS)}; add one, or put the class "
            f"folders into {root} itself, to be split by seed"
        )
    names = _classes(root / TRAIN)
    odd = sorted(set(names) ^ set(_classes(test)))
    if odd:
        raise DatasetError(
            f"{root}: class {odd[0]!r} is in one of {TRAIN} and {test.name} only; both need it"
        )
    splits = [_files(root / TRAIN, names), _files(test, names)]
    check_size(sum(map(len, splits)), frame, root, OTHERWISE)
    held = decode([*splits[0], *splits[1]], frame)
    labels = np.array([label for files in splits for _, label in files], np.int64)
    count = len(splits[0])
    return (held[:count], labels[:count]), (held[count:], labels[count:]), names


def _classes(root: Path) -> tuple[str, ...]:
    if not root.is_dir():
        raise DatasetError(f"{root} is no folder; name one that holds a folder of images for each class")
    names = [path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    if len(names) < 2:
        raise DatasetError(
            f"{root} has {len(names)} class folders ({', '.join(names) or 'none'}); a network tells 2 "
            f"classes at least apart; sort the images into {root / '<class>'}"
        )
    are_numbers = all(name.isascii() and name.isdecimal() for name in names)
    return tuple(sorted(names, key=(lambda name: (int(name), name)) if are_numbers else None))


def _files(root: Path, names: tuple[str, ...]) -> Files:
    files: Files = []
    for label, name in enumerate(names):
        found = sorted(
            path
            for path in (root / name).iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        )
        if not found:
            raise DatasetError(
                f"{root / name} has no image ({', '.join(SUFFIXES)}); fill it, or delete this class"
            )
        files += [(path, label) for path in found]
    return files


def check_size(count: int, frame: tuple[int, int, int], root: Path, otherwise: str = "") -> None:
    """Check that so many frames may be held in memory.

    Raises:
        DatasetError: They may not; the message names the root, and ``otherwise`` as another way out.
    """
    size = count * int(np.prod(frame))
    if size > MOST_BYTES:
        raise DatasetError(
            f"{root}: {count} images of {'x'.join(map(str, frame))} take {size / 1024**3:.1f} GiB in memory, "
            f"{MOST_BYTES / 1024**3:.0f} at most; use fewer or smaller ones{otherwise}"
        )


def decode(files: Files, frame: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return the images [n, C, H, W] of files, whatever their mode and size; see :func:`pixels`.

    Raises:
        DatasetError: Some are no images.
    """
    frames = np.empty((len(files), *frame), np.uint8)

    def take(number: int, image: Image.Image) -> None:
        frames[number] = pixels(image, frame)

    damaged = list(each_image([path for path, _ in files], take).values())
    if damaged:
        more = f" and {len(damaged) - NAMED_FILES} more" if len(damaged) > NAMED_FILES else ""
        raise DatasetError(
            f"{len(damaged)} of {len(files)} files cannot be read as images: "
            f"{', '.join(damaged[:NAMED_FILES])}{more}; replace them, or delete them from the data set"
        )
    return frames


def each_image(paths: Sequence[Path], take: Callable[[int, Image.Image], None]) -> dict[int, str]:
    """Open every image, by several threads; return which files are none, by number, and why.

    Args:
        paths: The files.
        take: Called with the number of a file and its image.
    """

    def open_one(number: int) -> str:
        try:
            with Image.open(paths[number]) as image:
                take(number, image)
        except DAMAGED as error:
            return f"{paths[number]} ({' '.join(str(error).split())[:120] or type(error).__name__})"
        return ""

    with ThreadPoolExecutor(toolchain.cpu_count(), thread_name_prefix="decode") as pool:
        return {number: text for number, text in enumerate(pool.map(open_one, range(len(paths)))) if text}


def pixels(image: Image.Image, frame: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return an image as a frame (C, H, W).

    It is turned as its camera says, transparency becomes black, 16-bit pixels lose their lower byte; what
    does not have the frame's shape is scaled to cover it, and its centre is taken. Of an animation the first
    picture.

    Raises:
        ValueError: Its pixels are real numbers, or integers beyond 16 bits.
    """
    channels, height, width = frame
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode in DEEP_MODES:
        upright = _shallow(upright)
    if "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        layer = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
    plain = upright.convert(MODES[channels])
    if plain.size != (width, height):
        plain = ImageOps.fit(plain, (width, height), Image.Resampling.BILINEAR)
    values = np.asarray(plain, np.uint8)
    return values.transpose(2, 0, 1) if channels == 3 else values[None]


def _shallow(image: Image.Image) -> Image.Image:
    """Return the upper bytes of a 16-bit image."""
    values = np.asarray(image)
    if values.dtype.kind not in "iu" or values.min(initial=0) < 0 or values.max(initial=0) > 0xFFFF:
        raise ValueError(f"pixels are {image.mode}, not 8 or 16 bits; save it as PNG")
    return Image.fromarray((values >> 8).astype(np.uint8))
