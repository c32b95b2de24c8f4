"""FINN operator RbonnMVAU: matrix-vector product with constant weights, with or without thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.kernels._operator import AttributeTypes, KernelOperator, register
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.memory import mvau_weight_words, threshold_words
from rbonn_hw.packing import Ints, readmemh_text
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.spec.mvau import MvauSpec


class RbonnMVAU(KernelOperator):
    """Matrix-vector-activation unit: ``W.T @ x``, then thresholds unless ``noActivation``.

    Node inputs: x [.., MW]; weights [MW, MH], BIPOLAR or integer, with ``binaryXnorMode`` also BINARY;
    without ``noActivation`` also thresholds [MH, steps].
    """

    SOURCES = (
        "rbonn_rom.sv",
        "rbonn_match_count.sv",
        "rbonn_add_tree.sv",
        "rbonn_dot.sv",
        "rbonn_result_stage.sv",
        "rbonn_threshold_node.sv",
        "rbonn_threshold.sv",
        "rbonn_mvau_issue.sv",
        "rbonn_mvau.sv",
    )

    def attributes(self) -> AttributeTypes:
        """Return FINN's attributes of an MVAU, as far as they apply."""
        return {
            "MW": ("i", True, 0),
            "MH": ("i", True, 0),
            "PE": ("i", True, 1),
            "SIMD": ("i", True, 1),
            "numInputVectors": ("ints", False, [1]),
            "inputDataType": ("s", True, ""),
            "weightDataType": ("s", True, ""),
            "accDataType": ("s", True, ""),
            "outputDataType": ("s", True, ""),
            "binaryXnorMode": ("i", False, 0, {0, 1}),
            "noActivation": ("i", False, 1, {0, 1}),
            "numSteps": ("i", False, 0),
            "ActVal": ("i", False, 0),
            "ram_style": ("s", False, "auto", {"auto", "block", "distributed"}),
        }

    def spec(self) -> MvauSpec:
        """Return the specification for the present node attributes."""
        activation = not self.get_nodeattr("noActivation")
        spec = MvauSpec(
            mw=self.get_nodeattr("MW"),
            mh=self.get_nodeattr("MH"),
            pe=self.get_nodeattr("PE"),
            simd=self.get_nodeattr("SIMD"),
            input=self._integer("inputDataType"),
            weight_bits=self._weight_bits(),
            xnor=bool(self.get_nodeattr("binaryXnorMode")),
            accumulator=self._integer("accDataType"),
            steps=self.get_nodeattr("numSteps") if activation else 0,
            output=self._integer("outputDataType"),
            out_bias=self.get_nodeattr("ActVal") if activation else 0,
            ram_style=self.get_nodeattr("ram_style"),
            vectors=int(np.prod(self.get_nodeattr("numInputVectors"))),
        )
        exact = replace(spec, accumulator=None) if activation else spec
        # Behind thresholds nobody sees the accumulator: QONNX types a popcount UINT32.
        return exact if exact.accumulator_type.bits < spec.accumulator_type.bits else spec

    def _weight_bits(self) -> int:
        """Return the bits of a stored weight: one if BIPOLAR, else those of a signed integer."""
        name = str(self.get_nodeattr("weightDataType"))
        kind = IntType.from_qonnx(name)
        if name == "BIPOLAR" or self.get_nodeattr("binaryXnorMode"):
            return kind.bits
        return kind.bits if kind.signed else kind.bits + 1

    def _integer(self, attribute: str) -> IntType:
        name = str(self.get_nodeattr(attribute))
        if name == "BIPOLAR":
            raise SpecError(
                f"node {self.onnx_node.name!r}: {attribute}=BIPOLAR; activations travel as BINARY (1 is +1, "
                "0 is -1), with binaryXnorMode=1 where both operands are BIPOLAR"
            )
        return IntType.from_qonnx(name)

    def get_normal_input_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, MW), or the shape of a parameter."""
        mw, mh = int(self.get_nodeattr("MW")), int(self.get_nodeattr("MH"))
        parameters = {1: (mw, mh), 2: (mh, int(self.get_nodeattr("numSteps")))}
        return parameters.get(ind) or (*self.get_nodeattr("numInputVectors"), mw)

    def get_normal_output_shape(self, ind: int = 0) -> tuple[int, ...]:
        """Return (*numInputVectors, MH)."""
        del ind
        return (*self.get_nodeattr("numInputVectors"), int(self.get_nodeattr("MH")))

    def golden(self, inputs: Sequence[Ints], parameters: Sequence[NDArray[Any]]) -> list[Ints]:
        """Compute with the golden model."""
        spec, (weights, thresholds) = self.spec(), self._constants(parameters)
        return [mvau(spec, weights, inputs[0].reshape(-1, spec.mw), thresholds)]

    def memory_images(self, parameters: Sequence[NDArray[Any]]) -> Mapping[str, tuple[str, str]]:
        """Return the weights and, with activation, the thresholds."""
        spec, (weights, thresholds) = self.spec(), self._constants(parameters)
        words = mvau_weight_words(spec, weights)
        images = {"WeightFile": ("weights", readmemh_text(words, spec.weight_row_bits))}
        unit = spec.threshold
        if unit is not None and thresholds is not None:
            rows = readmemh_text(threshold_words(unit, thresholds), unit.threshold_row_bits)
            images["ThresholdFile"] = ("thresholds", rows)
        return images

    def _constants(self, parameters: Sequence[NDArray[Any]]) -> tuple[Ints, Ints | None]:
        """Return weights [MH, MW], +-1 where they have one bit, and thresholds [MH, steps]."""
        weights = np.rint(parameters[0]).astype(np.int64).T
        if self.get_nodeattr("weightDataType") == "BINARY" and self.get_nodeattr("binaryXnorMode"):
            weights = 2 * weights - 1
        thresholds = None if self.get_nodeattr("noActivation") else np.rint(parameters[1]).astype(np.int64)
        return weights, thresholds


RbonnMVAU_rtl = register("RbonnMVAU", RbonnMVAU)
