"""The example of docs/howto/detector.md, as it stands there, on a folder of coloured shapes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rbonn_hw.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "detector.md"
KINDS = ("circle", "square", "triangle")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, and images with boxes as COCO has them."""
    blocks = re.findall(r"^```\w+ (\S+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == ["shapes.py", "shapes.json"]
    for name, text in blocks:
        (tmp_path / name).write_text(text)
    for split, count in (("train", 8), ("test", 3)):
        (tmp_path / "shapes" / split).mkdir(parents=True)
        (tmp_path / "shapes" / f"{split}.json").write_text(json.dumps(document(count)))
        for number in range(count):
            image = Image.fromarray(np.full((90, 120, 3), 9 * number, np.uint8))
            image.save(tmp_path / "shapes" / split / f"{number}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(images: int) -> dict[str, list[dict[str, object]]]:
    """Return COCO's document of images with one object each, but for the first, which has none."""
    return {
        "images": [{"id": number, "file_name": f"{number}.jpg"} for number in range(images)],
        "categories": [{"id": 5 + number, "name": name} for number, name in enumerate(KINDS)],
        "annotations": [
            {"image_id": number, "category_id": 5 + number % 3, "bbox": [10, 20, 30, 40]}
            for number in range(1, images)
        ],
    }


def test_shapes_are_learned_from_a_table_and_a_recipe(folder: Path) -> None:
    assert main(["train", "--recipe", "shapes.json", "--epochs", "1", "--out", "out"]) == 0
    assert main(["export", "out", "--out", "export"]) == 0

    assert (folder / "out" / "classes.txt").read_text() == "circle\nsquare\ntriangle\n"
    golden = np.load(folder / "export" / "golden.npz")
    assert golden["frames"].shape == (3, 3, 64, 64)
    assert golden["outputs"].shape == (3, 8, 8, 8)
    # Stretched from 120 x 90 to 64 x 64.
    np.testing.assert_allclose(
        golden["boxes"][1, 0], [10 / 120 * 64, 20 / 90 * 64, 40 / 120 * 64, 60 / 90 * 64, 1]
    )


def test_a_class_that_the_table_lacks_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / "shapes.py"
    table.write_text(table.read_text().replace("classes=3", "classes=2"))

    assert main(["train", "--recipe", "shapes.json", "--epochs", "1", "--out", "out"]) == 2

    said = capsys.readouterr().err
    assert "has 3 classes (circle, square, triangle), network 'shapes.py:network' 2: make them equal" in said
    assert not (folder / "out").exists()
