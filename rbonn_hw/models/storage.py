"""Networks in files, without pickle: the folder in which training and export meet.

- model.safetensors: weights; its metadata names the table, so that the file is complete.
- test.npz: the test split: frames uint8 [n, C, H, W], labels int64 [n].
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.zoo import network
from rbonn_hw.results import write_bytes

MODEL_FILE = "model.safetensors"
TEST_FILE = "test.npz"


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file as a whole or not at all."""
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(contiguous, dict(metadata)))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a safetensors file.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); delete it and run `rbonn train` again") from None


def save_network(folder: Path, net: Network) -> None:
    """Write :data:`MODEL_FILE`."""
    save_tensors(folder / MODEL_FILE, net.state_dict(), {"network": net.table.name})


def load_network(folder: Path) -> Network:
    """Return the network in ``folder``, in evaluation mode.

    Raises:
        ConfigError: There is none, or it cannot be read, or is not what its metadata says.
    """
    path = folder / MODEL_FILE
    if not path.exists():
        raise ConfigError(f"{path} does not exist; run `rbonn train --recipe .. --out {folder}` first")
    tensors, metadata = load_tensors(path)
    net = build(network(metadata.get("network", "")), seed=0)
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise ConfigError(f"{path} is not a {net.table.name!r} network ({error})") from None
    return net.eval()


def load_test_split(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return (frames [n, C, H, W], labels [n]) of :data:`TEST_FILE`.

    Raises:
        ConfigError: It is absent or cannot be read.
    """
    path = folder / TEST_FILE
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["frames"], arrays["labels"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} cannot be read ({error}); run `rbonn train` again") from None
