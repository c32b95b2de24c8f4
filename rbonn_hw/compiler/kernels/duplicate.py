"""RbonnDuplicate: one stream to several consumers."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import from_bits, to_bits
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.duplicate import duplicate
from rbonn_hw.spec._stream import check_divides
from rbonn_hw.spec.duplicate import MAX_COPIES, DuplicateSpec


class RbonnDuplicate(KernelOperator):
    """Fork with ``NumOutputStreams`` outputs of ``PE`` elements per beat."""

    SOURCES = ("rbonn_duplicate.sv",)

    def attributes(self) -> AttributeTypes:
        """Return shape, folding, type and the number of outputs."""
        return {
            "NumChannels": ("i", True, 0),
            "PE": ("i", True, 1),
            "NumOutputStreams": ("i", True, 2),
            "inputDataType": ("s", True, ""),
            "numInputVectors": ("ints", False, [1]),
        }

    def spec(self) -> DuplicateSpec:
        """Return the fork."""
        channels, pe = self.get_nodeattr("NumChannels"), self.get_nodeattr("PE")
        check_divides("PE", pe, "NumChannels", channels)
        return DuplicateSpec(
            lanes=pe,
            dtype=IntType.from_qonnx(self.get_nodeattr("inputDataType")),
            copies=self.get_nodeattr("NumOutputStreams"),
            beats=prod(self.get_nodeattr("numInputVectors")) * channels // pe,
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the input once for each output."""
        del parameters
        spec, datatype = self.spec(), self.get_nodeattr("inputDataType")
        x = to_bits(datatype, inputs[0]).reshape(-1, spec.beats, spec.lanes)
        return list(from_bits(datatype, duplicate(spec, x)))

    def open_outputs(self) -> list[str]:
        """Return the module's outputs beyond ``NumOutputStreams``."""
        return [f"out{copy}" for copy in range(self.get_nodeattr("NumOutputStreams"), MAX_COPIES)]

    def get_number_output_values(self) -> dict[str, int]:
        """Return the beats of each output, by name as FINN's simulation wants them from a fork."""
        return {f"out{copy}": port.beats for copy, port in enumerate(self.spec().outputs)}

    def input_datatype_name(self, ind: int) -> str:
        """Return the tensor's type, which BIPOLAR keeps."""
        del ind
        return str(self.get_nodeattr("inputDataType"))

    output_datatype_name = input_datatype_name

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, NumChannels]."""
        del ind
        return [*self.get_nodeattr("numInputVectors"), self.get_nodeattr("NumChannels")]

    get_normal_output_shape = get_normal_input_shape


RbonnDuplicate_rtl = register("RbonnDuplicate", RbonnDuplicate)
