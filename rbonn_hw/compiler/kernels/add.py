"""RbonnAdd: the element-wise sum of two streams, where a shortcut meets its branch."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import number_type
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.add import add
from rbonn_hw.spec.add import AddSpec

SUMMANDS = 2


class RbonnAdd(KernelOperator):
    """Adder of ``PE`` elements per beat."""

    STREAM_INPUTS = SUMMANDS
    SOURCES = ("rbonn_add.sv",)

    def attributes(self) -> AttributeTypes:
        """Return shape, folding and the three types."""
        return {
            "NumChannels": ("i", True, 0),
            "PE": ("i", True, 1),
            "numInputVectors": ("ints", False, [1]),
            "inputDataTypes": ("strings", True, []),
            "factors": ("ints", False, [1, 1]),
            "outputDataType": ("s", True, ""),
        }

    def spec(self) -> AddSpec:
        """Return the adder.

        Raises:
            SpecError: Not two summands, or types that contradict each other.
        """
        names = list(self.get_nodeattr("inputDataTypes"))
        if len(names) != SUMMANDS:
            raise SpecError(f"inputDataTypes={names} must be {SUMMANDS}, one for each summand")
        factor0, factor1 = self.get_nodeattr("factors")
        input0, input1 = (number_type("inputDataTypes", name) for name in names)
        return AddSpec(
            channels=self.get_nodeattr("NumChannels"),
            pe=self.get_nodeattr("PE"),
            input0=input0,
            input1=input1,
            output=IntType.from_qonnx(self.get_nodeattr("outputDataType")),
            vectors=prod(self.get_nodeattr("numInputVectors")),
            factor0=factor0,
            factor1=factor1,
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the sum."""
        del parameters
        spec = self.spec()
        x0, x1 = (x.reshape(-1, spec.vectors, spec.channels) for x in inputs)
        return [add(spec, x0, x1)]

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, NumChannels]."""
        del ind
        return [*self.get_nodeattr("numInputVectors"), self.get_nodeattr("NumChannels")]

    get_normal_output_shape = get_normal_input_shape


RbonnAdd_rtl = register("RbonnAdd", RbonnAdd)
