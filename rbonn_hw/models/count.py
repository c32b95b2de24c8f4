"""Weights and operations of a network, layer by layer, as its own modules tell them in a forward pass.

Conventions, which the literature shares unless it says otherwise:

- An operation is a multiplication and its addition. Those of convolutions and matrices count; BatchNorm,
  bias, PReLU, pools and additions of maps do not.
- It is binary if both factors are -1 or +1, real if the weight is real; a "low-bit" one has an integer weight
  and an integer or a sign as the other factor, which only the hardware form knows.
- Padding takes part: a window at the border has as many operations as any other.
- OPs = binary / 64 + all others (Liu et al., Bi-Real Net, ECCV 2018). To count low-bit operations whole
  overstates the hardware form; there is no agreed share.
- Memory is that of the weights: 1 bit if binary, their width if of low bit, 32 bits if real. What is stored
  per channel (alpha, BatchNorm, biases, slopes) is not in it: hardware folds that into thresholds.
"""

import json
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from rbonn_hw.models.blocks import DenseBlock, ImageSigns
from rbonn_hw.models.counted import KEPT, REAL_BITS, LayerCount, NetworkCount, Operation
from rbonn_hw.models.network import Network
from rbonn_hw.models.shapes import Kind
from rbonn_hw.models.table import FORMS, Table
from rbonn_hw.models.weights import (
    BinaryConv,
    BinaryLinear,
    IntegerConv,
    RealConv,
    RealLinear,
    Scores,
    SignedConv,
)
from rbonn_hw.models.zoo import NETWORKS, network
from rbonn_hw.results import write_text

FRAMES = 2
"""Frames of the pass that is watched: BatchNorm of vectors wants more than one."""

Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]

_WEIGHTED = (BinaryConv, BinaryLinear, IntegerConv, RealConv, RealLinear, Scores, nn.Linear)


def count(table: Table) -> NetworkCount:
    """Return what the network of a table holds and does for a frame; no memory is taken, nothing computed."""
    with torch.device("meta"):
        net = Network(table).train()
        frames = torch.empty(FRAMES, *table.frame)
    layers: list[LayerCount] = []
    signed = _fed_with_signs(net)
    for path, module in net.named_modules():
        if isinstance(module, _WEIGHTED) and not _is_inner(path, net):
            module.register_forward_hook(_watch(layers, table, path, in_signs=path in signed))
    with torch.no_grad():
        net(frames)
    return NetworkCount(
        layers=tuple(sorted(layers, key=lambda layer: (layer.row, layer.name))),
        parameters=sum(parameter.numel() for parameter in net.parameters()),
    )


def _is_inner(path: str, net: Network) -> bool:
    """Return whether a module is part of another one that is counted."""
    parent = path.rpartition(".")[0]
    return isinstance(net.get_submodule(parent), _WEIGHTED)


def _fed_with_signs(net: Network) -> set[str]:
    """Return the paths of the layers whose inputs are -1 and +1 alone."""
    paths = set()
    kinds = net.table.kinds()
    for path, module in net.named_modules():
        if isinstance(module, SignedConv):
            paths.add(f"{path}.binary")
        elif isinstance(module, DenseBlock) and isinstance(module[0], ImageSigns):
            paths.add(f"{path}.1")
        elif isinstance(module, _WEIGHTED) and kinds[_row(path)] is Kind.SIGNS:
            paths.add(path)
    return paths


def _row(path: str) -> int:
    return int(path.split(".")[1])


def _weight(module: nn.Module) -> tuple[Tensor, int]:
    """Return the weights of a layer, and their width [bits]."""
    match module:
        case BinaryConv() | BinaryLinear():
            return module.pair()[0], 1
        case IntegerConv():
            return module.conv.weight, module.bits
        case Scores():
            return module.weight, module.weight_bits
        case RealConv():
            return module.conv.weight, REAL_BITS
        case RealLinear():
            return module.linear.weight, REAL_BITS
        case _:
            assert isinstance(module, nn.Linear)
            return module.weight, REAL_BITS


def _operation(weight_bits: int, *, in_signs: bool) -> Operation:
    if weight_bits == REAL_BITS:
        return Operation.REAL
    return Operation.BINARY if weight_bits == 1 and in_signs else Operation.LOW_BIT


def _watch(layers: list[LayerCount], table: Table, path: str, *, in_signs: bool) -> Hook:
    """Return a hook that appends the count of the layer it is called for."""
    row = _row(path)
    name = type(table.rows[row]).__name__ + (", shortcut" if ".shortcut." in path else "")

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        weight, bits = _weight(module)
        layers.append(
            LayerCount(
                row=row,
                name=name,
                in_shape=tuple(inputs[0].shape[1:]),
                out_shape=tuple(out.shape[1:]),
                kernel=tuple(weight.shape),
                weight_bits=bits,
                operation=_operation(bits, in_signs=in_signs),
                operations=math.prod(out.shape[1:]) * math.prod(weight.shape[1:]),
            )
        )

    return hook


def keep() -> None:
    """Count every network by name in both forms, and write :data:`rbonn_hw.models.counted.KEPT`."""
    counts = {
        form: {name: count(network(name, form=form)).to_document() for name in NETWORKS} for form in FORMS
    }
    write_text(KEPT, json.dumps(counts, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    keep()
