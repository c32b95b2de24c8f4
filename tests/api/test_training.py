"""rbonn_hw.api.train and export: own network, own images, relative paths, what makes another run."""

import json
from pathlib import Path

import numpy as np
import pytest

import rbonn_hw
from rbonn_hw.errors import ConfigError, DatasetError
from rbonn_hw.train.loop import OnEpoch, Paused
from rbonn_hw.train.outcome import Trained

NETWORK = """
import brevitas.nn as qnn
from torch import nn

def network(classes=3):
    return nn.Sequential(qnn.QuantIdentity(bit_width=8), nn.Flatten(), qnn.QuantLinear(16, classes,
    bias=False))

def two():
    return network(2)
"""
RECIPE = {
    "network": "network.py:network", "dataset": "npz", "data": "data.npz", "epochs": 2, "method": "ste",
    "score_scale": 1.0, "batch_size": 8, "lr": 0.05,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    write_data(tmp_path / "data.npz", seed=0)
    return tmp_path


def write_data(path: Path, seed: int, classes: int = 3) -> None:
    rng = np.random.default_rng(seed)
    labels = np.arange(90) % classes
    frames = rng.integers(0, 80, (90, 4, 4), np.uint8)
    frames[np.arange(90), labels] += 150
    np.savez(path, frames=frames, labels=labels)


def test_a_run_is_its_recipe_its_network_and_its_data(folder: Path) -> None:
    lines: list[str] = []
    epochs: list[int] = []
    out = folder / "out"

    def train(on_epoch: OnEpoch = lambda _: None) -> Trained:
        ended = rbonn_hw.api.train(
            folder / "recipe.json", out, device="cpu", progress=lines.append, on_epoch=on_epoch
        )
        assert isinstance(ended, Trained)
        return ended

    first = train(on_epoch=lambda record: epochs.append(record.epoch))
    assert (first.was_finished, epochs) == (False, [1, 2])
    assert first.accuracy > 0.5
    assert (out / "network.py").read_text() == NETWORK
    assert (out / "classes.txt").read_text() == "0\n1\n2\n"
    assert "data.npz: 72 training and 18 test images of the user's" in lines[0]
    assert train().was_finished

    (folder / "network.py").write_text(NETWORK + "\n# changed\n")
    assert not train().was_finished
    write_data(folder / "data.npz", seed=1)
    assert not train().was_finished
    assert train().was_finished


def test_a_piece_is_paused(folder: Path) -> None:
    ended = rbonn_hw.api.train(folder / "recipe.json", folder / "out", device="cpu", stop_after=0)
    assert ended == Paused(1, 2)


def test_network_of_the_call_is_relative_to_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "elsewhere").mkdir()
    (folder / "network.py").rename(folder / "elsewhere" / "mine.py")

    rbonn_hw.api.train("recipe.json", "out", network="elsewhere/mine.py:network", epochs=1, device="cpu")
    done = rbonn_hw.api.export("out", "export", frames=5)

    assert json.loads((folder / "out" / "recipe.json").read_text())["network"] == "mine.py:network"
    golden = np.load(folder / "export" / "golden.npz")
    assert (done.frames, golden["outputs"].shape) == (5, (5, 3))
    (folder / "out" / "mine.py").unlink()
    with pytest.raises(ConfigError, match=r"mine\.py does not exist"):
        rbonn_hw.api.export("out", "again")
    rbonn_hw.api.export("out", "again", network="elsewhere/mine.py:network")


def test_other_numbers_of_classes_are_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"has 3 classes \(0, 1, 2\), network '.*network.py:two' 2: make"):
        rbonn_hw.api.train(folder / "recipe.json", folder / "out", network=f"{folder}/network.py:two")
    write_data(folder / "data.npz", seed=0, classes=2)
    with pytest.raises(DatasetError, match=r"has 2 classes \(0, 1\), network 'network.py:network' 3: make"):
        rbonn_hw.api.train(folder / "recipe.json", folder / "out")
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "rbonn"}, 'set "method": "ste" in the recipe'),
        ({"form": "paper"}, "it has the form it has"),
        ({"width": 2.0}, "belongs to the networks by name"),
        ({"frame": "4x4"}, 'must be "CxHxW"'),
        ({"frame": "1x2x2"}, "fails on a frame of 1x2x2: RuntimeError"),
        ({"data": ""}, "do not go together"),
        ({"data": "absent.npz"}, "absent.npz"),
        ({"dataset": "digits"}, "do not go together"),
        ({"dataset": "folder"}, 'set "frame" in the recipe'),
        ({"test_share": 1.0}, "must lie between 0 and 1"),
        ({"network": "absent.py:network"}, "does not exist"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(
    changes: dict[str, object], message: str, folder: Path
) -> None:
    (folder / "recipe.json").write_text(json.dumps({**RECIPE, **changes}))

    with pytest.raises((ConfigError, DatasetError)) as caught:
        rbonn_hw.api.train(folder / "recipe.json", folder / "out", device="cpu")

    assert message in str(caught.value)
    assert not (folder / "out" / "model.safetensors").exists()


def test_bad_arguments(folder: Path) -> None:
    with pytest.raises(ConfigError, match="threads: 0"):
        rbonn_hw.api.train(folder / "recipe.json", folder / "out", threads=0)
    with pytest.raises(ConfigError, match="stop_after"):
        rbonn_hw.api.train(folder / "recipe.json", folder / "out", stop_after=-1)
    with pytest.raises(ConfigError, match="frames: 0"):
        rbonn_hw.api.export("lfc-mnist", folder / "out", frames=0)
