"""RbonnConcat: the channels of two streams, one behind the other."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.concat import concat
from rbonn_hw.spec.concat import ConcatSpec


class RbonnConcat(KernelOperator):
    """Concatenation; ``Channels`` are those of each input, and PE divides ``Block``, their common divisor."""

    STREAM_INPUTS = 2
    SOURCES = ("rbonn_concat.sv",)

    def attributes(self) -> AttributeTypes:
        """Return shape, folding and the three types."""
        return {
            "Channels": ("ints", True, []),
            "Block": ("i", True, 1),
            "PE": ("i", True, 1),
            "numInputVectors": ("ints", False, [1]),
            "inputDataTypes": ("strings", True, []),
            "outputDataType": ("s", True, ""),
        }

    def spec(self) -> ConcatSpec:
        """Return the concatenation."""
        channels0, channels1 = self.get_nodeattr("Channels")
        input0, input1 = (IntType.from_qonnx(name) for name in self.get_nodeattr("inputDataTypes"))
        return ConcatSpec(
            channels0=channels0,
            channels1=channels1,
            pe=self.get_nodeattr("PE"),
            input0=input0,
            input1=input1,
            output=IntType.from_qonnx(self.get_nodeattr("outputDataType")),
            vectors=prod(self.get_nodeattr("numInputVectors")),
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the joined channels."""
        del parameters
        spec = self.spec()
        sizes = (spec.channels0, spec.channels1)
        x0, x1 = (x.reshape(-1, spec.vectors, size) for x, size in zip(inputs, sizes, strict=True))
        return [concat(spec, x0, x1)]

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, channels of this input]."""
        return [*self.get_nodeattr("numInputVectors"), self.get_nodeattr("Channels")[ind]]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, channels of both]."""
        del ind
        return [*self.get_nodeattr("numInputVectors"), sum(self.get_nodeattr("Channels"))]


RbonnConcat_rtl = register("RbonnConcat", RbonnConcat)
