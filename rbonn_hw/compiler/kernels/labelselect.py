"""FINN operator RbonnLabelSelect: the index of the largest score (top 1)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.spec.labelselect import LabelSelectSpec


class RbonnLabelSelect(KernelOperator):
    """Arg-max over the last axis, the least index of several; [.., Labels] -> [.., 1]."""

    SOURCES = ("rbonn_labelselect.sv",)

    def attributes(self) -> AttributeTypes:
        """Return the node attributes beyond those of every FINN operator."""
        return {
            "Labels": ("i", True, 0),
            "PE": ("i", True, 0),
            "K": ("i", False, 1, {1}),
            "inputDataType": ("s", True, ""),
            "outputDataType": ("s", False, ""),  # follows from Labels
            "numInputVectors": ("ints", False, [1]),
        }

    def spec(self) -> LabelSelectSpec:
        """Return the specification for the present node attributes."""
        spec = LabelSelectSpec(
            labels=self.get_nodeattr("Labels"),
            pe=self.get_nodeattr("PE"),
            input=IntType.from_qonnx(self.get_nodeattr("inputDataType")),
            vectors=int(np.prod(self.get_nodeattr("numInputVectors"))),
        )
        declared = self.get_nodeattr("outputDataType")
        if declared not in ("", spec.output.qonnx_name):
            raise SpecError(
                f"node {self.onnx_node.name!r}: outputDataType={declared}, but an index of {spec.labels} "
                f"labels is {spec.output.qonnx_name}; use that or leave it out"
            )
        return spec

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, Labels)."""
        del ind
        return (*self.get_nodeattr("numInputVectors"), self.get_nodeattr("Labels"))

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, 1)."""
        del ind
        return (*self.get_nodeattr("numInputVectors"), 1)

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Compute with the golden model."""
        del parameters
        spec = self.spec()
        return [labelselect(spec, inputs[0].reshape(-1, spec.labels))]


RbonnLabelSelect_rtl = register("RbonnLabelSelect", RbonnLabelSelect)
