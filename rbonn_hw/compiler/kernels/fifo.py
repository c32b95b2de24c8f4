"""RbonnFIFO: holds beats of a tensor so that its producer and its consumer may pause independently."""

from collections.abc import Sequence
from math import prod
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import from_bits, to_bits
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.fifo import fifo
from rbonn_hw.spec._stream import check_divides
from rbonn_hw.spec.fifo import FifoSpec


class RbonnFIFO(KernelOperator):
    """FIFO of ``depth`` words of ``lanes`` elements over a tensor of ``normal_shape``."""

    SOURCES = ("rbonn_ram.sv", "rbonn_fifo.sv")

    def attributes(self) -> AttributeTypes:
        """Return depth, lanes, shape, type and memory."""
        return {
            "depth": ("i", True, 2),
            "lanes": ("i", True, 1),
            "normal_shape": ("ints", True, []),
            "dataType": ("s", True, ""),
            "ram_style": ("s", False, "auto"),
        }

    def spec(self) -> FifoSpec:
        """Return the FIFO."""
        lanes, elements = self.get_nodeattr("lanes"), prod(self.get_nodeattr("normal_shape"))
        check_divides("lanes", lanes, "elements", elements)
        return FifoSpec(
            depth=self.get_nodeattr("depth"),
            lanes=lanes,
            dtype=IntType.from_qonnx(self.get_nodeattr("dataType")),
            beats=elements // lanes,
            ram_style=self.get_nodeattr("ram_style"),
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the input."""
        del parameters
        spec, datatype = self.spec(), self.get_nodeattr("dataType")
        x = to_bits(datatype, inputs[0]).reshape(-1, spec.beats, spec.lanes)
        return [from_bits(datatype, fifo(spec, x))]

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


RbonnFIFO_rtl = register("RbonnFIFO", RbonnFIFO)
