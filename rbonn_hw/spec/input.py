"""What a network's input means: pixels and how they are scaled, integers of a type, or floats.

It is declared once, in the network file or on the command line, and travels as one JSON object.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Self

from rbonn_hw import documents
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError, SpecError

KINDS: Final = ("uint8", "integers", "floats")
LAYOUTS: Final = ("CHW", "HWC")
METADATA_KEY: Final = "rbonn.input"
"""Key of the declaration in the metadata of an ONNX file."""
NOMINAL_RANGE_KEY: Final = "Image.NominalPixelRange"
"""ONNX's own key for the same, see its MetadataProps."""
NOMINAL_RANGES: Final = {
    "NominalRange_0_255": (0.0, 255.0),
    "Normalized_0_1": (0.0, 1.0),
    "Normalized_1_1": (-1.0, 1.0),
}
PIXEL_MAX: Final = 255
SMALL_TYPES: Final = {"BIPOLAR": (-1, 1), "TERNARY": (-1, 1)}
"""Types whose numbers are not those of their bits; BIPOLAR has no 0."""


@dataclass(frozen=True, slots=True)
class PixelScale:
    """A factor on pixels: a multiplication, or the division that torchvision's ToTensor makes.

    Attributes:
        factor: What a pixel is multiplied with; 1 where it is only divided.
        divisor: What a pixel is divided by; 1 where it is only multiplied.
    """

    factor: float = 1.0
    divisor: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and math.isfinite(self.divisor) and self.divisor > 0):
            raise ConfigError(f"input scale {self.text} must be finite and positive, such as 1/255 or 0.5")
        if not 0 < self.factor / self.divisor <= 1:
            raise ConfigError(
                f"input scale {self.text} is the factor on pixels 0 .. 255 and must lie in 0 .. 1; "
                f"to divide them by 255 write 1/255"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``a/b`` as a division, anything else as a factor.

        Raises:
            ConfigError: No number, or out of its range.
        """
        numerator, slash, denominator = text.partition("/")
        try:
            factor, divisor = float(numerator), float(denominator) if slash else 1.0
        except ValueError:
            raise ConfigError(f"input scale {text!r} is no number; give 1/255 or 0.5") from None
        return cls(factor, divisor)

    @property
    def text(self) -> str:
        """As :meth:`parse` reads it."""
        return f"{self.factor:.17g}" + (f"/{self.divisor:.17g}" if self.divisor != 1.0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMeaning:
    """What the numbers at a network's input are.

    A pixel p of channel c becomes the network's float ``(p * scale - mean[c]) / std[c]``, each operation
    rounded once to float32; see :func:`rbonn_hw.ref.pixels.network_input`.

    Attributes:
        kind: "uint8": images, scaled before the network; "integers": of type ``dtype``, as they are;
            "floats": as they are.
        scale: Factor on a pixel.
        mean: Subtracted after that, per channel or one; empty for none.
        std: Divided by after that, per channel or one; empty for none.
        dtype: QONNX type of integers; empty for the other kinds.
        range: Least and greatest float, where random frames are drawn from; empty if not known.
        layout: Axes of an image as it is given: "CHW" as PyTorch has it (and a network that takes its
            channels last gets them last), or "HWC" as cameras and files have it.
    """

    kind: str = "uint8"
    scale: PixelScale = field(default_factory=PixelScale)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    dtype: str = ""
    range: tuple[float, ...] = ()
    layout: str = "CHW"

    def __post_init__(self) -> None:
        for name, value, known in (("kind", self.kind, KINDS), ("layout", self.layout, LAYOUTS)):
            if value not in known:
                raise ConfigError(f"input {name} {value!r} is not one of {', '.join(known)}")
        if not all(math.isfinite(value) for value in (*self.mean, *self.std, *self.range)):
            raise ConfigError("input mean, std and range must be finite numbers")
        if any(value <= 0 for value in self.std):
            raise ConfigError(f"input std {list(self.std)} must be positive")
        if self.range and (len(self.range) != 2 or self.range[0] >= self.range[1]):
            raise ConfigError(f"input range {list(self.range)} must be LOW HIGH with LOW below HIGH")
        self._check_kind()

    def _check_kind(self) -> None:
        scaled = self.scale != PixelScale() or self.mean or self.std
        if self.kind != "uint8" and scaled:
            raise ConfigError(f"input scale, mean and std belong to uint8 pixels, not to {self.kind}")
        if self.kind != "floats" and self.range:
            raise ConfigError(f"input range of {self.kind}: say scale, mean and std, or from_range()")
        if (self.kind == "integers") != bool(self.dtype):
            raise ConfigError(
                f"input of kind {self.kind!r} with dtype {self.dtype!r}; integers, and only they, have one: "
                "INT4, UINT8, BIPOLAR"
            )
        if self.dtype and self.dtype not in SMALL_TYPES:
            try:
                IntType.from_qonnx(self.dtype)
            except SpecError as error:
                raise ConfigError(f"input: {error}") from None

    @classmethod
    def from_range(cls, low: float, high: float, layout: str = "CHW") -> Self:
        """Return pixels of which 0 becomes ``low`` and 255 becomes ``high``.

        0 .. 1 is the division by 255 of torchvision's ToTensor, and -1 .. 1 what Normalize(0.5, 0.5) makes
        of that.
        """
        if (low, high) == (0.0, float(PIXEL_MAX)):
            return cls(layout=layout)
        if not low < high:
            raise ConfigError(f"input range {low:g} {high:g} must be LOW HIGH with LOW below HIGH")
        span = high - low
        mean = () if low == 0.0 else (-low / span,)
        std = () if span == 1.0 else (1.0 / span,)
        return cls(scale=PixelScale(1.0, float(PIXEL_MAX)), mean=mean, std=std, layout=layout)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read the JSON object.

        Raises:
            ConfigError: An unknown key, or a value of the wrong type or range.
        """
        known = ("kind", "scale", "mean", "std", "dtype", "range", "layout")
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise ConfigError(f"input: unknown key {unknown[0]!r}; known are {', '.join(known)}")
        kind = str(document.get("kind", "integers" if "dtype" in document else "uint8"))
        layout = str(document.get("layout", "CHW"))
        span = _numbers(document, "range")
        if kind == "uint8" and span:
            if len(span) != 2 or {"scale", "mean", "std"} & set(document):
                raise ConfigError("input range is LOW HIGH, and goes without scale, mean and std")
            return cls.from_range(span[0], span[1], layout)
        return cls(
            kind=kind,
            scale=PixelScale.parse(str(document.get("scale", 1.0))),
            mean=_numbers(document, "mean"),
            std=_numbers(document, "std"),
            dtype=str(document.get("dtype", "")),
            range=span,
            layout=layout,
        )

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """Parse the JSON text; ``where`` it came from is named in errors.

        Raises:
            ConfigError: Not a JSON object, or not a declaration.
        """
        try:
            document = documents.parse(text)
        except ValueError as error:
            raise ConfigError(f"{where}: no JSON ({error})") from None
        if not isinstance(document, dict):
            raise ConfigError(f"{where}: must be a JSON object such as {{'scale': '1/255'}}")
        try:
            return cls.from_document(document)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None

    def to_document(self) -> dict[str, Any]:
        """Return what :meth:`from_document` reads, without what is at its default."""
        document: dict[str, Any] = {"kind": self.kind}
        if self.scale != PixelScale():
            document["scale"] = self.scale.text
        for name in ("mean", "std", "range"):
            if getattr(self, name):
                document[name] = list(getattr(self, name))
        if self.dtype:
            document["dtype"] = self.dtype
        if self.layout != "CHW":
            document["layout"] = self.layout
        return document

    @property
    def integer_range(self) -> tuple[int, int]:
        """Least and greatest number of integers."""
        if self.dtype in SMALL_TYPES:
            return SMALL_TYPES[self.dtype]
        kind = IntType.from_qonnx(self.dtype)
        return kind.min, kind.max

    @property
    def text(self) -> str:
        """One phrase for people."""
        if self.kind == "integers":
            return f"integers of {self.dtype}"
        if self.kind == "floats":
            return "floats" + (f" {self.range[0]:g} .. {self.range[1]:g}" if self.range else "")
        formula = "x"
        if self.scale != PixelScale():
            divided = Fraction(self.scale.factor) == 1
            formula = f"x / {self.scale.divisor:g}" if divided else f"x * {self.scale.text}"
        if self.mean:
            formula = f"{formula} - {_list_text(self.mean)}"
        if self.std:
            formula = f"({formula}) / {_list_text(self.std)}"
        images = "uint8 pixels" if self.layout == "CHW" else f"uint8 pixels ({self.layout})"
        return f"{images} 0 .. 255 as they are" if formula == "x" else f"{images} x, scaled by {formula}"


def _list_text(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"[{', '.join(f'{value:g}' for value in values)}]"


def _numbers(document: Mapping[str, Any], name: str) -> tuple[float, ...]:
    values = document.get(name, ())
    values = values if isinstance(values, list | tuple) else [values]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise ConfigError(f"input {name} {values!r} must be a number or a list of numbers")
    return tuple(float(value) for value in values)
