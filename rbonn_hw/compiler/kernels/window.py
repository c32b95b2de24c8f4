"""RbonnWindow: sliding window over a map with a border, in FINN's im2col order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import BIPOLAR, from_bits, to_bits
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.window import window
from rbonn_hw.spec.window import WindowSpec


class RbonnWindow(KernelOperator):
    """Windows of ``KernelDim`` over maps ``ImgDim`` with a border of ``padValue``.

    A pixel's window is (ky, kx, channel); with ``depthwise`` all taps of ``SIMD`` channels, then the next.
    """

    SOURCES = (
        "rbonn_ram.sv",
        "rbonn_gather.sv",
        "rbonn_scatter.sv",
        "rbonn_dwc.sv",
        "rbonn_window_lines.sv",
        "rbonn_window_rows.sv",
        "rbonn_window_taps.sv",
        "rbonn_window_columns.sv",
        "rbonn_window_order.sv",
        "rbonn_window_ahead.sv",
        "rbonn_window_line.sv",
        "rbonn_window.sv",
    )

    def attributes(self) -> AttributeTypes:
        """Return shape, border, order, folding, type and memory."""
        return {
            "NumChannels": ("i", True, 0),
            "SIMD": ("i", True, 1),  # elements per output beat
            "inLanes": ("i", True, 1),  # elements per input beat
            "ImgDim": ("ints", True, []),  # [height, width]
            "KernelDim": ("ints", True, []),  # [height, width]
            "Stride": ("ints", False, [1, 1]),  # [y, x]
            "Dilation": ("ints", False, [1, 1]),  # [y, x]
            "Padding": ("ints", False, [0, 0, 0, 0]),  # [top, left, bottom, right], as in FINN
            "padValue": ("i", True, 0),  # a value of the type: -1 or 1 of BIPOLAR
            "depthwise": ("i", False, 0, {0, 1}),
            "dataType": ("s", True, ""),
            "spareRow": ("i", False, 1, {0, 1}),
            "ram_style": ("s", False, "auto"),
        }

    def spec(self) -> WindowSpec:
        """Return the window."""
        datatype = self.get_nodeattr("dataType")
        pairs = {name: self.get_nodeattr(name) for name in ("ImgDim", "KernelDim", "Stride", "Dilation")}
        (top, left, bottom, right), border = self.get_nodeattr("Padding"), self.get_nodeattr("padValue")
        if datatype == BIPOLAR and border not in (-1, 1):
            raise SpecError(f"padValue={border} is not a value of {BIPOLAR}; use -1 or 1")
        return WindowSpec(
            channels=self.get_nodeattr("NumChannels"),
            in_lanes=self.get_nodeattr("inLanes"),
            out_lanes=self.get_nodeattr("SIMD"),
            dtype=IntType.from_qonnx(datatype),
            height=pairs["ImgDim"][0],
            width=pairs["ImgDim"][1],
            kernel_h=pairs["KernelDim"][0],
            kernel_w=pairs["KernelDim"][1],
            stride_y=pairs["Stride"][0],
            stride_x=pairs["Stride"][1],
            dilation_y=pairs["Dilation"][0],
            dilation_x=pairs["Dilation"][1],
            pad_top=top,
            pad_left=left,
            pad_bottom=bottom,
            pad_right=right,
            border=int(to_bits(datatype, np.array(border))),
            channel_major=bool(self.get_nodeattr("depthwise")),
            spare_row=bool(self.get_nodeattr("spareRow")),
            ram_style=self.get_nodeattr("ram_style"),
        )

    def legal_simd(self) -> tuple[int, ...]:
        """Return every SIMD that the window can have, ascending."""
        return self.spec().legal_out_lanes

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the windows."""
        del parameters
        datatype = self.get_nodeattr("dataType")
        return [from_bits(datatype, window(self.spec(), to_bits(datatype, inputs[0])))]

    def input_datatype_name(self, ind: int) -> str:
        """Return the map's type, which BIPOLAR keeps."""
        del ind
        return str(self.get_nodeattr("dataType"))

    output_datatype_name = input_datatype_name

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, channels]."""
        del ind
        spec = self.spec()
        return [1, spec.height, spec.width, spec.channels]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, elements of a window]."""
        del ind
        spec = self.spec()
        return [1, spec.out_height, spec.out_width, spec.kernel_h * spec.kernel_w * spec.channels]


RbonnWindow_rtl = register("RbonnWindow", RbonnWindow)
