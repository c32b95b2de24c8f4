"""Layer inference: from the lowered integer graph (stock QONNX nodes) to FINN hardware layers.

Each transformation is a FINN transformation in its own right and can be used alone.
"""

from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_datatypes import InferDataTypes

from rbonn_hw.compiler.hardware_nodes import DOMAIN
from rbonn_hw.compiler.infer.channels import InferChannels
from rbonn_hw.compiler.infer.depthwise import InferDepthwise
from rbonn_hw.compiler.infer.pools import InferPool
from rbonn_hw.compiler.infer.products import InferMVAU
from rbonn_hw.compiler.infer.resizes import InferUpsample
from rbonn_hw.compiler.infer.streams import InferAdd, InferDuplicate, InferFlatten
from rbonn_hw.compiler.infer.thresholds import InferThreshold
from rbonn_hw.compiler.infer.types import WidenTypes
from rbonn_hw.compiler.infer.windows import InferWindow
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
    "InferUpsample",
    "InferWindow",
    "WidenTypes",
    "infer_hardware_layers",
]


def infer_hardware_layers(model: ModelWrapper) -> ModelWrapper:
    """Convert a lowered graph into FINN hardware layers, unfolded attributes at 1.

    Raises:
        UnsupportedOperatorError: A node is left that no kernel implements.
    """
    for transformation in (
        WidenTypes(),
        InferAdd(),
        InferMVAU(),
        InferThreshold(),
        InferDepthwise(),
        InferPool(),
        InferChannels(),
        InferUpsample(),
        InferFlatten(),
        InferWindow(),
        InferDuplicate(),
        InferDataTypes(),
    ):
        model = model.transform(transformation)
    for node in model.graph.node:
        if not node.domain.startswith(DOMAIN):
            raise UnsupportedOperatorError(
                f"node {node.name!r} ({node.op_type}) has no hardware kernel; docs/operators.md "
                "lists those that have"
            )
    return model
