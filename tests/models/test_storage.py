"""Networks in files: the same bits come back, and damage is named."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import evaluation, storage
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import DIGITS


def test_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    net = build(DIGITS, seed=5)
    net(torch.zeros(4, *DIGITS.frame))
    frames = np.random.default_rng(0).integers(0, 256, (9, *DIGITS.frame), dtype=np.uint8)

    storage.save_network(tmp_path, net)
    again = storage.load_network(tmp_path)

    np.testing.assert_array_equal(evaluation.scores(net, frames), evaluation.scores(again, frames))
    assert not again.training
    assert [path.name for path in tmp_path.iterdir()] == [storage.MODEL_FILE]


def test_absent_network_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"model\.safetensors does not exist; run `rbonn train"):
        storage.load_network(tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    for name in (storage.MODEL_FILE, storage.TEST_FILE):
        (tmp_path / name).write_bytes(b"damaged")

    with pytest.raises(ConfigError, match="cannot be read"):
        storage.load_network(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        storage.load_test_split(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    storage.save_tensors(tmp_path / storage.MODEL_FILE, {"w": torch.ones(1)}, {"network": "digits"})

    with pytest.raises(ConfigError, match="is not a 'digits' network"):
        storage.load_network(tmp_path)


def test_top1_takes_the_first_of_equal_scores() -> None:
    answers = np.array([[1, 1, 0], [0, 2, 2]], np.float32)

    assert evaluation.top1(answers, np.array([0, 2])) == 0.5
