"""RbonnPool: max- and sum-pool over windows that tile the map, or that a window generator lays out."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import from_bits, number_type, to_bits
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.pool import pool
from rbonn_hw.spec.pool import MAX, SUM, PoolSpec


class RbonnPool(KernelOperator):
    """Pool ``Function`` (max or sum) with windows ``KernelDim`` over maps ``ImgDim``, stride the window.

    With ``OutDim`` the stream holds windows [1, rows, columns, taps * channels] instead of pixels: each is a
    row of a map, and is reduced to one pixel: ``ImgDim`` (rows * columns, taps), ``KernelDim`` (1, taps).
    """

    SOURCES = ("rbonn_ram.sv", "rbonn_pool.sv")

    def attributes(self) -> AttributeTypes:
        """Return function, shape, folding and types."""
        return {
            "Function": ("s", True, MAX),
            "NumChannels": ("i", True, 0),
            "PE": ("i", True, 1),
            "ImgDim": ("ints", True, []),  # [height, width]
            "KernelDim": ("ints", True, []),  # [height, width]
            "OutDim": ("ints", False, []),  # [rows, columns] of windows that are laid out already
            "inputDataType": ("s", True, ""),
            "outputDataType": ("s", True, ""),
        }

    def spec(self) -> PoolSpec:
        """Return the pool."""
        (height, width), (kernel_h, kernel_w) = self.get_nodeattr("ImgDim"), self.get_nodeattr("KernelDim")
        kind, source = self.get_nodeattr("Function"), self.get_nodeattr("inputDataType")
        # The larger of two BIPOLAR values is the larger of their bits; their sum is not the bits' sum.
        element = number_type("inputDataType", source) if kind == SUM else IntType.from_qonnx(source)
        return PoolSpec(
            kind=kind,
            channels=self.get_nodeattr("NumChannels"),
            pe=self.get_nodeattr("PE"),
            height=height,
            width=width,
            kernel_h=kernel_h,
            kernel_w=kernel_w,
            input=element,
            output=IntType.from_qonnx(self.get_nodeattr("outputDataType")),
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the pooled map."""
        del parameters
        spec = self.spec()
        pixels = inputs[0].reshape(-1, spec.height, spec.width, spec.channels)
        bits = to_bits(self.get_nodeattr("inputDataType"), pixels)
        return [from_bits(self.get_nodeattr("outputDataType"), pool(spec, bits))]

    def input_datatype_name(self, ind: int) -> str:
        """Return the map's type, which BIPOLAR keeps."""
        del ind
        return str(self.get_nodeattr("inputDataType"))

    def output_datatype_name(self, ind: int) -> str:
        """Return the pooled map's type."""
        del ind
        return str(self.get_nodeattr("outputDataType"))

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, channels], or windows [1, rows, columns, taps * channels]."""
        del ind
        spec, windows = self.spec(), self.get_nodeattr("OutDim")
        if windows:
            return [1, *windows, spec.width * spec.channels]
        return [1, spec.height, spec.width, spec.channels]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, channels] of the pooled map."""
        del ind
        spec, windows = self.spec(), self.get_nodeattr("OutDim")
        if windows:
            return [1, *windows, spec.channels]
        return [1, spec.height // spec.kernel_h, spec.width // spec.kernel_w, spec.channels]


RbonnPool_rtl = register("RbonnPool", RbonnPool)
