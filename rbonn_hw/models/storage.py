"""Networks in files, without pickle: the folder in which training and export meet.

- model.safetensors: weights; its metadata describes the network, so that the file is complete.
- test.npz: the test split, or a part of it; see :mod:`rbonn_hw.models.stored_frames`.

A packed file is a deployed network for shipping: each binary weight is a bit (1 for +1, first bit of a byte
the highest, weights in C order), integer weights of few bits are int8, everything else stays float32.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError
from rbonn_hw.models.own import OwnInterface, define
from rbonn_hw.models.reference import Reference, is_reference
from rbonn_hw.models.shapes import parsed, spelled
from rbonn_hw.models.table import Table
from rbonn_hw.models.tensor_file import load_tensors, save_tensors
from rbonn_hw.models.trainable import Trainable
from rbonn_hw.models.weights import BinaryConv, BinaryLinear, IntegerConv, Scores

MODEL_FILE = "model.safetensors"
CLASSES_FILE = "classes.txt"
"""Names of the user's classes, one a line."""
DESCRIPTION = "rbonn"
"""Key of the metadata."""
REAL = "real"
"""The training method whose networks compute with real weights and activations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a file says of its network.

    Attributes:
        network: Name in :mod:`rbonn_hw.models.zoo`, or ``FILE.py:NAME`` of a file in the same folder.
        form: "hardware" or "paper".
        width: Multiplier of the channel counts.
        bits: Width of the feature maps between rows [bits].
        method: Training method; "real" has no binary weights.
        dataset: Name of the data set it was trained on; empty if unknown.
        score_scale: Factor that turns its scores into logits.
        packed: Whether binary weights are bits and BatchNorm is folded.
        frame: What a user's module takes, "CxHxW"; empty for tables.
        input: What pixels become before it, as JSON; empty for pixels as they are.
    """

    network: str
    form: str
    width: float
    bits: int
    method: str = "rbonn"
    dataset: str = ""
    score_scale: float = 1.0
    packed: bool = False
    frame: str = ""
    input: str = ""


def network_file(path: Path) -> Path:
    """Return the file of a network: ``path`` itself, or :data:`MODEL_FILE` in the folder ``path``."""
    return path / MODEL_FILE if path.is_dir() or not path.suffix else path


def is_ours(path: Path) -> bool:
    """Return whether a safetensors file describes one of our networks.

    Raises:
        ConfigError: It cannot be read.
    """
    return DESCRIPTION in load_tensors(path)[1]


def save_network(
    path: Path, net: Trainable, *, method: str = "rbonn", dataset: str = "", score_scale: float = 1.0
) -> None:
    """Write a network.

    Args:
        path: Folder, which gets :data:`MODEL_FILE`, or a file.
        net: Not deployed.
        method: See :class:`Description`.
        dataset: See :class:`Description`.
        score_scale: See :class:`Description`.
    """
    table = net.table
    pixels = table.input_text if isinstance(table, OwnInterface) else ""
    ends: dict[str, Any] = (
        {"width": table.width, "bits": table.bits}
        if isinstance(table, Table)
        else {"width": 1.0, "bits": 0, "frame": spelled(table.frame), "input": pixels}
    )
    description = Description(
        network=table.name, form=table.form, method=method, dataset=dataset, score_scale=score_scale, **ends
    )
    save_tensors(network_file(path), net.state_dict(), _metadata(description))


def describe(path: Path) -> Description:
    """Return what a network's file or folder says of it.

    Raises:
        ConfigError: There is none, or it says nothing that this version understands.
    """
    return _load(path)[1]


def load_network(path: Path, reference: Reference | None = None) -> Trainable:
    """Return the network of a folder or file, in evaluation mode; that of a packed file is deployed.

    Args:
        path: The folder or file.
        reference: Where the user's network is defined; None is the copy beside its weights. It is run.

    Raises:
        ConfigError: There is none, it cannot be read, is not what its metadata says, or holds NaN.
    """
    tensors, description = _load(path)
    if is_reference(description.network) and reference is None:
        reference = Reference.parse(Path(description.network).name, network_file(path).parent)
    try:
        definition = define(
            description.network,
            form=description.form,
            width=description.width,
            bits=description.bits or 4,
            frame=parsed(description.frame),
            reference=reference,
            input=documents.parse(description.input) if description.input else None,
        )
    except ConfigError as error:
        raise ConfigError(f"{network_file(path)}: {error}") from None
    _check_finite(network_file(path), tensors)
    net = definition.build(seed=0)
    if description.packed:
        net = net.deployed()
    if description.method == REAL:
        net.binarize("none")
    try:
        net.load_state_dict(_unpacked(net, tensors) if description.packed else tensors)
    except (RuntimeError, ValueError) as error:
        first = " ".join(str(error).split())[:300]
        raise ConfigError(f"{network_file(path)} is not a {net.table.name!r} network ({first})") from None
    return net.eval()


