"""RbonnSelect: some of the channels of a stream."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints, pack, readmemh_text
from rbonn_hw.ref.select import select
from rbonn_hw.spec.select import SelectSpec


class RbonnSelect(KernelOperator):
    """Channels ``Kept`` of ``NumChannels``, in their order; PE divides ``Block``, in which they are kept."""

    SOURCES = ("rbonn_rom.sv", "rbonn_select.sv")

    def attributes(self) -> AttributeTypes:
        """Return shape, folding and type."""
        return {
            "NumChannels": ("i", True, 0),
            "Kept": ("ints", True, []),
            "Block": ("i", True, 1),
            "PE": ("i", True, 1),
            "numInputVectors": ("ints", False, [1]),
            "dataType": ("s", True, ""),
        }

    def spec(self) -> SelectSpec:
        """Return the choice."""
        return SelectSpec(
            channels=self.get_nodeattr("NumChannels"),
            kept=tuple(self.get_nodeattr("Kept")),
            pe=self.get_nodeattr("PE"),
            element=IntType.from_qonnx(self.get_nodeattr("dataType")),
            vectors=prod(self.get_nodeattr("numInputVectors")),
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the kept channels."""
        del parameters
        spec = self.spec()
        return [select(spec, inputs[0].reshape(-1, spec.vectors, spec.channels))]

    def memory_images(self, parameters: Sequence[NDArray[Any]]) -> Mapping[str, tuple[str, str]]:
        """Return the table of a bit a beat."""
        del parameters
        rows = pack(np.array(self.spec().keep, np.int64)[:, None], 1)
        return {"KeepFile": ("keep", readmemh_text(rows, 1))}

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, NumChannels]."""
        del ind
        return [*self.get_nodeattr("numInputVectors"), self.get_nodeattr("NumChannels")]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return [*numInputVectors, kept channels]."""
        del ind
        return [*self.get_nodeattr("numInputVectors"), len(self.get_nodeattr("Kept"))]


RbonnSelect_rtl = register("RbonnSelect", RbonnSelect)
