"""FINN operator RbonnThreshold: integer thresholds per channel; input 2, if any, is a vector of +-1."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.memory import flip_words, threshold_words
from rbonn_hw.packing import Ints, readmemh_text
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.spec.threshold import ThresholdSpec


class RbonnThreshold(KernelOperator):
    """Multi-threshold: ``ActVal + #{k : sign[c] * x[c] >= T[c][k]}``.

    Node inputs: x [.., NumChannels]; thresholds [NumChannels, numSteps]; with ``flip=1`` also sign
    [NumChannels] of +-1.
    """

    SOURCES = ("rbonn_threshold_node.sv", "rbonn_threshold.sv")

    def attributes(self) -> AttributeTypes:
        """Return the node attributes beyond those of every FINN operator."""
        return {
            "NumChannels": ("i", True, 0),
            "PE": ("i", True, 0),
            "numSteps": ("i", True, 1),
            "inputDataType": ("s", True, ""),
            "outputDataType": ("s", True, ""),
            "ActVal": ("i", False, 0),
            "numInputVectors": ("ints", False, [1]),
            "flip": ("i", False, 0, {0, 1}),
        }

    def spec(self) -> ThresholdSpec:
        """Return the specification for the present node attributes."""
        return ThresholdSpec(
            channels=self.get_nodeattr("NumChannels"),
            pe=self.get_nodeattr("PE"),
            steps=self.get_nodeattr("numSteps"),
            input=self._integer("inputDataType"),
            output=self._integer("outputDataType"),
            out_bias=self.get_nodeattr("ActVal"),
            flip=bool(self.get_nodeattr("flip")),
            vectors=int(np.prod(self.get_nodeattr("numInputVectors"))),
        )

    def _integer(self, attribute: str) -> IntType:
        name = str(self.get_nodeattr(attribute))
        if name == "BIPOLAR":
            raise SpecError(
                f"node {self.onnx_node.name!r}: {attribute}=BIPOLAR, but thresholds compare and "
                "count integers; use BINARY (1 is +1, 0 is -1)"
            )
        return IntType.from_qonnx(name)

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, NumChannels), or the shape of a parameter."""
        channels = int(self.get_nodeattr("NumChannels"))
        parameters = {1: (channels, int(self.get_nodeattr("numSteps"))), 2: (channels,)}
        return parameters.get(ind) or (*self.get_nodeattr("numInputVectors"), channels)

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, NumChannels)."""
        del ind
        return self.get_normal_input_shape()

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Compute with the golden model."""
        spec, (thresholds, flip) = self.spec(), self._constants(parameters)
        return [threshold(spec, thresholds, inputs[0].reshape(-1, spec.channels), flip)]

    def memory_images(self, parameters: Sequence[NDArray[Any]]) -> Mapping[str, tuple[str, str]]:
        """Return the thresholds and, if channels may be flipped, the flip bits."""
        spec, (thresholds, flip) = self.spec(), self._constants(parameters)
        words = threshold_words(spec, thresholds, flip)
        images = {"ThresholdFile": ("thresholds", readmemh_text(words, spec.threshold_row_bits))}
        if flip is not None:
            images["FlipFile"] = ("flip", readmemh_text(flip_words(spec, flip), spec.pe))
        return images

    def _constants(self, parameters: Sequence[NDArray[Any]]) -> tuple[Ints, NDArray[np.bool_] | None]:
        """Return thresholds [NumChannels, numSteps] and flip bits [NumChannels]."""
        thresholds = np.asarray(np.rint(parameters[0]), dtype=np.int64)
        if not self.get_nodeattr("flip"):
            return thresholds, None
        flip: NDArray[np.bool_] = np.asarray(parameters[1]).reshape(-1) < 0
        return thresholds, flip


RbonnThreshold_rtl = register("RbonnThreshold", RbonnThreshold)
