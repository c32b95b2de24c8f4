"""FINN operator RbonnDepthwise: a depthwise convolution over windows that are laid out already."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._bipolar import number_type
from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.memory import depthwise_weight_words
from rbonn_hw.packing import Ints, readmemh_text
from rbonn_hw.ref.depthwise import depthwise
from rbonn_hw.spec.depthwise import DepthwiseSpec


class RbonnDepthwise(KernelOperator):
    """Each channel's taps times its weights, summed.

    Node inputs: windows [.., Taps * NumChannels], channels innermost; weights [Taps, NumChannels], BIPOLAR or
    integer.
    """

    SOURCES = (
        "rbonn_ram.sv",
        "rbonn_rom.sv",
        "rbonn_match_count.sv",
        "rbonn_add_tree.sv",
        "rbonn_dot.sv",
        "rbonn_result_stage.sv",
        "rbonn_depthwise.sv",
    )

    def attributes(self) -> AttributeTypes:
        """Return shape, folding and types."""
        return {
            "NumChannels": ("i", True, 0),
            "Taps": ("i", True, 0),
            "PE": ("i", True, 1),
            "SIMD": ("i", False, 1),
            "numInputVectors": ("ints", False, [1]),
            "inputDataType": ("s", True, ""),
            "weightDataType": ("s", True, ""),
            "outputDataType": ("s", True, ""),
            "ram_style": ("s", False, "auto", {"auto", "block", "distributed"}),
        }

    def spec(self) -> DepthwiseSpec:
        """Return the specification for the present node attributes."""
        weights = str(self.get_nodeattr("weightDataType"))
        kind = IntType.from_qonnx(weights)
        return DepthwiseSpec(
            channels=self.get_nodeattr("NumChannels"),
            taps=self.get_nodeattr("Taps"),
            pe=self.get_nodeattr("PE"),
            simd=self.get_nodeattr("SIMD"),
            input=number_type("inputDataType", str(self.get_nodeattr("inputDataType"))),
            weight_bits=kind.bits if kind.signed or weights == "BIPOLAR" else kind.bits + 1,
            output=number_type("outputDataType", str(self.get_nodeattr("outputDataType"))),
            ram_style=self.get_nodeattr("ram_style"),
            vectors=prod(self.get_nodeattr("numInputVectors")),
        )

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, Taps * NumChannels), or the shape of the weights."""
        taps, channels = int(self.get_nodeattr("Taps")), int(self.get_nodeattr("NumChannels"))
        return (taps, channels) if ind else (*self.get_nodeattr("numInputVectors"), taps * channels)

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, NumChannels)."""
        del ind
        return (*self.get_nodeattr("numInputVectors"), int(self.get_nodeattr("NumChannels")))

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Compute with the golden model."""
        spec = self.spec()
        windows = inputs[0].reshape(-1, spec.taps, spec.channels)
        return [depthwise(spec, np.rint(parameters[0]).astype(np.int64), windows)]

    def memory_images(self, parameters: Sequence[NDArray[Any]]) -> Mapping[str, tuple[str, str]]:
        """Return the weights."""
        spec = self.spec()
        words = depthwise_weight_words(spec, np.rint(parameters[0]).astype(np.int64))
        return {"WeightFile": ("weights", readmemh_text(words, spec.weight_row_bits))}


RbonnDepthwise_rtl = register("RbonnDepthwise", RbonnDepthwise)
