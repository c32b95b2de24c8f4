"""A folding problem as plain data: what each layer can be, and what a stream between two layers costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rbonn_hw.spec.summary import Resources

Setting = Mapping[str, int | str]
"""Attributes of a node, as a folding file has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One folding of a layer.

    Attributes:
        cycles: Cycles between frames if the layer were alone [cycles].
        pace: Cycles that the target is compared with, ``cycles`` or more [cycles].
        resources: The layer, and the buffers before it whose depth follows from it.
        takes: Lanes of each input stream, as far as they decide what a width converter costs.
        gives: Lanes of every output stream.
        setting: What makes the layer so.
    """

    cycles: int
    pace: int
    resources: Resources
    takes: tuple[int, ...]
    gives: int
    setting: Setting


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, and every folding that it can have."""

    name: str
    options: tuple[Option, ...]

    @property
    def quickest(self) -> int:
        """Return the least pace [cycles]."""
        return min(option.pace for option in self.options)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream between two layers.

    Attributes:
        producer: Rank of the layer that gives it.
        consumer: Rank of the layer that takes it.
        port: Which of the consumer's input streams it is.
        pairs: Cost of the width converter by lanes given and taken; a pair that is not there is not allowed.
    """

    producer: int
    consumer: int
    port: int
    pairs: Mapping[tuple[int, int], Resources]


@dataclass(frozen=True, slots=True)
class Problem:
    """All layers and streams of a network."""

    layers: tuple[Layer, ...]
    streams: tuple[Stream, ...]

    @property
    def quickest(self) -> int:
        """Return the least target that every layer can meet [cycles]."""
        return max(layer.quickest for layer in self.layers)

    @property
    def paces(self) -> list[int]:
        """Return every target between which and the next nothing changes, ascending [cycles]."""
        found = {option.pace for layer in self.layers for option in layer.options}
        return sorted(pace for pace in found if pace >= self.quickest)

    def cycles(self, choice: Sequence[int]) -> int:
        """Return the cycles between frames of one option a layer [cycles]."""
        return max(layer.options[number].cycles for layer, number in zip(self.layers, choice, strict=True))

    def resources(self, choice: Sequence[int]) -> Resources:
        """Return what one option a layer takes, width converters included."""
        chosen = [layer.options[number] for layer, number in zip(self.layers, choice, strict=True)]
        total = sum((option.resources for option in chosen), start=Resources())
        for stream in self.streams:
            pair = chosen[stream.producer].gives, chosen[stream.consumer].takes[stream.port]
            total += stream.pairs[pair]
        return total

    def keeping(self, kept: Mapping[int, Sequence[int]]) -> "Problem":
        """Return the problem in which some layers have some of their options only, by rank and number."""
        layers = tuple(
            replace(layer, options=tuple(layer.options[number] for number in kept[rank]))
            if rank in kept
            else layer
            for rank, layer in enumerate(self.layers)
        )
        return replace(self, layers=layers)
