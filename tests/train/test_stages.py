"""Stages: which epoch is in which, what is binary there, how the rate decays, what alpha becomes."""

import dataclasses

import pytest
import torch

from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import network
from rbonn_hw.optim.latent_adam import LatentAdam
from rbonn_hw.optim.plain_adam import PlainAdam
from rbonn_hw.train import stages
from rbonn_hw.train.recipe import Recipe

SINGLE = Recipe(network="digits", dataset="digits", epochs=10, lr=0.25, weight_decay=1e-3)
DOUBLE = dataclasses.replace(SINGLE, method="adambnn", stage1_epochs=4)
TEACHER = dataclasses.replace(SINGLE, method="real")


def test_a_run_of_one_stage_is_binary_without_decay() -> None:
    assert {stages.stage_of(SINGLE, epoch) for epoch in range(10)} == {
        stages.Stage(number=2, first=0, epochs=10, binarization="both", weight_decay=0.0)
    }


def test_the_first_of_two_stages_has_real_weights_and_decay() -> None:
    first, second = stages.stage_of(DOUBLE, 3), stages.stage_of(DOUBLE, 4)

    assert first == stages.Stage(number=1, first=0, epochs=4, binarization="activations", weight_decay=1e-3)
    assert second == stages.Stage(number=2, first=4, epochs=6, binarization="both", weight_decay=0.0)
    assert (first.real_weights, second.real_weights) == (True, False)
    assert stages.stage_of(DOUBLE, 0) == first
    assert stages.stage_of(DOUBLE, 9) == second


def test_a_teacher_is_real_and_keeps_its_decay() -> None:
    stage = stages.stage_of(TEACHER, 9)

    assert (stage.binarization, stage.weight_decay, stage.real_weights) == ("none", 1e-3, True)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_the_rate_decays_to_nothing_in_each_stage(schedule: str) -> None:
    recipe = dataclasses.replace(DOUBLE, schedule=schedule)

    for first, last in ((0, 4), (4, 10)):
        stage = stages.stage_of(recipe, first)
        steps = [first + (last - first) * step / 10 for step in range(11)]
        rates = [stages.learning_rate(recipe, stage, done) for done in steps]
        assert rates[0] == recipe.lr
        assert rates == sorted(rates, reverse=True)
        assert rates[5] == pytest.approx(recipe.lr / 2)
        assert rates[-1] == pytest.approx(0.0)


def test_start_switches_the_network_and_makes_the_optimizer() -> None:
    net = build(network("digits"), seed=0)

    optimizer = stages.start(net, DOUBLE, stages.stage_of(DOUBLE, 0))
    assert isinstance(optimizer, PlainAdam)
    assert net.binarization == "activations"
    assert {group["lr"] for group in optimizer.param_groups} == {DOUBLE.lr}

    optimizer = stages.start(net, DOUBLE, stages.stage_of(DOUBLE, 4))
    assert isinstance(optimizer, LatentAdam)
    assert net.binarization == "both"
    held = sum(len(group["params"]) for group in optimizer.param_groups)
    assert held == len(list(net.parameters()))


def test_frozen_parameters_are_nobodys() -> None:
    recipe = dataclasses.replace(SINGLE, method="ste")
    net = build(network("digits"), seed=0, gradient="clip", shifts=False)

    optimizer = stages.start(net, recipe, stages.stage_of(recipe, 0))

    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    frozen = [parameter for parameter in net.parameters() if not parameter.requires_grad]
    assert frozen
    assert not held & {id(parameter) for parameter in frozen}


def test_alpha_becomes_the_mean_magnitude_of_each_filter() -> None:
    net = build(network("digits"), seed=0)
    for weight, alpha in net.binary_pairs():
        weight.data *= torch.arange(1, len(weight) + 1).view(-1, *[1] * (weight.dim() - 1))
        alpha.data.fill_(7.0)

    stages.rescale(net)

    for weight, alpha in net.binary_pairs():
        expected = [float(row.double().abs().sum() / row.numel()) for row in weight.detach()]
        assert alpha.flatten().tolist() == pytest.approx(expected, rel=1e-5)
