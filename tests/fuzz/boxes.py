"""Files of detectors: annotations of images, in COCO's and VOC's way, and the package of one."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from rbonn_hw.errors import ConfigError
from rbonn_hw.host.answer import Answer
from rbonn_hw.host.detector import Detector
from rbonn_hw.host.errors import HostError
from rbonn_hw.host.package import Package
from rbonn_hw.soc.package import write_package
from rbonn_hw.train import coco, voc
from rbonn_hw.train.box_split import BoxSplit
from tests.fuzz import damage
from tests.fuzz.trial import Subject
from tests.host import packages

FRAME = (3, 16, 32)
TEXTS = (
    "",
    "nan",
    "inf",
    "-1",
    "1e400",
    "0",
    "9" * 5000,
    "x",
    "größe",
    "\u0000",
    "../x",
    "1 2",
    "<a/>",
    "&x;",
)
HEADS = ('<?xml version="1.0" encoding="shift_jis"?>', '<?xml version="1.0" encoding="x"?>', "<!DOCTYPE a>")


def subjects(folder: Path) -> Iterator[Subject]:
    """Write the files, and return the subjects that they are."""
    from tests.train.test_box_files import coco_folder, voc_folder

    coco_root, voc_root = coco_folder(folder / "coco"), voc_folder(folder / "voc")
    json_damages = (damage.of_bytes, damage.of_json, damage.of_json)
    yield Subject(
        name="coco", path=coco_root / "train.json", damages=json_damages, read=_boxes(coco_root, coco.load)
    )
    read = _boxes(voc_root, voc.load)
    annotation, names = voc_root / "Annotations" / "a.xml", voc_root / "ImageSets" / "Main" / "trainval.txt"
    yield Subject(name="voc", path=annotation, damages=(damage.of_bytes, _of_xml), read=read)
    # A list with other names is of other images: a refusal names those.
    yield Subject(name="voc-list", path=names, damages=(damage.of_bytes,), read=read, named=False, trials=200)
    package = _package(folder / "package")
    yield Subject(
        name="package-boxes", path=package, damages=(damage.of_package,), read=_detected, trials=300
    )


def _boxes(
    root: Path, load: Callable[..., tuple[BoxSplit, BoxSplit, tuple[str, ...]]]
) -> Callable[[Path], object]:
    def read(_: Path) -> object:
        train, test, names = load(root, FRAME)
        return [array.tobytes() for one in (train, test) for array in (one.frames, one.labels)], names

    return read


def _of_xml(content: bytes, rng: random.Random) -> bytes:
    """Damage a text or a tag of XML, or put a head before it."""
    text = content.decode()
    if rng.random() < 0.1:
        return (rng.choice(HEADS) + text).encode()
    found = rng.choice(list(re.finditer(r"(?<=>)[^<]+|</?\w+>", text)))
    return (text[: found.start()] + rng.choice(TEXTS) + text[found.end() :]).encode()


def _package(folder: Path) -> Path:
    """Write the package of a toy that answers with 2x2 cells of one box of one class."""
    edge, shape = 16, (6, 2, 2)
    made = packages.content()
    integers = np.arange(len(made.recorded.images) * 24).reshape(-1, *shape) % 181 - 90
    detector = Detector.of(1, (6.0,), (edge, edge), step=0.07, low=-90, high=90)
    answer = Answer("boxes", ("cat",), packages.UNCHANGED, exact=True, bound=0.0, detector=detector)
    recorded = replace(
        made.recorded,
        integers=integers,
        outputs=integers.astype(np.float32),
        classes=np.full(len(integers), -1),
    )
    output = {"shape": list(shape), "dtype": "INT12", "lanes": 1, "beats": 24}
    build = packages.write_build(folder / "build", output=output)
    return write_package(build, replace(made, answer=answer, recorded=recorded), folder / "boxes.zip").path


def _detected(path: Path) -> object:
    """Open a package, and find the boxes of its self-test."""
    try:
        found = Package.open(path)
        boxes = found.answer.detect(found.self_test.integers, 0.1, 0.5)
    except HostError as error:
        raise ConfigError(str(error)) from None
    return [one.boxes.tobytes() + one.scores.tobytes() for one in boxes], found.files
