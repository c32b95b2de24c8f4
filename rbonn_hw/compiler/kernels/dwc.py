"""RbonnDWC: another number of elements per beat; also a flatten, which a stream does not notice."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import from_bits, to_bits
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.dwc import dwc
from rbonn_hw.spec._stream import check_divides
from rbonn_hw.spec.dwc import DwcSpec


class RbonnDWC(KernelOperator):
    """Data width converter from ``inLanes`` to ``outLanes`` elements per beat."""

    SOURCES = ("rbonn_gather.sv", "rbonn_scatter.sv", "rbonn_dwc.sv")

    def attributes(self) -> AttributeTypes:
        """Return both shapes, both widths and the type."""
        return {
            "inShape": ("ints", True, []),
            "outShape": ("ints", True, []),
            "inLanes": ("i", True, 1),
            "outLanes": ("i", True, 1),
            "dataType": ("s", True, ""),
        }

    def spec(self) -> DwcSpec:
        """Return the converter.

        Raises:
            SpecError: The shapes hold different numbers of elements.
            FoldingError: A width does not divide them.
        """
        in_shape, out_shape = self.get_nodeattr("inShape"), self.get_nodeattr("outShape")
        elements, lanes = prod(in_shape), self.get_nodeattr("inLanes")
        if elements != prod(out_shape):
            raise SpecError(
                f"inShape={list(in_shape)} has {elements} elements and outShape={list(out_shape)} has "
                f"{prod(out_shape)}; they must be equal"
            )
        check_divides("inLanes", lanes, "elements", elements)
        return DwcSpec(
            in_lanes=lanes,
            out_lanes=self.get_nodeattr("outLanes"),
            dtype=IntType.from_qonnx(self.get_nodeattr("dataType")),
            beats=elements // lanes,
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the input's elements in their order."""
        del parameters
        spec, datatype = self.spec(), self.get_nodeattr("dataType")
        x = to_bits(datatype, inputs[0]).reshape(-1, spec.beats, spec.in_lanes)
        return [from_bits(datatype, dwc(spec, x))]

    def input_datatype_name(self, ind: int) -> str:
        """Return the tensor's type, which BIPOLAR keeps."""
        del ind
        return str(self.get_nodeattr("dataType"))

    output_datatype_name = input_datatype_name

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return the input tensor's shape."""
        del ind
        return list(self.get_nodeattr("inShape"))

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return the output tensor's shape."""
        del ind
        return list(self.get_nodeattr("outShape"))


RbonnDWC_rtl = register("RbonnDWC", RbonnDWC)
