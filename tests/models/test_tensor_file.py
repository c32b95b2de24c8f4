"""rbonn_hw.models.tensor_file: what is written comes back, and nothing else does."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.tensor_file import load_tensors, save_tensors

TENSORS = {
    "weights": torch.arange(6.0).reshape(2, 3).t(),  # in another order than it lies in memory
    "half": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
    "bits": torch.tensor([True, False]),
    "count": torch.tensor(7),
    "none": torch.empty(0, 3),
}
METADATA = {"progress": '{"epoch": 3}', "größe": "7"}


def same(tensors: dict[str, Tensor]) -> bool:
    return tensors.keys() == TENSORS.keys() and all(
        found.dtype == TENSORS[name].dtype and torch.equal(found, TENSORS[name])
        for name, found in tensors.items()
    )


def test_tensors_and_metadata_come_back(tmp_path: Path) -> None:
    save_tensors(tmp_path / "a.safetensors", TENSORS, METADATA)

    tensors, metadata = load_tensors(tmp_path / "a.safetensors")

    assert same(tensors)
    assert metadata == METADATA


def test_every_bit_that_flips_is_noticed(tmp_path: Path) -> None:
    """Or it is one of layout, or of the hash's own name, and what is read is right all the same."""
    path = tmp_path / "a.safetensors"
    save_tensors(path, TENSORS, METADATA)
    content, refused = path.read_bytes(), 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            tensors, metadata = load_tensors(path)
        except ConfigError:
            refused += 1
        else:
            assert same(tensors)
            assert METADATA.items() <= metadata.items()
    assert refused > 0.95 * len(content)


def test_files_of_other_tools_have_no_hash(tmp_path: Path) -> None:
    save_file({"w": torch.ones(2)}, tmp_path / "a.safetensors")

    assert load_tensors(tmp_path / "a.safetensors")[0]["w"].tolist() == [1.0, 1.0]


def test_tensors_that_were_exchanged_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_tensors(path, {"a": torch.zeros(2, dtype=torch.int32), "b": torch.ones(2, dtype=torch.int32)}, {})
    path.write_bytes(
        path.read_bytes().replace(b'"a":', b'"x":').replace(b'"b":', b'"a":').replace(b'"x":', b'"b":')
    )

    with pytest.raises(ConfigError, match="was damaged, or changed"):
        load_tensors(path)
