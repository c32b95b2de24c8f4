"""The loop: it learns, continues bit for bit, knows what is finished, and keeps the last good state."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from rbonn_hw.errors import ConfigError, DatasetError, TrainingError
from rbonn_hw.models import storage
from rbonn_hw.train import checkpoint, data, loop
from rbonn_hw.train.data import Dataset, in_memory
from rbonn_hw.train.loop import EpochReport
from rbonn_hw.train.recipe import Recipe

RECIPE = Recipe(
    network="digits",
    dataset="digits",
    epochs=3,
    batch_size=32,
    lr=0.005,
    weight_lr=6.0,
    shift=0.5,
    u_init=0.01,
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """A tenth of the digits."""
    whole = data.load("digits")
    return Dataset("digits", in_memory(whole.train, 128), in_memory(whole.test, 64))


class InterruptedRunError(Exception):
    """Stands for Ctrl-C."""


def interrupt_after(epoch: int) -> Callable[[EpochReport], None]:
    def callback(report: EpochReport) -> None:
        if report.epoch == epoch:
            raise InterruptedRunError

    return callback


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return storage.load_tensors(folder / storage.MODEL_FILE)[0]


def test_interrupted_run_ends_with_the_same_bits(dataset: Dataset, tmp_path: Path) -> None:
    reports: list[EpochReport] = []
    loop.train(RECIPE, dataset, tmp_path / "whole", on_epoch=reports.append)
    with pytest.raises(InterruptedRunError):
        loop.train(RECIPE, dataset, tmp_path / "part", on_epoch=interrupt_after(2))
    assert not (tmp_path / "part" / checkpoint.RESULT).exists()

    continued: list[EpochReport] = []
    loop.train(RECIPE, dataset, tmp_path / "part", on_epoch=continued.append)

    whole, part = weights(tmp_path / "whole"), weights(tmp_path / "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)
    assert [report.epoch for report in reports] == [1, 2, 3]
    assert continued == reports[2:]
    assert sorted(path.name for path in (tmp_path / "part").iterdir()) == sorted(checkpoint.FILES)


def test_finished_run_is_not_repeated_and_another_recipe_is(dataset: Dataset, tmp_path: Path) -> None:
    short = dataclasses.replace(RECIPE, epochs=1)
    first = loop.train(short, dataset, tmp_path)
    changed = (tmp_path / storage.MODEL_FILE).stat().st_mtime_ns

    again = loop.train(short, dataset, tmp_path)
    other = loop.train(dataclasses.replace(short, seed=1), dataset, tmp_path)

    assert (first.was_finished, again.was_finished, other.was_finished) == (False, True, False)
    assert again.accuracy == first.accuracy
    assert (tmp_path / storage.MODEL_FILE).stat().st_mtime_ns != changed
    result = json.loads((tmp_path / checkpoint.RESULT).read_text())
    assert result["recipe"]["seed"] == 1
    assert result["frames"] == {"train": 128, "test": 64}


def test_run_of_another_version_is_not_continued(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / checkpoint.RECIPE).write_text('{"network": "digits", "an_old_key": 1}')
    (tmp_path / checkpoint.LAST).write_bytes(b"old")

    done = loop.train(dataclasses.replace(RECIPE, epochs=1), dataset, tmp_path)

    assert not done.was_finished
    assert checkpoint.stored_recipe(tmp_path) == dataclasses.replace(RECIPE, epochs=1)


def test_it_learns(dataset: Dataset, tmp_path: Path) -> None:
    reports: list[EpochReport] = []

    loop.train(dataclasses.replace(RECIPE, epochs=6, shift=0.0), dataset, tmp_path, on_epoch=reports.append)

    assert reports[-1].loss < 0.6 * reports[0].loss


def test_divergence_keeps_the_last_good_state(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = functional.cross_entropy
    calls = 0

    def poisoned(scores: torch.Tensor, labels: torch.Tensor, label_smoothing: float) -> torch.Tensor:
        nonlocal calls
        calls += 1
        loss = original(scores, labels, label_smoothing=label_smoothing)
        return loss * (float("nan") if calls == 7 else 1.0)

    monkeypatch.setattr(functional, "cross_entropy", poisoned)

    with pytest.raises(TrainingError, match=r"nan in epoch 2, step 3; .* below lr=0\.005"):
        loop.train(RECIPE, dataset, tmp_path)

    tensors, metadata = storage.load_tensors(tmp_path / checkpoint.LAST)
    assert len(json.loads(metadata["progress"])["losses"]) == 1
    assert all(bool(torch.isfinite(value).all()) for value in tensors.values())
    assert not (tmp_path / storage.MODEL_FILE).exists()


def test_learning_rate_decays_to_nothing() -> None:
    linear = dataclasses.replace(RECIPE, schedule="linear")

    for recipe in (RECIPE, linear):
        rates = [loop.learning_rate(recipe, step / 10) for step in range(11)]
        assert rates[0] == recipe.lr
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] == pytest.approx(0.0)
    assert loop.learning_rate(linear, 0.25) == pytest.approx(0.75 * linear.lr)


def test_images_of_another_shape_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    wrong = dataclasses.replace(RECIPE, network="mnist")

    with pytest.raises(DatasetError, match=r"has frames \(1, 8, 8\), network 'mnist' takes \(1, 28, 28\)"):
        loop.train(wrong, dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_and_a_damaged_state_are_named(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        loop.train(RECIPE, dataset, tmp_path / "file")

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / checkpoint.RECIPE).write_text(RECIPE.to_json())
    (tmp_path / "run" / checkpoint.LAST).write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="cannot be read"):
        loop.train(RECIPE, dataset, tmp_path / "run")
