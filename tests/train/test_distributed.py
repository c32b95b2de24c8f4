"""Two processes by gloo against one: gradients, losses, decisions, and parameters that must not differ."""

import json
import sys
from pathlib import Path

import pytest
import torch

from rbonn_hw import toolchain
from rbonn_hw.errors import ConfigError
from rbonn_hw.models import tensor_file
from rbonn_hw.train import distributed
from rbonn_hw.train.distributed import Group

WORKER = """
import json, sys, torch
from pathlib import Path
from torch import nn
from rbonn_hw.errors import TrainingError
from rbonn_hw.train import distributed

torch.manual_seed(3)
frames, labels = torch.randn(8, 5), torch.randint(0, 3, (8,))
with distributed.joined(torch.device("cpu")) as group, distributed.joined(torch.device("cpu")) as again:
    net = nn.Linear(5, 3)
    with torch.no_grad():
        net.weight += group.rank  # the first process's are the ones that count
    forward = group.parallel(net)
    part = slice(4 * group.rank, 4 * group.rank + 4)
    loss = nn.functional.cross_entropy
    for half in (0, 1):
        at = slice(2 * half, 2 * half + 2)
        with group.quiet(forward, until=half == 1):
            (loss(forward(frames[part][at]), labels[part][at]) / 2).backward()
    found = {
        "gradient": net.weight.grad.tolist(), "weight": net.weight.tolist(), "same": group == again,
        "mean": group.mean(torch.tensor([1.0 + group.rank, 10.0])).tolist(),
        "agreed": group.agreed(group.rank == 0), "shared": group.shared(0.1 + group.rank),
    }
    group.check_equal(net, 1)
    with torch.no_grad():
        net.bias += 1e-6 * group.rank
    try:
        group.check_equal(net, 2)
    except TrainingError as error:
        found["error"] = str(error)
tasks = Path("/proc/self/task")
found["threads"] = [(task / "comm").read_text().strip() for task in tasks.iterdir()]
with open(f"{sys.argv[1]}/{group.rank}.json", "w") as file:
    json.dump(found, file)
"""


@pytest.mark.slow
def test_two_processes_are_one(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    launcher = [*toolchain.python_command("torch.distributed.run"), "--standalone", "--nproc-per-node", "2"]
    toolchain.run_tool([*launcher, tmp_path / "worker.py", tmp_path], install_hint="")
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))

    torch.manual_seed(3)
    frames, labels = torch.randn(8, 5), torch.randint(0, 3, (8,))
    net = torch.nn.Linear(5, 3)
    torch.nn.functional.cross_entropy(net(frames), labels).backward()  # type: ignore[no-untyped-call]
    assert net.weight.grad is not None
    for found in (first, second):
        torch.testing.assert_close(torch.tensor(found["weight"]), net.weight.detach(), rtol=0, atol=0)
        torch.testing.assert_close(torch.tensor(found["gradient"]), net.weight.grad)
        assert found["mean"] == [1.5, 10.0]
        assert (found["agreed"], found["shared"], found["same"]) == (True, 0.1, True)
        assert [name for name in found["threads"] if "gloo" in name] == [], "threads that outlive the group"
        assert "after epoch 2 the parameters of process 1 differ from process 0's" in found["error"]
    assert first["gradient"] == second["gradient"]


def test_one_process_needs_nobody() -> None:
    with distributed.joined(torch.device("cpu")) as group:
        net = torch.nn.Linear(2, 2)

        assert group == Group()
        assert group.is_main
        assert group.parallel(net) is net
        assert group.mean(torch.tensor([3.0])).item() == 3.0
        assert not group.agreed(False)
        group.wait()
        group.check_equal(net, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"RANK": "0"}, "RANK=0, WORLD_SIZE=None, LOCAL_RANK=None: all three are integers"),
        ({"RANK": "2", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, r"a rank lies in 0 \.\. WORLD_SIZE - 1"),
        ({"RANK": "x", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, "RANK=x"),
        ({"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, "process 0 of 2 cannot join the others"),
    ],
)
def test_half_a_torchrun_is_refused(
    values: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=message), distributed.joined(torch.device("cpu")):
        pass


TRAIN = """
import dataclasses, sys, torch
import numpy as np
from pathlib import Path
from rbonn_hw.train import data, loop
from rbonn_hw.train.recipe import Recipe

torch.set_num_threads(1)
recipe = Recipe(network="digits", dataset="digits", epochs=2, batch_size=32, accumulate=2, u_init=0.01)
whole = data.load("digits")
loop.train(recipe, dataclasses.replace(whole, train=whole.train.take(np.arange(96))), Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_run_by_two_processes_ends_and_backtracks(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    launcher = [*toolchain.python_command("torch.distributed.run"), "--standalone", "--nproc-per-node", "2"]

    toolchain.run_tool([*launcher, tmp_path / "train.py", tmp_path / "two"], install_hint="")
    toolchain.run_tool([sys.executable, tmp_path / "train.py", tmp_path / "one"], install_hint="")

    two, one = (json.loads((tmp_path / name / "train.json").read_text()) for name in ("two", "one"))
    assert (two["machine"]["processes"], one["machine"]["processes"]) == (2, 1)
    # The BatchNorms see half a batch each: close, not equal.
    assert two["losses"] == pytest.approx(one["losses"], rel=0.2)
    state, _ = tensor_file.load_tensors(tmp_path / "two" / "last.safetensors")
    assert any(bool((value != 0.01).any()) for name, value in state.items() if name.endswith(".u"))