def save_packed(path: Path, net: Trainable, description: Description) -> None:
    """Write a packed file of ``net``, which answers as ``net`` does in evaluation, bit for bit.

    Args:
        path: The file.
        net: Binary, deployed or not.
        description: Of ``net``.

    Raises:
        ConfigError: The network's weights are real.
    """
    if description.method == REAL:
        raise ConfigError(f"{path}: a network trained by method {REAL!r} has no binary weights to pack")
    if is_reference(description.network):
        raise ConfigError(
            f"{path}: {description.network} is defined by a file of yours, which a packed file does not "
            "hold; ship the folder of `rbonn train`, or the QONNX file of `rbonn export`"
        )
    deployed = net.deployed()
    tensors = dict(deployed.state_dict())
    for name in _integer_names(deployed):
        tensors[name] = tensors[name].to(torch.int8)
    for name in _binary_names(deployed):
        tensors[name] = torch.from_numpy(np.packbits(tensors[name].detach().cpu().numpy().ravel() >= 0))
    save_tensors(path, tensors, _metadata(dataclasses.replace(description, packed=True)))


def _metadata(description: Description) -> dict[str, str]:
    return {DESCRIPTION: json.dumps(dataclasses.asdict(description))}


def _load(path: Path) -> tuple[dict[str, Tensor], Description]:
    file = network_file(path)
    if not file.exists():
        raise ConfigError(f"{file} does not exist; run `rbonn train --recipe .. --out {path}` first")
    tensors, metadata = load_tensors(file)
    try:
        found = documents.parse(metadata.get(DESCRIPTION, "null"))
        description = documents.build(Description, found, "its description")
    except (ConfigError, ValueError) as error:
        raise ConfigError(
            f"{file} holds no network of this version; run `rbonn train` again ({error})"
        ) from None
    return tensors, description


def _check_finite(path: Path, tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ConfigError(
                f"{path}: {name} holds NaN or infinity; the run diverged or the file is damaged: train again"
            )


def _binary_names(net: Trainable) -> list[str]:
    """Return the names of the weights of which only the signs are used."""
    names = {BinaryConv: "conv.weight", BinaryLinear: "linear.weight"}
    found = [f"{at}.{names[type(m)]}" for at, m in net.named_modules() if type(m) in names]
    return found + [
        f"{at}.weight" for at, m in net.named_modules() if isinstance(m, Scores) and m.weight_bits == 1
    ]


def _integer_names(net: Trainable) -> list[str]:
    """Return the names of the weights that are integers of few bits in a deployed network."""
    convolutions = [f"{at}.conv.weight" for at, m in net.named_modules() if isinstance(m, IntegerConv)]
    scores = [(at, m) for at, m in net.named_modules() if isinstance(m, Scores)]
    return convolutions + [f"{at}.weight" for at, m in scores if m.weight_bits > 1]


def _unpacked(net: Trainable, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of the deployed ``net`` with -1 and +1 for bits.

    Raises:
        ValueError: A weight has another number of bits.
    """
    shapes = {name: value.shape for name, value in net.state_dict().items()}
    state = {n: value.float() if value.dtype == torch.int8 else value for n, value in tensors.items()}
    for name in _binary_names(net):
        shape = shapes[name]
        packed = state.get(name)
        if packed is None or packed.dtype != torch.uint8 or len(packed) != -(-shape.numel() // 8):
            raise ValueError(f"{name} is not {shape.numel()} bits")
        bits = np.unpackbits(packed.numpy(), count=shape.numel())
        state[name] = torch.from_numpy(np.where(bits, 1.0, -1.0).astype(np.float32)).view(shape)
    return state
