"""RbonnRegister: a register stage on a stream, which ends every combinational path of its ready."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels import _operator
from rbonn_hw.compiler.kernels._bipolar import from_bits, to_bits
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.register import register
from rbonn_hw.spec._stream import check_divides
from rbonn_hw.spec.register import RegisterSpec


class RbonnRegister(_operator.KernelOperator):
    """Register stage for words of ``lanes`` elements over a tensor of ``normal_shape``."""

    SOURCES = ("rbonn_register.sv",)

    def attributes(self) -> _operator.AttributeTypes:
        """Return lanes, shape and type."""
        return {
            "lanes": ("i", True, 1),
            "normal_shape": ("ints", True, []),
            "dataType": ("s", True, ""),
        }

    def spec(self) -> RegisterSpec:
        """Return the stage."""
        lanes, elements = self.get_nodeattr("lanes"), prod(self.get_nodeattr("normal_shape"))
        check_divides("lanes", lanes, "elements", elements)
        return RegisterSpec(
            lanes=lanes,
            dtype=IntType.from_qonnx(self.get_nodeattr("dataType")),
            beats=elements // lanes,
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the input."""
        del parameters
        spec, datatype = self.spec(), self.get_nodeattr("dataType")
        x = to_bits(datatype, inputs[0]).reshape(-1, spec.beats, spec.lanes)
        return [from_bits(datatype, register(spec, x))]

    def input_datatype_name(self, ind: int) -> str:
        """Return the tensor's type, which BIPOLAR keeps."""
        del ind
        return str(self.get_nodeattr("dataType"))

    output_datatype_name = input_datatype_name

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return the tensor's shape."""
        del ind
        return list(self.get_nodeattr("normal_shape"))

    get_normal_output_shape = get_normal_input_shape


RbonnRegister_rtl = _operator.register("RbonnRegister", RbonnRegister)
