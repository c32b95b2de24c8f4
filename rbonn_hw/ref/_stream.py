"""Checks that the golden models share."""

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.packing import Ints


def check_tensor(name: str, x: Ints, shape: tuple[int, ...], dtype: IntType) -> None:
    """Check a batch of tensors against its kernel.

    Args:
        name: What the error message calls it.
        x: [n, *shape].
        shape: Expected shape without the batch.
        dtype: Type that must hold every element.

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    if x.shape[1:] != shape or x.ndim != len(shape) + 1:
        raise ShapeError(f"{name} has shape {x.shape}, expected (n, {', '.join(map(str, shape))})")
    if x.size and (int(x.min()) < dtype.min or int(x.max()) > dtype.max):
        raise ShapeError(
            f"{name} holds values {x.min()} .. {x.max()}, but {dtype.qonnx_name} "
            f"is {dtype.min} .. {dtype.max}"
        )
