"""Layer inference: from the lowered integer graph (stock QONNX nodes) to FINN hardware layers.

Convolution windows become FINN's own FMPadding and ConvolutionInputGenerator; everything else becomes our
operators. Each transformation is a FINN transformation in its own right and can be used alone.
"""

from finn.transformation.fpgadataflow.convert_to_hw.conv_inp_gen import InferConvInpGen
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.infer_datatypes import InferDataTypes

from rbonn_hw.compiler.hardware_nodes import DOMAIN
from rbonn_hw.compiler.infer.channels import InferChannels
from rbonn_hw.compiler.infer.depthwise import InferDepthwise
from rbonn_hw.compiler.infer.pools import InferPool
from rbonn_hw.compiler.infer.products import InferMVAU
from rbonn_hw.compiler.infer.streams import InferAdd, InferDuplicate, InferFlatten
from rbonn_hw.compiler.infer.thresholds import InferThreshold
from rbonn_hw.compiler.infer.types import WidenTypes
from rbonn_hw.errors import UnsupportedOperatorError

__all__ = [
    "InferAdd",
    "InferChannels",
    "InferDepthwise",
    "InferDuplicate",
    "InferFlatten",
    "InferMVAU",
    "InferPool",
    "InferThreshold",
    "WidenTypes",
    "infer_hardware_layers",
]


def _check_borders(model: ModelWrapper) -> None:
    """Refuse a border that FINN's padding layer cannot make."""
    for node in model.get_nodes_by_op_type("Im2Col"):
        operator = getCustomOp(node)
        fill = operator.get_nodeattr("pad_value")
        if fill and any(operator.get_nodeattr("pad_amount")):
            raise UnsupportedOperatorError(
                f"node {node.name!r}: a border of {fill} (the least value of a signed map) has no kernel; "
                "pool behind an unsigned quantizer (QuantReLU) or a sign"
            )


def infer_hardware_layers(model: ModelWrapper) -> ModelWrapper:
    """Convert a lowered graph into FINN hardware layers, unfolded attributes at 1.

    Raises:
        UnsupportedOperatorError: A node is left that no kernel implements.
    """
    _check_borders(model)
    for transformation in (
        WidenTypes(),
        InferAdd(),
        InferMVAU(),
        InferThreshold(),
        InferDepthwise(),
        InferPool(),
        InferChannels(),
        InferFlatten(),
        InferConvInpGen(),
        InferDuplicate(),
        InferDataTypes(),
    ):
        model = model.transform(transformation)
    for node in model.graph.node:
        for prefix, suffix in (("ConvolutionInputGenerator_", "_swg"), ("FMPadding_Batch_", "_padding")):
            if node.name.startswith(prefix):
                node.name = node.name.removeprefix(prefix) + suffix
        if not node.domain.startswith(DOMAIN):
            raise UnsupportedOperatorError(
                f"node {node.name!r} ({node.op_type}) has no hardware kernel; supported are convolution, "
                "depthwise convolution, matrix product, thresholds, max- and sum-pool, add and flatten"
            )
    return model
