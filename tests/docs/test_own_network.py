"""The examples of docs/own_network.md, as they stand there."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rbonn_hw.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own_network.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, and the data that they name."""
    blocks = re.findall(r"^```\w+ (\S+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == ["module.py", "module.json", "rows.py", "rows.json", "walk.py"]
    for name, text in blocks:
        (tmp_path / name).write_text(text)
    rng = np.random.default_rng(0)
    for label, name in enumerate(("bright", "dark")):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 128, (9 + number, 12, 3)) + 127 * (1 - label)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / name / f"{number}.png")
    labels = np.arange(120) % 3
    frames = rng.integers(0, 60, (120, 8, 8))
    frames[np.arange(120), 2 * labels + 1] += 180
    np.savez(tmp_path / "data.npz", frames=frames.astype(np.uint8), labels=labels)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_module_learns_images_of_folders(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--recipe", "module.json", "--out", "out", "--device", "cpu"]) == 0
    assert main(["export", "out", "--out", "export"]) == 0

    top1 = re.findall(r"top-1 ([\d.]+)%", capsys.readouterr().out)
    assert len(top1) == 2
    assert min(map(float, top1)) > 70
    assert (folder / "out" / "classes.txt").read_text() == "bright\ndark\n"
    assert np.load(folder / "export" / "golden.npz")["outputs"].shape == (8, 2)


def test_a_table_from_python(folder: Path) -> None:
    found = runpy.run_path("walk.py")

    assert found["compiled"].summary.target_is_met
    assert found["done"].accuracy > 0.5
    assert (folder / "out" / "rtl").is_dir()
