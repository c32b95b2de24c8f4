"""RbonnUpsample: every pixel several times, in both directions."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints
from rbonn_hw.ref.upsample import upsample
from rbonn_hw.spec.upsample import UpsampleSpec


class RbonnUpsample(KernelOperator):
    """Nearest-neighbour resize of maps ``ImgDim`` by whole factors ``Scale``."""

    SOURCES = ("rbonn_ram.sv", "rbonn_upsample.sv")

    def attributes(self) -> AttributeTypes:
        """Return shape, folding and type."""
        return {
            "NumChannels": ("i", True, 0),
            "PE": ("i", True, 1),
            "ImgDim": ("ints", True, []),  # [height, width]
            "Scale": ("ints", True, []),  # [height, width]
            "dataType": ("s", True, ""),
        }

    def spec(self) -> UpsampleSpec:
        """Return the repetition."""
        (height, width), (scale_h, scale_w) = self.get_nodeattr("ImgDim"), self.get_nodeattr("Scale")
        return UpsampleSpec(
            channels=self.get_nodeattr("NumChannels"),
            pe=self.get_nodeattr("PE"),
            height=height,
            width=width,
            scale_h=scale_h,
            scale_w=scale_w,
            element=IntType.from_qonnx(self.get_nodeattr("dataType")),
        )

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Return the larger map."""
        del parameters
        return [upsample(self.spec(), inputs[0])]

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, channels]."""
        del ind
        return [1, *self.get_nodeattr("ImgDim"), self.get_nodeattr("NumChannels")]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Return [1, height, width, channels] of the larger map."""
        del ind
        spec = self.spec()
        return [1, spec.height * spec.scale_h, spec.width * spec.scale_w, spec.channels]


RbonnUpsample_rtl = register("RbonnUpsample", RbonnUpsample)
