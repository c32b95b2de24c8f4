"""Folders like VOC's and COCO's, made here: the same boxes from both, and what is wrong is named."""

import dataclasses
import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rbonn_hw.errors import DatasetError
from rbonn_hw.precision import true_boxes
from rbonn_hw.train import class_folders, coco, loop, own_data, voc
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.download import Checksum
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.recipe import Recipe

FRAME = (3, 16, 32)
SIZE = (64, 48)
"""Width and height of the images: frames are half as wide, and a third as high."""
OBJECTS: dict[str, list[tuple[str, tuple[int, int, int, int]]]] = {
    "a": [("dog", (4, 6, 20, 30)), ("cat", (30, 0, 64, 48))],
    "b": [],
    "c": [("cat", (10, 12, 40, 36))],
    "d": [("dog", (0, 0, 64, 24))],
}
TRAIN, TEST = ("a", "b", "c"), ("d", "b")
EXPECTED = {
    "a": [[2, 2, 10, 10, 1], [15, 0, 32, 16, 0]],
    "b": [],
    "c": [[5, 4, 20, 12, 0]],
    "d": [[0, 0, 32, 8, 1]],
}


def draw(path: Path, name: str) -> None:
    """Write an image: grey of its own, black where its objects are."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 100 + 10 * ord(name[0]) % 100, np.uint8)
    for _, (left, upper, right, lower) in OBJECTS[name]:
        pixels[upper:lower, left:right] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def xml(objects: list[tuple[str, tuple[int, int, int, int]]], more: str = "") -> str:
    """Return an annotation of VOC, which counts pixels from 1."""
    rows = [
        f"<object><name>{name}</name><bndbox><xmin>{box[0] + 1}</xmin><ymin>{box[1] + 1}</ymin>"
        f"<xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox></object>"
        for name, box in objects
    ]
    return f"<annotation>{''.join(rows)}{more}</annotation>"


def voc_folder(root: Path) -> Path:
    for name, objects in OBJECTS.items():
        draw(root / "JPEGImages" / f"{name}.png", name)
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "Annotations" / f"{name}.xml").write_text(xml(objects))
    lists = root / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "trainval.txt").write_text("".join(f"{name}\n" for name in TRAIN))
    (lists / "test.txt").write_text("".join(f"{name}  1\n" for name in TEST))
    return root


def coco_document(names: tuple[str, ...]) -> dict[str, Any]:
    numbers = {"cat": 17, "dog": 18}
    return {
        "images": [{"id": ord(name), "file_name": f"{name}.png"} for name in names],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [
            {
                "image_id": ord(name),
                "category_id": numbers[kind],
                "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            }
            for name in names
            for kind, box in OBJECTS[name]
        ],
    }


def coco_folder(root: Path, train: str = "train.json", test: str = "val.json") -> Path:
    for file, names in ((train, TRAIN), (test, TEST)):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(coco_document(names)))
        for name in names:
            draw(root / path.stem.removeprefix("instances_") / f"{name}.png", name)
    return root


def check(train: BoxSplit, test: BoxSplit, names: tuple[str, ...]) -> None:
    assert names == ("cat", "dog")
    for part, images in ((train, TRAIN), (test, TEST)):
        assert part.frame == FRAME
        assert [true_boxes(rows).tolist() for rows in part.labels] == [EXPECTED[name] for name in images]
    for left, upper, right, lower, _ in true_boxes(train.labels[2]).astype(int):
        assert train.frames[2, :, upper + 1 : lower - 1, left + 1 : right - 1].max() == 0
        assert train.frames[2, :, : upper - 1].min() > 100


def test_voc_folder(tmp_path: Path) -> None:
    check(*voc.load(voc_folder(tmp_path), FRAME))


@pytest.mark.parametrize(
    "files", [(), ("annotations/instances_train2017.json", "annotations/instances_val2017.json")], ids=str
)
def test_coco_folder(files: tuple[str, ...], tmp_path: Path) -> None:
    check(*coco.load(coco_folder(tmp_path, *files), FRAME))


def test_difficult_objects_and_crowds_are_left_away(tmp_path: Path) -> None:
    root = voc_folder(tmp_path / "voc")
    hard = xml([("cat", (1, 1, 9, 9))]).replace("<object>", "<object><difficult>1</difficult>")
    (root / "Annotations" / "b.xml").write_text(hard)
    assert not len(true_boxes(voc.load(root, FRAME)[0].labels[1]))

    root = coco_folder(tmp_path / "coco")
    document = coco_document(TRAIN)
    crowd = {"image_id": ord("b"), "category_id": 17, "bbox": [0, 0, 9, 9], "iscrowd": 1}
    document["annotations"].append(crowd)
    (root / "train.json").write_text(json.dumps(document))
    assert not len(true_boxes(coco.load(root, FRAME)[0].labels[1]))


def test_grey_frames_and_rounded_edges(tmp_path: Path) -> None:
    root = coco_folder(tmp_path)
    document = coco_document(TEST)
    document["annotations"][0]["bbox"] = [-0.4, 0.0, 64.9, 24.0]
    thin = {"image_id": ord("d"), "category_id": 17, "bbox": [3, 3, 1.5, 9]}  # not a pixel of the frame
    document["annotations"].append(thin)
    (root / "val.json").write_text(json.dumps(document))
    train, test, _ = coco.load(root, (1, 16, 32))
    assert train.frames.shape == (3, 1, 16, 32)
    assert true_boxes(test.labels[0]).tolist() == [[0, 0, 32, 8, 1]]


ONE_BOX = '"annotations": [{"image_id": 1, "category_id": 4, "bbox": [0, 0, 4, 4]}]'
VOC_FAULTS = {
    "": "is no XML",
    "<annotation": "is no XML",
    '<?xml version="1.0" encoding="shift_jis"?><annotation/>': "is no XML .*multi-byte encodings",
    '<?xml version="1.0" encoding="x-none"?><annotation/>': "is no XML .*unknown encoding",
    xml([], "<object><name>cat</name></object>"): "has no bndbox/xmin; each has a name and a bndbox",
    xml([("cat", (0, 0, 5, 5))]).replace("<xmax>5", "<xmax>five"): "an object has could not convert",
    xml([("cat", (0, 0, 70, 20))]): r"the box \[0.0, 0.0, 70.0, 20.0\] leaves its image of 64x48 pixels",
    xml([("cat", (9, 9, 5, 20))]): r"\[9.0, 9.0, 5.0, 20.0\] is no box with left < right",
}


@pytest.mark.parametrize("content", VOC_FAULTS)
def test_faults_of_voc_are_named(content: str, tmp_path: Path) -> None:
    root = voc_folder(tmp_path)
    (root / "Annotations" / "c.xml").write_text(content)
    with pytest.raises(DatasetError, match=rf"c\.xml: .*{VOC_FAULTS[content]}"):
        voc.load(root, FRAME)


@pytest.mark.parametrize("name", ["\0a", "../Annotations/a", "/etc/a"])
def test_a_list_of_voc_names_images_of_its_folder(name: str, tmp_path: Path) -> None:
    root = voc_folder(tmp_path)
    (root / "ImageSets" / "Main" / "trainval.txt").write_text(f"a\n{name}\n")
    with pytest.raises(DatasetError, match=r"trainval\.txt: .* names no image of this folder"):
        voc.load(root, FRAME)


def test_what_voc_lacks_is_named(tmp_path: Path) -> None:
    root = voc_folder(tmp_path)
    (root / "Annotations" / "d.xml").write_text(xml([("bird", (0, 0, 9, 9))]))
    with pytest.raises(DatasetError, match=r"d\.xml: class 'bird' is none of the training images \(cat"):
        voc.load(root, FRAME)
    (root / "Annotations" / "d.xml").write_text(xml([]))
    (root / "JPEGImages" / "c.png").write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"1 of 3 images are wrong: .*c\.png .*; mend them, or leave them"):
        voc.load(root, FRAME)
    for name in TRAIN:
        (root / "Annotations" / f"{name}.xml").write_text(xml([]))
    with pytest.raises(DatasetError, match="no training image has a box"):
        voc.load(root, FRAME)
    (root / "Annotations" / "a.xml").unlink()
    with pytest.raises(DatasetError, match=r"a\.xml: cannot be read .*; a is in the list"):
        voc.load(root, FRAME)
    (root / "ImageSets" / "Main" / "trainval.txt").unlink()
    with pytest.raises(DatasetError, match=r"has no ImageSets/Main/trainval\.txt or train\.txt"):
        voc.load(root, FRAME)


def test_more_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = voc_folder(tmp_path)
    voc.load(root, FRAME)
    monkeypatch.setattr(class_folders, "MOST_BYTES", len(TRAIN) * 3 * 16 * 32 - 1)
    with pytest.raises(DatasetError, match=r"3 images of 3x16x32 take .* in memory, .* or smaller ones$"):
        voc.load(root, FRAME)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read as JSON"),
        ("[]", "is not COCO's; it has the lists images, annotations, categories"),
        ('{"images": [], "annotations": 3, "categories": []}', "is not COCO's"),
        ('{"images": [], "annotations": [], "categories": []}', "no training image has a box"),
        ('{"images": [{"id": 1}], "annotations": [], "categories": []}', "KeyError: 'file_name'"),
        (
            '{"images": [{"id": 1, "file_name": "../x"}], "annotations": [], "categories": []}',
            "leaves its folder",
        ),
        (
            f'{{"images": [{{"id": 1, "file_name": "a.png"}}], "categories": [], {ONE_BOX}}}',
            "category 4 is none of its categories",
        ),
        (
            json.dumps({"images": [{"id": 1, "file_name": "a"}] * 2, "annotations": [], "categories": []}),
            "two images have one id",
        ),
        (
            f'{{"images": [], "categories": [{{"id": 4, "name": "cat"}}], {ONE_BOX}}}',
            "an entry is not COCO's",
        ),
    ],
)
def test_faults_of_coco_are_named(content: str, said: str, tmp_path: Path) -> None:
    root = coco_folder(tmp_path)
    (root / "train.json").write_text(content)
    with pytest.raises(DatasetError, match=said):
        coco.load(root, FRAME)


def test_an_absent_split_of_coco_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"has no train\.json, nor annotations/instances_train"):
        coco.load(tmp_path, FRAME)


def test_voc_2007_is_unpacked_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = voc_folder(tmp_path / "source")
    monkeypatch.setattr(voc, "CLASSES", ("cat", "dog"))
    archives = {}
    for name, last in (("one.tar", "trainval.txt"), ("two.tar", "test.txt")):
        path = tmp_path / "data" / name
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w") as tar:
            for part in ("Annotations", "JPEGImages", f"ImageSets/Main/{last}"):
                tar.add(source / part, arcname=f"VOCdevkit/VOC2007/{part}")
        archives[name] = Checksum("md5", hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setattr(voc, "ARCHIVES", archives)

    train, test, said = voc.load_2007(tmp_path / "data" / "voc2007", FRAME)

    check(train, test, voc.CLASSES)
    assert "checksums match" in said
    (tmp_path / "data" / "two.tar").write_bytes(b"another")
    (tmp_path / "data" / "voc2007" / "ImageSets" / "Main" / "test.txt").unlink()
    with pytest.raises(DatasetError, match=r"two\.tar is not the published file"):
        voc.load_2007(tmp_path / "data" / "voc2007", FRAME)


def test_a_recipe_trains_on_a_folder_of_its_own(tmp_path: Path) -> None:
    voc_folder(tmp_path / "mine")
    network = tmp_path / "net.py"
    network.write_text(
        "from rbonn_hw.models.rows import Boxes, Stem\n"
        "from rbonn_hw.models.residual_rows import Residual\n"
        "from rbonn_hw.models.table import Table\n"
        "rows = (Stem(channels=4, stride=4), Residual(), Boxes(classes=2, anchors=(12.0,)))\n"
        "network = Table(name='mine', frame=(3, 16, 32), rows=rows)\n"
    )
    recipe = Recipe(network=f"{network}:network", dataset="voc", data="mine", epochs=1, batch_size=3)
    dataset = own_data.load(recipe, base=tmp_path, frame=FRAME)
    assert dataset.class_names == ("cat", "dog")
    assert "3 training and 2 test images" in dataset.provenance

    done = loop.train(recipe, dataset, tmp_path / "out")

    assert isinstance(done, Trained)
    assert (tmp_path / "out" / "classes.txt").read_text() == "cat\ndog\n"


def test_the_recipe_for_voc_takes_its_steps(tmp_path: Path) -> None:
    voc_folder(tmp_path / "voc2007")
    kept = Recipe.read(Path(__file__).parents[2] / "build_flows" / "train_detect_voc.json")
    recipe = dataclasses.replace(kept, width=1 / 16, epochs=2, stage1_epochs=1, batch_size=3)
    dataset = own_data.load(recipe, tmp_path)
    assert dataset.train.frame == (3, 320, 320)
    assert dataset.train.classes == 20

    done = loop.train(recipe, dataset, tmp_path / "out")

    assert isinstance(done, Trained)
    assert done.metric == "mAP@0.5"
