"""Whether frames are those that an accelerator takes."""

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.packing import Ints


def check_frames(frames: Ints, shape: tuple[int, ...], dtype: str) -> None:
    """Check integers [n, *shape] of a QONNX type; BIPOLAR as BINARY.

    Raises:
        ShapeError: Wrong shape, no frame at all, or a value out of the type's range.
    """
    if frames.ndim < 1 or frames.shape[1:] != shape or not len(frames):
        raise ShapeError(
            f"frames have shape {list(frames.shape)}, but the accelerator takes [n, "
            f"{', '.join(map(str, shape))}] with n at least 1"
        )
    element, low, high = IntType.from_qonnx(dtype), int(frames.min()), int(frames.max())
    if low < element.min or high > element.max:
        raise ShapeError(f"frames hold {low} .. {high}, but {dtype} is {element.min} .. {element.max}")
