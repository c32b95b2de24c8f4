"""Devices by name."""

import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.train.device import pick


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cuda:x", ""])
def test_device_that_is_not_here_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"device '{name}' is not here; this machine has auto, cpu"):
        pick(name)


def test_without_a_gpu_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert pick("auto") == pick("cpu") == torch.device("cpu")
    with pytest.raises(ConfigError, match=r"'cuda' is not here; this machine has auto, cpu$"):
        pick("cuda")


def test_of_two_gpus_torchrun_gives_each_process_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    assert pick("auto") == pick("cuda") == torch.device("cuda:0")
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert pick("auto") == pick("cuda") == torch.device("cuda:1")
    assert pick("cuda:0") == torch.device("cuda:0")
    assert pick("cpu") == torch.device("cpu")
