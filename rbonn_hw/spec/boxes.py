"""What a detector's integers mean: goes along with its network file, as its input's meaning does."""

import json
import math
from dataclasses import dataclass
from typing import Any, Final, Self

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError

METADATA_KEY: Final = "rbonn.boxes"
"""Of a network file."""
FIELDS = {"classes", "anchors", "step"}


@dataclass(frozen=True, slots=True)
class BoxMeaning:
    """Of the map that a detector answers with; :class:`rbonn_hw.host.detector.Detector` has the rule.

    Attributes:
        classes: Classes of objects.
        anchors: Edge of the square from which each anchor's boxes are reckoned [pixels].
        step: Logit of an integer 1.
    """

    classes: int
    anchors: tuple[float, ...]
    step: float

    def __post_init__(self) -> None:
        good = all(type(edge) in (int, float) and 0 < edge < math.inf for edge in self.anchors)
        if type(self.classes) is not int or self.classes < 1 or not self.anchors or not good:
            raise ConfigError(f"boxes: {self} must have classes, and anchors above 0; try 10 and (16.0,)")
        if type(self.step) not in (int, float) or not 0 < self.step < math.inf:
            raise ConfigError(f"boxes: step={self.step!r} must be positive; try 0.05")

    def to_json(self) -> str:
        """Return the entry of a network file's metadata."""
        return json.dumps({"classes": self.classes, "anchors": list(self.anchors), "step": self.step})

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """Read it from a network file's metadata.

        Raises:
            ConfigError: It is none; the message begins with ``where``.
        """
        try:
            found: Any = documents.parse(text)
            if not isinstance(found, dict) or set(found) != FIELDS or not isinstance(found["anchors"], list):
                raise ConfigError(f"{text[:80]!r} must be an object with {sorted(FIELDS)}")
            return cls(found["classes"], tuple(found["anchors"]), found["step"])
        except ValueError as error:
            raise ConfigError(f"{where}: {error}; export the network again") from None
