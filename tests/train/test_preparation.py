"""First weights: drawn, taken over, brought from the paper to the hardware form; layout by device."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from rbonn_hw.errors import ConfigError, DatasetError
from rbonn_hw.models import evaluation, storage
from rbonn_hw.models.convert import Conversion, to_form
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.own import Definition
from rbonn_hw.models.table import Table
from rbonn_hw.models.zoo import network
from rbonn_hw.train import data, loop, preparation
from rbonn_hw.train.data import Dataset, Split
from rbonn_hw.train.distributed import Group
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.recipe import Recipe

RECIPE = Recipe(network="digits", dataset="digits", epochs=12, batch_size=32, lr=0.005, weight_lr=6.0)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    whole = data.load("digits")
    return dataclasses.replace(whole, train=whole.train.take(np.arange(256)))


def test_seed_and_method_decide_the_first_network(dataset: Dataset) -> None:
    table = network("digits")
    ste = dataclasses.replace(RECIPE, method="ste", seed=3)

    first = preparation.first_network(ste, Definition(table), None, dataset.train)

    drawn = build(table, 3, gradient="clip", shifts=False).state_dict()
    assert all(torch.equal(value, drawn[name]) for name, value in first.state_dict().items())
    assert any(not parameter.requires_grad for parameter in first.parameters())


def test_paper_form_becomes_a_hardware_form_that_knows_something(
    dataset: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paper = loop.train(dataclasses.replace(RECIPE, form="paper", score_scale=1.0), dataset, tmp_path)
    assert isinstance(paper, Trained)
    table = network("digits")

    first = preparation.first_network(RECIPE, Definition(table), tmp_path, dataset.train)

    answers = evaluation.scores(first, dataset.test.frames)  # type: ignore[union-attr]
    before = evaluation.top1(answers, dataset.test.labels)
    assert first.table.form == "hardware"
    assert paper.accuracy > 0.6
    assert before > 0.4  # a network with weights of its own has 0.1
    kept = float(re.findall(r"score_scale=(\S+) would keep", caplog.text)[0])
    logits = evaluation.scores(storage.load_network(tmp_path), dataset.test.frames)  # type: ignore[union-attr]
    logits, centred = (values - values.mean(axis=1, keepdims=True) for values in (logits, answers))
    fitted = (logits * centred).sum() / (centred**2).sum()
    assert 0.5 < kept / fitted < 2.0  # maps of 4 bits saturate; tests/models/test_convert.py has wider ones
    caplog.clear()
    preparation.first_network(
        dataclasses.replace(RECIPE, score_scale=kept * 1.5), Definition(table), tmp_path, dataset.train
    )
    assert not caplog.text


def test_a_conversion_sees_no_frame_that_is_not_learned_from(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the test split nor what is held out decides a scale of the converted network."""
    storage.save_network(tmp_path / "paper", build(network("digits", form="paper"), seed=0), score_scale=1.0)
    recipe = dataclasses.replace(RECIPE, epochs=1, validation=0.25)
    used, held = preparation.splits(recipe, dataset)
    assert isinstance(held, Split)
    assert isinstance(used.train, Split)
    assert isinstance(used.test, Split)
    seen: list[torch.Tensor] = []

    def watched(net: Network, table: Table, frames: torch.Tensor | None = None) -> Conversion:
        assert frames is not None
        seen.extend(frames)
        return to_form(net, table, frames)

    monkeypatch.setattr("rbonn_hw.train.preparation.to_form", watched)
    loop.train(recipe, dataset, tmp_path / "run", init=tmp_path / "paper")

    learned, judged, tested = (
        {frame.tobytes() for frame in split.frames} for split in (used.train, held, used.test)
    )
    given = {frame.to(torch.uint8).numpy().tobytes() for frame in seen}
    assert len(given) > 100
    assert given <= learned
    assert not given & (judged | tested)


def test_real_network_gets_scales(dataset: Dataset, tmp_path: Path) -> None:
    real = build(network("digits"), seed=7)
    for _, alpha in real.binary_pairs():
        alpha.data.fill_(9.0)
    storage.save_network(tmp_path, real, method="real")

    first = preparation.first_network(RECIPE, Definition(network("digits")), tmp_path, dataset.train)

    for weight, alpha in first.binary_pairs():
        assert float(alpha.detach().mean()) == pytest.approx(float(weight.detach().abs().mean()), rel=1e-5)


def test_hardware_form_does_not_become_paper(dataset: Dataset, tmp_path: Path) -> None:
    storage.save_network(tmp_path, build(network("digits"), seed=0))

    with pytest.raises(ConfigError, match="paper"):
        preparation.first_network(
            RECIPE, Definition(network("digits", form="paper")), tmp_path, dataset.train
        )


def test_held_out_frames_are_not_learned_from(dataset: Dataset) -> None:
    recipe = dataclasses.replace(RECIPE, validation=0.25, train_frames=200)

    used, held = preparation.splits(recipe, dataset)

    assert held is not None
    assert len(used.train) + len(held) == 200
    assert 40 <= len(held) <= 60
    assert used.test is dataset.test
    assert preparation.splits(RECIPE, dataset) == (dataset, None)


def test_only_images_on_a_gpu_have_channels_last() -> None:
    gpu = Group(device=torch.device("cuda:0"))
    table = network("cnv")

    assert preparation.layout(table, gpu) == torch.channels_last
    assert preparation.layout(table, Group()) == torch.contiguous_format


def test_images_of_another_shape_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    wrong = dataclasses.replace(RECIPE, network="mnist")

    with pytest.raises(DatasetError, match=r"has frames \(1, 8, 8\), network 'mnist' takes \(1, 28, 28\)"):
        loop.train(wrong, dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_number_of_classes_and_hardly_any_frame_are_refused(dataset: Dataset) -> None:
    table = network("digits", form="hardware")
    preparation.check_data(table, dataclasses.replace(dataset, class_names=tuple("0123456789")))

    named = dataclasses.replace(dataset, class_names=("cat", "dog"))
    with pytest.raises(DatasetError, match=r"has 2 classes \(cat, dog\), network 'digits' 10: make"):
        preparation.check_data(table, named)
    one = dataclasses.replace(dataset, train=dataset.train.take(np.arange(1)))
    with pytest.raises(DatasetError, match="has 1 training frames; 2 at least"):
        preparation.check_data(table, one)
    wide = Split(np.zeros((2, 1, 8, 8), np.uint8), np.array([3, 10]))
    with pytest.raises(DatasetError, match="has class 10, network 'digits' 10 classes"):
        preparation.check_data(table, dataclasses.replace(dataset, test=wide))
