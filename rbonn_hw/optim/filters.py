"""Per-filter values of many layers in one vector, and per-filter operations on the layers themselves.

The filters of all layers stand one after another in vectors of shape [F], F the sum of the layers' C_out.
"""

import functools

import torch
from torch import Tensor

Layers = tuple[Tensor, ...] | list[Tensor]
"""One tensor [C_out, ..] per layer."""

Sizes = tuple[int, ...]
"""C_out of each layer."""


def sizes_of(layers: Layers) -> Sizes:
    """Return C_out of each layer [C_out, ..]."""
    return tuple(len(layer) for layer in layers)


def joined(rows: Layers) -> Tensor:
    """Return one vector [F] of each layer's C_out values, of any shape."""
    return torch.cat([row.flatten() for row in rows])


def cut(values: Tensor, sizes: Sizes) -> tuple[Tensor, ...]:
    """Return each layer's part [C_out] of ``values`` [F]."""
    return torch.split(values, list(sizes))


def store(rows: Layers, values: Tensor) -> None:
    """Write ``values`` [F] into each layer's C_out elements, of any shape."""
    parts = cut(values, tuple(row.numel() for row in rows))
    torch._foreach_copy_(rows, [part.view_as(row) for part, row in zip(parts, rows, strict=True)])


def spread(values: Tensor, layers: Layers) -> list[Tensor]:
    """Cut ``values`` [F] into layers, shaped so that they broadcast over each layer's filters."""
    rows = cut(values, sizes_of(layers))
    return [row.view(-1, *[1] * (layer.dim() - 1)) for row, layer in zip(rows, layers, strict=True)]


def scaled(layers: Layers, factors: Tensor) -> list[Tensor]:
    """Return each filter times its own factor, factors of shape [F]."""
    return list(torch._foreach_mul(layers, spread(factors, layers)))


def sums(layers: Layers) -> Tensor:
    """Return the sum over each filter, [F]."""
    return torch.cat([layer.sum(dim=tuple(range(1, layer.dim()))) for layer in layers])


def l1_norms(layers: Layers) -> Tensor:
    """Return the sum of magnitudes of each filter, [F]."""
    return sums(torch._foreach_abs(layers))


def signs(layers: Layers) -> list[Tensor]:
    """Return the signs, with sign(0) = +1."""
    # The half moves -1, 0, 1 to where no value is 0; there is no comparison on lists of tensors.
    out = torch._foreach_sign(layers)
    torch._foreach_add_(out, 0.5)
    torch._foreach_sign_(out)
    return list(out)


def order(values: Tensor, sizes: Sizes) -> Tensor:
    """Return the order of the values within each layer.

    Args:
        values: [.., F].
        sizes: C_out of each layer.

    Returns:
        [.., F]: in the places of a layer, the positions in ``values`` of its filters from the smallest value
        to the largest, and of equal values the first first.
    """
    by_value = values.argsort(dim=-1, stable=True)
    if len(sizes) == 1:
        return by_value
    by_layer = layer_numbers(sizes, values.device)[by_value].argsort(dim=-1, stable=True)
    return by_value.gather(-1, by_layer)


@functools.cache
def layer_numbers(sizes: Sizes, device: torch.device) -> Tensor:
    """Return the number of each filter's layer, [F]."""
    return torch.tensor([layer for layer, size in enumerate(sizes) for _ in range(size)], device=device)


@functools.cache
def positions(sizes: Sizes, device: torch.device) -> Tensor:
    """Return each filter's position in its own layer, [F]."""
    return torch.tensor([position for size in sizes for position in range(size)], device=device)
