"""The result: the best epoch's network, its accuracy, and a run that is recognised."""

import dataclasses
from pathlib import Path

import pytest
import torch

from rbonn_hw.models import evaluation, storage, stored_frames
from rbonn_hw.train import checkpoint
from rbonn_hw.train.data import Dataset, Split
from rbonn_hw.train.logs import EpochRecord
from rbonn_hw.train.loop import Watch
from tests.train.runs import RECIPE, result, small_digits, train, weights


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_digits()


def test_best_epoch_on_held_out_frames_is_the_trained_network(dataset: Dataset, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, validation=0.25, epochs=5, lr=0.02, seed=2)
    kept: dict[int, dict[str, torch.Tensor]] = {}
    reports: list[EpochRecord] = []

    def keep(record: EpochRecord) -> None:
        reports.append(record)
        state = weights(tmp_path, checkpoint.LAST)
        kept[record.epoch] = {k.removeprefix("network."): v for k, v in state.items() if k[0] == "n"}

    train(recipe, dataset, tmp_path, Watch(on_epoch=keep))

    curve = [report.validation_accuracy or 0.0 for report in reports]
    best = 1 + curve.index(max(curve))
    document = result(tmp_path)
    assert document["epoch"] == best
    assert best != 5  # else the last epoch would do
    assert document["validation_accuracies"] == curve
    model = weights(tmp_path)
    assert all(torch.equal(model[name], kept[best][name]) for name in model)
    assert document["frames"] == {"train": 96, "test": 64}
    assert all(report.test_accuracy is None for report in reports)
    _, held = dataset.held_out(0.25, seed=2)
    assert isinstance(held, Split)
    answers = evaluation.scores(storage.load_network(tmp_path), held.frames)
    assert document["accuracy"]["validation"] == evaluation.top1(answers, held.labels)  # type: ignore[index]


def test_recorded_accuracy_is_the_stored_networks(dataset: Dataset, tmp_path: Path) -> None:
    done = train(RECIPE, dataset, tmp_path)
    frames, labels = stored_frames.load(tmp_path)
    net = storage.load_network(tmp_path)

    answers = evaluation.scores(net.deployed(), frames)

    assert len(labels) == 64
    assert done.accuracy == evaluation.top1(answers, labels)
    document = result(tmp_path)
    assert document["accuracy"] == {"test": done.accuracy}
    assert document["test_accuracies"][-1] == done.accuracy  # type: ignore[index]
    assert document["data"] == dataset.provenance
    assert document["machine"] == {
        "device": "cpu",
        "processes": 1,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def test_finished_run_is_not_repeated_and_another_recipe_is(dataset: Dataset, tmp_path: Path) -> None:
    short = dataclasses.replace(RECIPE, epochs=1)
    first = train(short, dataset, tmp_path)
    changed = (tmp_path / storage.MODEL_FILE).stat().st_mtime_ns

    again = train(short, dataset, tmp_path)
    other = train(dataclasses.replace(short, seed=1), dataset, tmp_path)

    assert (first.was_finished, again.was_finished, other.was_finished) == (False, True, False)
    assert again.accuracy == first.accuracy
    assert (tmp_path / storage.MODEL_FILE).stat().st_mtime_ns != changed
    recipe = result(tmp_path)["recipe"]
    assert recipe["seed"] == 1  # type: ignore[index]
