"""State files: everything comes back, for every optimizer; what is of something else is refused."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import tensor_file
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.zoo import network
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.train import checkpoint, stages
from rbonn_hw.train.checkpoint import Progress, Sources
from rbonn_hw.train.logs import EpochRecord
from rbonn_hw.train.recipe import Recipe

FRAMES = torch.randint(0, 256, (8, 1, 8, 8), generator=torch.Generator().manual_seed(0)).float()


def record(epoch: int, accuracy: float | None, stage: int = 2) -> EpochRecord:
    return EpochRecord(
        epoch=epoch,
        stage=stage,
        lr=0.1,
        loss=1 / 3,
        validation_accuracy=accuracy,
        backtracked=0.1,
        seconds=2.0,
    )


def made(method: str, seed: int) -> tuple[Network, BinaryOptimizer]:
    recipe = Recipe(
        network="digits", dataset="digits", epochs=2, method=method, seed=seed,
        stage1_epochs=1 if METHODS[method].two_stage else 0,
    )  # fmt: skip
    net = build(network("digits"), seed)
    return net, stages.start(net, recipe, stages.stage_of(recipe, 1))


def step(net: Network, optimizer: BinaryOptimizer) -> None:
    net.train()
    optimizer.train()
    optimizer.zero_grad()
    (net(FRAMES) ** 2).mean().backward()
    optimizer.step()
    net.constrain()
    optimizer.eval()


@pytest.mark.parametrize("method", METHODS)
def test_training_goes_on_from_the_file_as_from_memory(method: str, tmp_path: Path) -> None:
    net, optimizer = made(method, seed=1)
    for _ in range(2):
        step(net, optimizer)
    progress = Progress(records=(record(1, None), record(2, 0.5)), sources=Sources(init="a", teacher="b"))

    checkpoint.save_state(tmp_path / "s.safetensors", net, optimizer, progress)
    again, other = made(method, seed=2)
    read = checkpoint.load_state(tmp_path / "s.safetensors", again, other)

    assert read == progress
    assert checkpoint.read_progress(tmp_path / "s.safetensors") == progress
    for one in ((net, optimizer), (again, other)):
        step(*one)
    whole, part = net.state_dict(), again.state_dict()
    assert all(torch.equal(whole[name], part[name]) for name in whole)
    ours, theirs = optimizer.state_dict(), other.state_dict()
    assert json.dumps(ours["param_groups"]) == json.dumps(theirs["param_groups"])
    for key, entry in ours["state"].items():
        for name, value in entry.items():
            same = theirs["state"][key][name]
            assert torch.equal(value, same) if isinstance(value, Tensor) else value == same


def test_best_is_the_first_best_of_the_last_stage() -> None:
    records = (record(1, 0.9, stage=1), record(2, 0.3), record(3, 0.7), record(4, 0.7), record(5, 0.1))

    assert Progress(records=records).best == records[2]
    assert Progress(records=records[:1]).best is None
    assert Progress(records=(record(1, None),)).best is None
    assert Progress(records=records).epochs == 5
    assert Progress(records=records).seconds == 10.0


def test_a_run_from_other_files_is_another_run() -> None:
    sources = Sources(init="i", teacher="t", data="d", network="n")
    assert sources.agree(sources)
    for name in ("init", "teacher", "data", "network"):
        assert not sources.agree(dataclasses.replace(sources, **{name: "other"}))
        assert not dataclasses.replace(sources, **{name: "other"}).agree(sources)
    # Runs of old have no provenance.
    assert dataclasses.replace(sources, data="").agree(sources)
    assert not dataclasses.replace(sources, init="").agree(sources)


def test_state_of_another_network_or_version_is_refused(tmp_path: Path) -> None:
    net, optimizer = made("rbonn", seed=1)
    step(net, optimizer)
    path = tmp_path / "s.safetensors"
    checkpoint.save_state(path, net, optimizer, Progress())
    wide = build(network("digits", width=2.0), 0)

    with pytest.raises(ConfigError, match=r"is no state of this network .* use another --out"):
        checkpoint.load_state(path, wide, optimizer)
    tensor_file.save_tensors(path, {"network.w": torch.ones(1)}, {"progress": "{}"})
    with pytest.raises(ConfigError, match="is no state of this version"):
        checkpoint.read_progress(path)
    with pytest.raises(ConfigError, match="is no state of this network"):
        checkpoint.load_state(path, net, optimizer)
