"""Two processes on half a batch each do what one does on the whole batch; the recurrent step is on."""

from typing import Any

import pytest
import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import spawn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.factory import Settings, make_optimizer
from rbonn_hw.optim.methods import METHODS
from tests.optim.layer import BinaryPerceptron

STEPS, PROCESSES = 5, 2
BINARY = [method for method in METHODS if method != "real"]


def trained(method: str, rank: int, world: int) -> dict[str, Tensor]:
    """Train on this process's share; return all weights, and the U of the layers."""
    torch.manual_seed(rank)  # what a method draws must not depend on the process
    net = BinaryPerceptron()
    settings = Settings(lr=0.02, coupling=1e-3, tau=0.5, u_init=0.05, flip_rate=0.05)
    optimizer: BinaryOptimizer = make_optimizer(method, net.pairs(), [net.last], settings)
    model: Any = DistributedDataParallel(net) if world > 1 else net
    for step in range(STEPS):
        x, labels = net.batch(step)
        mine = slice(rank * len(x) // world, (rank + 1) * len(x) // world)
        optimizer.zero_grad()
        functional.cross_entropy(model(x[mine]), labels[mine]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    tensors = {name: value.detach().clone() for name, value in net.named_parameters()}
    for number, weight in enumerate(net.weights):
        if "u" in optimizer.state[weight]:
            tensors[f"u.{number}"] = optimizer.state[weight]["u"]
    return tensors


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=PROCESSES
    )
    torch.save(
        {method: trained(method, rank, PROCESSES) for method in BINARY},
        f"{folder}/{rank}.pt",
    )
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, Tensor]]]:
    """What each process ends with, by method."""
    folder = tmp_path_factory.mktemp("processes")
    spawn(work, args=(str(folder),), nprocs=PROCESSES)  # type: ignore[no-untyped-call]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES)]


@pytest.mark.parametrize("method", BINARY)
def test_two_processes_are_one(ranks: list[dict[str, dict[str, Tensor]]], method: str) -> None:
    first, second = (rank[method] for rank in ranks)
    single = trained(method, 0, 1)

    assert first.keys() == second.keys() == single.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name])
        torch.testing.assert_close(value, single[name], rtol=1e-3, atol=1e-4)
    if method in ("rbonn", "rbonn-released"):
        start = 0.05 if method == "rbonn" else 0.2
        assert any(bool((first[f"u.{number}"] != start).any()) for number in range(2))
