"""What lowering one node may ask of the walk over the network."""

from typing import Protocol

from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.values import IntTensor, Value
from rbonn_hw.compiler.frontend.weights import Constants


class Walk(Protocol):
    """State of the walk, as :class:`rbonn_hw.compiler.frontend.lowering.Lowering` keeps it."""

    reference: ModelWrapper
    constants: Constants
    emitter: Emitter
    notes: list[str]
    values: dict[str, Value]

    def integer(self, name: str, layer: str) -> IntTensor:
        """Return a tensor as integers, for a node that computes on integers."""

    def affine(self, name: str, layer: str) -> Value:
        """Return a tensor as integers if it is them with another scale and offset, else as it is."""

    def zero_padded(self, x: IntTensor, layer: str) -> IntTensor:
        """Return x in a type whose stored 0 is the value 0."""
