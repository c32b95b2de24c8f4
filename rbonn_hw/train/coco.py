"""Boxes in COCO's JSON: one file a split, and its images in a folder beside it.

DIR/train.json and DIR/test.json (or val.json), images in DIR/train/ and DIR/test/ (or val/); or as COCO
unpacks: DIR/annotations/instances_train2017.json, .._val2017.json, and DIR/train2017/, DIR/val2017/. Crowds
are left away.

Source:
    Lin et al., Microsoft COCO, ECCV 2014; https://cocodataset.org/#format-data.
"""

from pathlib import Path
from typing import Any

from rbonn_hw import documents
from rbonn_hw.errors import DatasetError
from rbonn_hw.train.box_files import Annotated, Box, class_names, split
from rbonn_hw.train.box_split import BoxSplit

TRAIN, TESTS = ("train",), ("test", "val", "valid")
INSTANCES = "annotations/instances_"
PARTS = ("images", "annotations", "categories")


def load(root: Path, frame: tuple[int, int, int]) -> tuple[BoxSplit, BoxSplit, tuple[str, ...]]:
    """Return the training split, the test split, and the classes that the training split has.

    Raises:
        DatasetError: A file is absent or not COCO's; an image or box is wrong; a class is in the test alone.
    """
    found = [_annotated(*_place(root, names)) for names in (TRAIN, TESTS)]
    names = class_names(found[0], found[1], root)
    train, test = (split(part, names, frame, root) for part in found)
    return train, test, names


def _place(root: Path, names: tuple[str, ...]) -> tuple[Path, Path]:
    """Return the JSON file of a split and the folder of its images."""
    for name in names:
        if (root / f"{name}.json").is_file():
            return root / f"{name}.json", root / name
        for path in sorted(root.glob(f"{INSTANCES}{name}*.json")):
            return path, root / path.stem.removeprefix("instances_")
    wanted = " or ".join(f"{name}.json" for name in names)
    raise DatasetError(f"{root}: has no {wanted}, nor {INSTANCES}{names[0]}*.json; each split needs its file")


def _annotated(path: Path, folder: Path) -> list[Annotated]:
    try:
        document = documents.parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path}: cannot be read as JSON ({error}); export it from its tool again"
        ) from None
    known = document if isinstance(document, dict) else {}
    lists = [known[name] for name in PARTS if isinstance(known.get(name), list)]
    if len(lists) != len(PARTS):
        raise DatasetError(f"{path}: is not COCO's; it has the lists {', '.join(PARTS)}")
    images, annotations, categories = lists
    try:
        names = {one["id"]: str(one["name"]) for one in categories}
        files = {one["id"]: _inside(folder, one["file_name"]) for one in images}
        boxes: dict[Any, list[tuple[Box, str]]] = {image: [] for image in files}
        for one in annotations:
            if not one.get("iscrowd"):
                boxes[one["image_id"]].append((_box(one["bbox"]), _known(names, one["category_id"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DatasetError(
            f"{path}: an entry is not COCO's ({reason}); export it from its tool again"
        ) from None
    if len(files) < len(images):
        raise DatasetError(f"{path}: two images have one id; export it from its tool again")
    return [
        Annotated(
            file, tuple(box for box, _ in boxes[image]), tuple(name for _, name in boxes[image]), str(path)
        )
        for image, file in files.items()
    ]


def _inside(folder: Path, name: Any) -> Path:
    path = folder / str(name)
    if ".." in path.parts or Path(str(name)).is_absolute():
        raise ValueError(f"file_name {name!r} leaves its folder")
    return path


def _known(names: dict[Any, str], category: Any) -> str:
    if category not in names:
        raise ValueError(f"category {category!r} is none of its categories")
    return names[category]


def _box(given: Any) -> Box:
    left, upper, width, height = (float(value) for value in given)
    return left, upper, left + width, upper + height
