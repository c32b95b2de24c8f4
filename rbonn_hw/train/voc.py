"""PASCAL VOC: a folder with Annotations, JPEGImages and ImageSets/Main; VOC 2007 is fetched, and checked.

Objects that are marked as difficult are left away, in training and test.

Source:
    Everingham et al., The PASCAL Visual Object Classes Challenge, IJCV 2010; development kit of 2007
    (layout). MD5 of the archives: torchvision's VOCDetection.
"""

import tarfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from rbonn_hw.errors import DatasetError
from rbonn_hw.results import write_bytes
from rbonn_hw.train.box_files import Annotated, Box, check_classes, class_names, split
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.download import PUBLISHED, Checksum, OnBytes, fetch, silent

URL = "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/"
ARCHIVES = {
    "VOCtrainval_06-Nov-2007.tar": Checksum("md5", "c52e279531787c972589f7e41ab4ae64"),
    "VOCtest_06-Nov-2007.tar": Checksum("md5", "b6e924de25625d8de591ea690078ad9f"),
}
INSIDE = "VOCdevkit/VOC2007/"
PARTS = ("Annotations", "JPEGImages", "ImageSets/Main")
TRAIN, TESTS = ("trainval", "train"), ("test", "val")
"""Lists of images in ImageSets/Main, of which the first that is there is taken."""
SUFFIXES = (".jpg", ".jpeg", ".png")
CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
Shape = tuple[int, int, int]
FRAME = (3, 320, 320)
"""Of frames, where the network does not say."""


def load_2007(folder: Path, frame: Shape, on_bytes: OnBytes = silent) -> tuple[BoxSplit, BoxSplit, str]:
    """Return the training (trainval) and test split of VOC 2007, fetched if they are absent, and provenance.

    Args:
        folder: Where the images are, or shall be; the archives are beside it.
        frame: (C, H, W) that the network takes.
        on_bytes: See :func:`rbonn_hw.train.download.fetch`.

    Raises:
        DatasetError: It cannot be fetched, or is damaged.
    """
    lists = [folder / "ImageSets" / "Main" / f"{name}.txt" for name in ("trainval", "test")]
    for (name, checksum), wanted in zip(ARCHIVES.items(), lists, strict=True):
        if not wanted.exists():
            archive = folder.parent / name
            remedy = f"put {name} there, or name another place by --data-dir or RBONN_DATA"
            fetch(URL + name, archive, checksum, remedy, on_bytes)
            _unpack(archive, folder, last=wanted)
    annotated = [_listed(folder, path) for path in lists]
    for part in annotated:
        check_classes(part, CLASSES, "VOC's")
    train, test = (split(part, CLASSES, frame, folder) for part in annotated)
    return train, test, PUBLISHED


def load(root: Path, frame: Shape) -> tuple[BoxSplit, BoxSplit, tuple[str, ...]]:
    """Return the training split, the test split, and the classes of a folder that is laid out like VOC's.

    Raises:
        DatasetError: A file is absent or no annotation; an image or box is wrong; a class is in the test
            alone.
    """
    found = []
    for names in (TRAIN, TESTS):
        paths = [root / "ImageSets" / "Main" / f"{name}.txt" for name in names]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            wanted = " or ".join(f"{name}.txt" for name in names)
            raise DatasetError(
                f"{root}: has no ImageSets/Main/{wanted}; name the folder that has {', '.join(PARTS)}"
            )
        found.append(_listed(root, path))
    classes = class_names(found[0], found[1], root)
    train, test = (split(part, classes, frame, root) for part in found)
    return train, test, classes


def _listed(root: Path, path: Path) -> list[Annotated]:
    """Return the images that a list names, one a line."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error}); one image a line") from None
    names = [line.split()[0] for line in lines if line.strip()]
    for name in names:
        if not name.isprintable() or ".." in Path(name).parts or Path(name).is_absolute():
            raise DatasetError(f"{path}: {name!r} names no image of this folder; write one name a line")
    return [_annotated(root, name) for name in names]


def _annotated(root: Path, name: str) -> Annotated:
    path = root / "Annotations" / f"{name}.xml"
    images = [root / "JPEGImages" / f"{name}{suffix}" for suffix in SUFFIXES]
    image = next((one for one in images if one.is_file()), images[0])
    try:
        tree = ElementTree.fromstring(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); {name} is in the list") from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # ValueError: an encoding it lacks
        raise DatasetError(
            f"{path}: is no XML ({error}); write it anew, or take {name} off the list"
        ) from None
    objects = [one for one in tree.iter("object") if (one.findtext("difficult") or "0").strip() != "1"]
    try:
        boxes = tuple(_box(one) for one in objects)
        names = tuple(_text(one, "name") for one in objects)
    except ValueError as error:
        raise DatasetError(
            f"{path}: an object has {error}; each has a name and a bndbox of numbers"
        ) from None
    return Annotated(image, boxes, names, str(path))


def _text(element: ElementTree.Element, name: str) -> str:
    found = (element.findtext(name) or "").strip()
    if not found:
        raise ValueError(f"no {name}")
    return found


def _box(element: ElementTree.Element) -> Box:
    """Return a box whose pixels were counted from 1, both ends inclusive."""
    left, upper, right, lower = (
        float(_text(element, f"bndbox/{n}")) for n in ("xmin", "ymin", "xmax", "ymax")
    )
    return left - 1.0, upper - 1.0, right, lower


def _unpack(archive: Path, folder: Path, last: Path) -> None:
    """Write what is needed of the checked archive into ``folder``; the list of its images comes last."""
    kept: tuple[Path, bytes] | None = None
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                if not member.isfile() or not member.name.startswith(tuple(f"{INSIDE}{p}/" for p in PARTS)):
                    continue
                if ".." in name.parts:
                    raise DatasetError(f"{archive}: {member.name} leaves its folder; delete the archive")
                file = tar.extractfile(member)
                assert file is not None
                path = folder / name.relative_to(INSIDE)
                if path == last:
                    kept = path, file.read()
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_bytes(path, file.read())
        if kept is None:
            raise DatasetError(f"{archive}: has no list {last.name}; delete it to download it again")
        write_bytes(*kept)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DatasetError(
            f"{archive} cannot be unpacked into {folder} ({error}); delete it to download it again"
        ) from None
