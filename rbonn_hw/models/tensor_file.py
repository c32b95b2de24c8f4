"""Tensors in safetensors files, with a hash of all that a file holds: a bit that flipped is noticed."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.results import DIGEST, write_bytes


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file as a whole or not at all."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(contiguous, {**metadata, DIGEST: _digest(contiguous, metadata)}))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a safetensors file; those of other tools have no hash.

    Raises:
        ConfigError: It cannot be read, or is not what was written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); delete it and run `rbonn train` again") from None
    given = metadata.pop(DIGEST, None)
    if given is not None and given != _digest(tensors, metadata):
        raise ConfigError(
            f"{path} was damaged, or changed since it was written; copy it again, or delete it and run "
            "`rbonn train` again"
        )
    return tensors, metadata


def _digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return a hash of names, types, shapes and every bit, in whatever order a file has them."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), tensor.shape]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
