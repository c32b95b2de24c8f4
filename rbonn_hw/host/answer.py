"""The accelerator's integers to scores and classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .detector import Detections, Detector
from .errors import FrameError
from .fields import Fields
from .streams import Array
from .tail import Tail

KINDS = ("class", "scores", "values", "boxes")


@dataclass(frozen=True)
class Answer:
    """What a network answers, and how it follows from the accelerator's integers.

    Attributes:
        kind: "scores": of classes, the largest is the frame's; "class": the number of one, or of the best
            few; "boxes": a map, of which :attr:`detector` makes boxes; "values": anything else, such as a map
            or one number.
        labels: Name of every class; empty for values.
        tail: From integers to the network's output; None where the accelerator itself answers with a class.
        exact: Whether floats are those of the network's own execution (QONNX) in every bit.
        bound: How far the floats of two right implementations may be apart; None if no bound is known.
        detector: From the network's output to boxes; None of one that answers with something else.
    """

    kind: str
    labels: tuple[str, ...]
    tail: Tail | None
    exact: bool
    bound: float | None
    detector: Detector | None = None

    @classmethod
    def from_package(cls, entry: Fields, files: Mapping[str, bytes], where: str) -> Answer:
        """Read it from a package's metadata and files.

        Raises:
            PackageError: A field is missing, or of another type.
        """
        kind = entry.text("kind")
        if kind not in KINDS:
            raise entry.wrong("kind", " or ".join(KINDS))
        finds = kind == "boxes"
        return cls(
            kind=kind,
            labels=entry.texts("labels"),
            tail=Tail.from_package(entry.child("tail"), files, where) if "tail" in entry else None,
            exact=entry.flag("exact"),
            bound=entry.number("bound") if "bound" in entry else None,
            detector=Detector.from_package(entry.child("detector"), files, where) if finds else None,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the entry of a package's metadata."""
        entry: dict[str, Any] = {"kind": self.kind, "labels": list(self.labels), "exact": self.exact}
        if self.tail is not None:
            entry["tail"] = self.tail.to_document()
        if self.bound is not None:
            entry["bound"] = self.bound
        if self.detector is not None:
            entry["detector"] = self.detector.to_document()
        return entry

    def arrays(self) -> dict[str, Array]:
        """Return the files of a package beside the metadata, by name."""
        tail = {} if self.tail is None else self.tail.arrays()
        return tail if self.detector is None else {**tail, **self.detector.arrays()}

    @property
    def classifies(self) -> bool:
        """Whether each frame has a class."""
        return self.kind in ("class", "scores")

    def fits(self, integers: Array) -> bool:
        """Whether it can be run on these integers, and gives as many scores as there are labels."""
        if self.tail is None:
            return self.kind == "class" and len(self.labels) > 0
        if self.detector is not None:
            shape = self.outputs(integers).shape[1:]
            return self.detector.fits(shape) and len(self.labels) == self.detector.classes
        ranked = self.tail.run(integers, self.tail.ranked)
        return self.kind != "scores" or ranked.size == len(self.labels) * len(integers)

    def outputs(self, integers: Array) -> Array:
        """Return what the network answers, [n, ...]: float32 scores or values, or classes."""
        if self.tail is None:
            return integers
        return self.tail.run(integers, self.tail.output)

    def classes(self, integers: Array) -> Array:
        """Return the class of each frame, [n].

        Raises:
            FrameError: The network answers with something else.
        """
        if not self.classifies:
            way = "use detect()" if self.detector else "use scores() and judge yourself"
            raise FrameError(f"the network answers with {self.kind}, not with scores of classes; {way}")
        if self.kind == "scores" and self.tail is not None:
            ranked = self.tail.run(integers, self.tail.ranked)
            return _flat(ranked).argmax(axis=1)
        return _flat(self.outputs(integers))[:, 0].astype(np.int64)

    def detect(self, integers: Array, threshold: float = 0.25, overlap: float = 0.5) -> list[Detections]:
        """Return the boxes in each frame; see :meth:`rbonn_hw.host.detector.Detector.detect`.

        Raises:
            FrameError: The network answers with something else; a setting is out of its range.
            JobError: Integers that this network cannot answer.
        """
        if self.detector is None:
            raise FrameError(
                f"the network answers with {self.kind}, not with boxes; use classify() or scores()"
            )
        return self.detector.detect(self.outputs(integers), threshold, overlap)


def _flat(values: Array) -> Array:
    """Return one row a frame; there may be none."""
    return values.reshape(len(values), int(np.prod(values.shape[1:], dtype=np.int64)))
