"""Chooses the quantizer that a network's input is given on request, and says what it loses."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.arrays import read_arrays
from rbonn_hw.compiler.frontend import evaluate
from rbonn_hw.compiler.frontend.input_quantizer import InputQuantizer, first_floats, with_quantizer
from rbonn_hw.compiler.frontend.reading import read
from rbonn_hw.compiler.input_meaning import DeclaredInput
from rbonn_hw.errors import ConfigError, DatasetError, ShapeError
from rbonn_hw.ref.pixels import network_input, pixel_floats, raw_shape
from rbonn_hw.results import Document
from rbonn_hw.spec.input import InputMeaning

Floats = NDArray[np.float32]
MOST_FRAMES: Final = 256
MOST_VALUES: Final = 1 << 20
CLIPPED: Final = np.linspace(1.0, 0.3, 71)
"""Shares of the largest value at which the quantizer may saturate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A quantizer and its error.

    Attributes:
        quantizer: The choice of least squared error.
        frames: Frames of the user it was chosen on; 0: on all 256 pixel values of every channel.
        relative_error: Root mean square of what it takes away, relative to that of the input.
        largest_error: Largest error of one value.
        changed: Frames whose largest output is another one with the quantizer; None without frames.
    """

    quantizer: InputQuantizer
    frames: int
    relative_error: float
    largest_error: float
    changed: int | None

    def to_document(self) -> Document:
        """Return the entry of ``compile.json``."""
        return asdict(self)

    @property
    def note(self) -> str:
        """One sentence for people."""
        chosen, sign = self.quantizer, "signed" if self.quantizer.signed else "unsigned"
        where = f"{self.frames} frames" if self.frames else "all pixel values"
        changed = "" if self.changed is None else f"; the largest output moves in {self.changed} of them"
        return (
            f"input quantizer added: {chosen.bits} bits, {sign}, scale {chosen.scale:.6g}; error on {where} "
            f"(executed): {self.relative_error:.3%} of the input's rms, at most {self.largest_error:.3g}"
            f"{changed}"
        )


def calibrate_if_wanted(
    network: Path, found: DeclaredInput | None, bits: int | None, data: Path | None
) -> Calibration | None:
    """Choose the quantizer of the input, if one is wanted; see :func:`calibrate`."""
    if bits is None:
        if data is not None:
            raise ConfigError("--calibration is for --quantize-input BITS; give both, or neither")
        return None
    return calibrate(network, found.meaning if found else None, bits, data)


def calibrate(network: Path, meaning: InputMeaning | None, bits: int, data: Path | None) -> Calibration:
    """Choose the input quantizer of a network.

    Args:
        network: QONNX file.
        meaning: What its input is; None if nobody said.
        bits: Width of the quantizer [bits].
        data: .npz with ``frames`` to choose it on; needed unless the input is declared as uint8 pixels.

    Raises:
        ConfigError: The width is out of its range, or frames are needed.
        DatasetError: The file holds none, or none that fit.
        ModelError: The network quantizes its input itself.
    """
    if not 2 <= bits <= 16:
        raise ConfigError(f"--quantize-input {bits} must lie in 2 .. 16 bits")
    reference = read(network)
    tensor = first_floats(reference)
    shape = tuple(int(size) for size in reference.get_tensor_shape(reference.graph.input[0].name)[1:])
    frames = _frames(meaning, shape, data)
    values = evaluate(reference, frames, [tensor])[tensor].reshape(-1).astype(np.float64)
    quantizer = _choose(tensor, bits, values[:: max(1, values.size // MOST_VALUES)])
    lost = _quantized(values, quantizer) - values
    return Calibration(
        quantizer=quantizer,
        frames=0 if data is None else len(frames),
        relative_error=float(np.sqrt(np.mean(lost**2) / max(float(np.mean(values**2)), 1e-300))),
        largest_error=float(np.abs(lost).max()),
        changed=None if data is None else _changed(reference, quantizer, frames),
    )


def _frames(meaning: InputMeaning | None, shape: tuple[int, ...], data: Path | None) -> Floats:
    """Return the frames to choose on: the user's, or every pixel value in every channel."""
    if data is None:
        if meaning is None or meaning.kind != "uint8":
            raise ConfigError(
                "--quantize-input needs frames of yours to choose its scale on: --calibration FILE.npz with "
                "`frames`; or say that the input is uint8 pixels (--input-scale 1/255, --input-range 0 255)"
            )
        columns = pixel_floats(meaning, shape[0]).T
        return np.broadcast_to(
            columns.reshape(*columns.shape, *[1] * (len(shape) - 1)), (len(columns), *shape)
        ).copy()
    arrays = read_arrays(data)
    if "frames" not in arrays or not arrays["frames"].ndim:
        raise DatasetError(f"{data}: holds {sorted(arrays)}; it must hold `frames` [n, ...]")
    given: NDArray[Any] = arrays["frames"][:MOST_FRAMES]
    known = meaning or InputMeaning()
    expected = shape if given.dtype.kind == "f" else raw_shape(known, shape)
    if (
        given.shape[1:] != expected
        or not len(given)
        or given.dtype.kind not in "fiub"
        or not np.all(np.isfinite(given))
    ):
        raise DatasetError(
            f"{data}: frames are {given.dtype} {list(given.shape)}; give finite numbers [n, "
            f"{', '.join(map(str, expected))}]"
        )
    try:
        return network_input(known, given, shape)
    except ShapeError as error:
        raise DatasetError(f"{data}: {error}") from None


def _choose(tensor: str, bits: int, values: NDArray[np.float64]) -> InputQuantizer:
    """Return the quantizer of least squared error; among equal ones the widest."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        raise DatasetError("--calibration: every frame is zero; give frames as the network will see them")
    signed = bool(values.min() < 0)
    top = (1 << (bits - signed)) - 1
    choices = [
        InputQuantizer(tensor, float(np.float32(largest * share / top)), bits, signed) for share in CLIPPED
    ]
    errors = [float(np.mean((_quantized(values, choice) - values) ** 2)) for choice in choices]
    return choices[int(np.argmin(errors))]


def _quantized(values: NDArray[np.float64], quantizer: InputQuantizer) -> NDArray[np.float64]:
    top = (1 << (quantizer.bits - quantizer.signed)) - 1
    low = -top - 1 if quantizer.signed else 0
    levels: NDArray[np.float64] = np.clip(np.rint(values / quantizer.scale), low, top)
    return levels * quantizer.scale


def _changed(reference: ModelWrapper, quantizer: InputQuantizer, frames: Floats) -> int:
    """Count the frames whose largest output is another one behind the quantizer."""

    def best(model: ModelWrapper) -> NDArray[np.int64]:
        output = model.graph.output[0].name
        found = evaluate(model, frames, [output])[output]
        classes: NDArray[np.int64] = found.reshape(len(frames), -1).argmax(axis=1)
        return classes

    before = best(reference)
    return int(np.count_nonzero(best(with_quantizer(reference, quantizer)) != before))
