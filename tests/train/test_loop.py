"""The loop: it learns by every method, continues bit for bit, keeps the best, stops on bad input."""

import csv
import dataclasses
import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import torch
from torch.nn import functional

from rbonn_hw import drafts
from rbonn_hw.errors import ConfigError, TrainingError
from rbonn_hw.models import storage, tensor_file
from rbonn_hw.models.network import Network
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.ownership import MARKER
from rbonn_hw.train import checkpoint, loop, stages, task
from rbonn_hw.train.data import Dataset
from rbonn_hw.train.logs import METRICS, EpochRecord
from rbonn_hw.train.loop import Paused, Watch
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.trainer import StepReport
from tests.train.runs import RECIPE, result, small_digits, train, weights

TWO_STAGES = dataclasses.replace(
    RECIPE, method="adambnn", epochs=4, stage1_epochs=2, weight_decay=1e-3, validation=0.25
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_digits()


class InterruptedRunError(Exception):
    """Stands for Ctrl-C."""


def interrupt_after(epoch: int) -> Watch:
    def callback(record: EpochRecord) -> None:
        if record.epoch == epoch:
            raise InterruptedRunError

    return Watch(on_epoch=callback)


def timeless(records: list[EpochRecord]) -> list[EpochRecord]:
    return [dataclasses.replace(record, seconds=0.0) for record in records]


@pytest.mark.parametrize(
    ("method", "cut"), [("adambnn", 1), ("rbonn", 2), ("adambnn", 3), ("rbonn-released", 3), ("bop", 3)]
)
def test_interrupted_run_ends_with_the_same_bits(
    method: str, cut: int, dataset: Dataset, tmp_path: Path
) -> None:
    """Cut in the first stage, at the change of stages, and in the second."""
    reports: list[EpochRecord] = []
    recipe = dataclasses.replace(TWO_STAGES, method=method)
    train(recipe, dataset, tmp_path / "whole", Watch(on_epoch=reports.append))
    with pytest.raises(InterruptedRunError):
        train(recipe, dataset, tmp_path / "part", interrupt_after(cut))
    assert not (tmp_path / "part" / checkpoint.RESULT).exists()

    continued: list[EpochRecord] = []
    train(recipe, dataset, tmp_path / "part", Watch(on_epoch=continued.append))

    for name in (storage.MODEL_FILE, checkpoint.LAST, checkpoint.BEST):
        whole, part = weights(tmp_path / "whole", name), weights(tmp_path / "part", name)
        assert set(whole) == set(part)
        assert all(torch.equal(whole[key], part[key]) for key in whole)
    assert [report.epoch for report in reports] == [1, 2, 3, 4]
    assert timeless(continued) == timeless(reports[cut:])
    files = {path.name for path in (tmp_path / "part").iterdir()}
    assert files == {*checkpoint.FILES, checkpoint.BEST, MARKER}


def test_best_network_that_a_kill_did_not_let_be_written_is_written_later(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first epoch is to be the best; which one is, depends on the bits of the processor that trains.
    accuracies = iter(2 * [0.5, 0.25, 0.0])  # of two epochs and the test split, in each run
    monkeypatch.setattr(task, "accuracy", lambda *_: next(accuracies))
    recipe = dataclasses.replace(RECIPE, validation=0.25, epochs=2)
    train(recipe, dataset, tmp_path / "whole")
    with pytest.raises(InterruptedRunError):
        train(recipe, dataset, tmp_path / "part", interrupt_after(1))
    (tmp_path / "part" / checkpoint.BEST).unlink()
    (tmp_path / "part" / f"{drafts.PREFIX}abc-last.safetensors").write_bytes(b"half")

    train(recipe, dataset, tmp_path / "part")

    assert result(tmp_path / "part")["epoch"] == 1
    whole, part = weights(tmp_path / "whole"), weights(tmp_path / "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)
    assert [path.name for path in (tmp_path / "part").glob(".*")] == [MARKER]


@pytest.mark.parametrize(("method", "calls"), [("rbonn", [2]), ("bop", [2]), ("real", [])])
def test_alpha_is_set_once_at_the_change_of_stages(
    method: str, calls: list[int], dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    original = stages.rescale

    def spied(net: Network) -> None:
        found.append(checkpoint.read_progress(tmp_path / checkpoint.LAST).epochs)
        original(net)

    monkeypatch.setattr(stages, "rescale", spied)
    train(dataclasses.replace(TWO_STAGES, method=method), dataset, tmp_path)

    assert found == calls


def test_run_of_another_version_is_not_continued(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / checkpoint.RECIPE).write_text('{"network": "digits", "an_old_key": 1}')
    (tmp_path / checkpoint.LAST).write_bytes(b"old")

    done = train(dataclasses.replace(RECIPE, epochs=1), dataset, tmp_path)

    assert not done.was_finished
    assert checkpoint.stored_recipe(tmp_path) == dataclasses.replace(RECIPE, epochs=1)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns(method: str, dataset: Dataset, tmp_path: Path) -> None:
    two = METHODS[method].two_stage
    recipe = dataclasses.replace(RECIPE, method=method, epochs=8, stage1_epochs=2 if two else 0, shift=0.0)
    reports: list[EpochRecord] = []

    done = train(recipe, dataset, tmp_path, Watch(on_epoch=reports.append))

    assert reports[-1].loss < 0.75 * reports[2 if two else 0].loss
    assert done.accuracy > 0.25
    assert storage.describe(tmp_path).method == method
    assert storage.load_network(tmp_path).binarization == ("none" if method == "real" else "both")
    assert (reports[-1].backtracked is not None) == (method == "rbonn")


def test_stored_weights_are_those_of_evaluation(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The released rule trains with other weights than it stores."""
    made: list[BinaryOptimizer] = []
    original = stages.start

    def start(*given: Any) -> BinaryOptimizer:
        made.append(original(*given))
        return made[-1]

    monkeypatch.setattr(stages, "start", start)

    def check(_: EpochRecord) -> None:
        made[0].eval()
        tensors = weights(tmp_path, checkpoint.LAST)
        stored = [value for name, value in tensors.items() if name.startswith("network.")]
        for weight in made[0].param_groups[0]["params"]:
            assert any(torch.equal(weight, other) for other in stored)

    train(dataclasses.replace(RECIPE, method="rbonn-released"), dataset, tmp_path, Watch(on_epoch=check))


def test_pieces_end_like_the_whole(dataset: Dataset, tmp_path: Path) -> None:
    train(RECIPE, dataset, tmp_path / "whole")

    pieces = [loop.train(RECIPE, dataset, tmp_path / "part", watch=Watch(stop_after=0)) for _ in range(3)]

    assert pieces[:2] == [Paused(1, 3), Paused(2, 3)]
    assert isinstance(pieces[2], Trained)
    whole, part = weights(tmp_path / "whole"), weights(tmp_path / "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)


def test_networks_are_evaluated_as_seldom_as_the_recipe_says(dataset: Dataset, tmp_path: Path) -> None:
    recipe = dataclasses.replace(TWO_STAGES, epochs=7, stage1_epochs=3, evaluate_every=5)
    records: list[EpochRecord] = []

    train(recipe, dataset, tmp_path, Watch(on_epoch=records.append))

    judged = {record.epoch: record.validation_accuracy for record in records if record.validation_accuracy}
    assert list(judged) == [3, 5, 7]  # the last of each stage, and every fifth
    best = max((5, 7), key=lambda epoch: (judged[epoch], -epoch))
    chosen = result(tmp_path)
    assert chosen["epoch"] == best
    assert chosen["accuracy"] == {"test": ANY, "validation": judged[best]}


def test_steps_are_reported(dataset: Dataset, tmp_path: Path) -> None:
    steps: list[StepReport] = []

    train(RECIPE, dataset, tmp_path, Watch(on_step=steps.append))

    assert [(report.epoch, report.step, report.steps) for report in steps] == [(n, 4, 4) for n in (1, 2, 3)]
    rows = list(csv.DictReader((tmp_path / METRICS).read_text().splitlines()))
    assert [float(row["loss"]) for row in rows] == [report.loss for report in steps]


def poisoned(at: int) -> Callable[..., torch.Tensor]:
    """Return cross entropy that is no number in its call number ``at``."""
    original = functional.cross_entropy
    calls = 0

    def call(scores: torch.Tensor, labels: torch.Tensor, label_smoothing: float) -> torch.Tensor:
        nonlocal calls
        calls += 1
        loss = original(scores, labels, label_smoothing=label_smoothing)
        return loss * (float("nan") if calls == at else 1.0)

    return call


def test_divergence_keeps_the_last_good_state(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functional, "cross_entropy", poisoned(at=7))

    with pytest.raises(TrainingError, match=r"nan in epoch 2, step 3; .* below lr=0\.005"):
        loop.train(RECIPE, dataset, tmp_path)

    tensors, metadata = tensor_file.load_tensors(tmp_path / checkpoint.LAST)
    assert len(json.loads(metadata["progress"])["records"]) == 1
    assert all(bool(torch.isfinite(value).all()) for value in tensors.values())
    assert not (tmp_path / storage.MODEL_FILE).exists()


def test_a_disk_that_fills_leaves_the_former_state_to_continue_from(dataset: Dataset, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    train(RECIPE, dataset, tmp_path / "whole")

    def fill(_: EpochRecord) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))

    try:
        with pytest.raises(OSError, match="File too large"):
            loop.train(RECIPE, dataset, tmp_path / "part", watch=Watch(on_epoch=fill))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert checkpoint.read_progress(tmp_path / "part" / checkpoint.LAST).epochs == 1
    assert not [*(tmp_path / "part").glob(f"{drafts.PREFIX}*")]
    train(RECIPE, dataset, tmp_path / "part")
    whole, part = weights(tmp_path / "whole"), weights(tmp_path / "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)


def test_a_file_in_the_way_and_a_damaged_state_are_named(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        loop.train(RECIPE, dataset, tmp_path / "file")

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / checkpoint.RECIPE).write_text(RECIPE.to_json())
    (tmp_path / "run" / checkpoint.LAST).write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="cannot be read"):
        loop.train(RECIPE, dataset, tmp_path / "run")
