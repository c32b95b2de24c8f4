"""The loss against float64 arithmetic written out, and what a teacher may be."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import storage, teacher, tensor_file
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import network
from rbonn_hw.train import data, distill, loop
from rbonn_hw.train.outcome import Trained
from rbonn_hw.train.recipe import Recipe

RECIPE = Recipe(network="digits", dataset="digits", epochs=1, score_scale=0.5, teacher="t", distill=0.3)
DIGITS, COLOUR = network("digits"), network("resnet20", form="paper")
GENERATOR = torch.Generator().manual_seed(0)
SCORES = 4 * torch.randn(5, 10, generator=GENERATOR)
WANTED = 2 * torch.randn(5, 10, generator=GENERATOR)
LABELS = torch.tensor([3, 1, 9, 0, 3])


def probabilities(logits: Tensor) -> list[list[float]]:
    powers = [[math.exp(value) for value in row] for row in logits.double().tolist()]
    return [[value / sum(row) for value in row] for row in powers]


@pytest.mark.parametrize(
    ("share", "temperature", "smoothing"),
    [(0.3, 1.0, 0.0), (0.7, 4.0, 0.1), (1.0, 1.0, 0.0), (1.0, 2.0, 0.1)],
)
def test_loss_is_the_weighted_sum(share: float, temperature: float, smoothing: float) -> None:
    recipe = dataclasses.replace(RECIPE, distill=share, temperature=temperature, label_smoothing=smoothing)
    objective = distill.Objective(recipe, None)

    loss = objective(SCORES, WANTED, LABELS)

    plain = probabilities(SCORES * 0.5)
    student, master = probabilities(SCORES * 0.5 / temperature), probabilities(WANTED / temperature)
    entropy = divergence = 0.0
    for row, label in enumerate(LABELS.tolist()):
        for column in range(10):
            target = smoothing / 10 + (1 - smoothing) * (column == label)
            entropy -= target * math.log(plain[row][column]) / 5
            ratio = master[row][column] / student[row][column]
            divergence += master[row][column] * math.log(ratio) / 5
    expected = (1 - share) * entropy + share * temperature**2 * divergence
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_without_a_teacher_it_is_cross_entropy() -> None:
    loss = distill.Objective(dataclasses.replace(RECIPE, teacher="", distill=0.0), None)(SCORES, None, LABELS)

    chosen = [row[label] for row, label in zip(probabilities(SCORES * 0.5), LABELS.tolist(), strict=True)]
    assert float(loss) == pytest.approx(-sum(map(math.log, chosen)) / 5, rel=1e-5)


def test_scores_of_bfloat16_are_scaled_in_float32() -> None:
    loss = distill.Objective(RECIPE, None)(SCORES.bfloat16(), WANTED, LABELS)

    assert loss.dtype == torch.float32


def test_our_own_network_is_a_teacher_with_its_scale(tmp_path: Path) -> None:
    net = build(DIGITS, seed=1)
    storage.save_network(tmp_path, net, method="real", score_scale=0.125)
    frames = torch.randint(0, 256, (3, *DIGITS.frame)).float()

    master = distill.load_teacher(tmp_path, DIGITS)

    net.binarize("none")
    assert torch.equal(master.logits(frames), net.eval()(frames) * 0.125)
    assert not any(parameter.requires_grad for parameter in master.net.parameters())
    assert not master.logits(frames).requires_grad


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_torchvision_state_dict_is_a_teacher(suffix: str, tmp_path: Path) -> None:
    resnet = teacher.ResNet((2, 2, 2, 2), 10).eval()
    path = tmp_path / f"resnet18.{suffix}"
    if suffix == "pth":
        torch.save(resnet.state_dict(), path)
    else:
        tensor_file.save_tensors(path, resnet.state_dict(), {})
    frames = torch.randint(0, 256, (2, 3, 32, 32)).float()

    master = distill.load_teacher(path, COLOUR)

    with torch.no_grad():
        assert torch.equal(master.logits(frames), resnet(frames))


def test_teachers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    storage.save_network(tmp_path / "ours", build(DIGITS, seed=1))
    torch.save(teacher.ResNet((2, 2, 2, 2), 7).state_dict(), tmp_path / "seven.pth")

    with pytest.raises(ConfigError, match=r"absent does not exist; name a folder of `rbonn train`"):
        distill.load_teacher(tmp_path / "absent", DIGITS)
    with pytest.raises(ConfigError, match=r"ours has frames \(1, 8, 8\) and 10 classes, network 'resnet20'"):
        distill.load_teacher(tmp_path / "ours", COLOUR)
    with pytest.raises(
        ConfigError, match=r"seven\.pth has frames .* and 7 classes, network 'resnet20' .* 10"
    ):
        distill.load_teacher(tmp_path / "seven.pth", COLOUR)
    with pytest.raises(ConfigError, match="has frames"):
        distill.load_teacher(tmp_path / "seven.pth", DIGITS)


def test_a_student_learns_from_scores_alone_and_another_teacher_is_another_run(tmp_path: Path) -> None:
    whole = data.load("digits")
    dataset = dataclasses.replace(whole, train=whole.train.take(np.arange(256)))
    real = Recipe(network="digits", dataset="digits", epochs=8, method="real", batch_size=32, lr=0.005)
    loop.train(real, dataset, tmp_path / "teacher")
    recipe = dataclasses.replace(
        real, method="reactnet", teacher=str(tmp_path / "teacher"), distill=1.0, weight_lr=6.0
    )
    # Labels that say nothing: what is learned is the teacher's.
    blind = dataclasses.replace(
        dataset,
        train=data.Split(dataset.train.frames, np.zeros(256, dtype=np.int64)),  # type: ignore[union-attr]
    )

    done = loop.train(recipe, blind, tmp_path / "student")

    assert isinstance(done, Trained)
    assert done.accuracy > 0.5
    assert loop.train(recipe, blind, tmp_path / "student") == dataclasses.replace(done, was_finished=True)
    loop.train(dataclasses.replace(real, seed=1), dataset, tmp_path / "teacher")
    again = loop.train(recipe, blind, tmp_path / "student")
    assert isinstance(again, Trained)
    assert not again.was_finished
