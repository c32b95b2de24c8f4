"""A quantizer in front of the first layer of a network that has none."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.operators import ELEMENTWISE, QUANTIZERS, RESHAPES
from rbonn_hw.errors import ModelError

GENERAL = "qonnx.custom_op.general"
NAME = "input_quantizer"


@dataclass(frozen=True, slots=True)
class InputQuantizer:
    """A uniform quantizer without zero point.

    Attributes:
        tensor: What it quantizes: the network's input, or what scales and offsets make of it.
        scale: Float per integer.
        bits: Width of the integers, 2 .. 16 [bits].
        signed: Whether they have a sign.
    """

    tensor: str
    scale: float
    bits: int
    signed: bool

    def insert(self, reference: ModelWrapper) -> None:
        """Put it between its tensor and everything that takes it."""
        graph = reference.graph
        output = f"{NAME}_out0"
        consumers = reference.find_consumers(self.tensor)
        constants = {"scale": self.scale, "zero_point": 0.0, "bits": float(self.bits)}
        operands = [f"{NAME}_{name}" for name in constants]
        node = helper.make_node(
            "Quant", [self.tensor, *operands], [output], name=NAME, domain=GENERAL,
            signed=int(self.signed), narrow=0, rounding_mode="ROUND",
        )  # fmt: skip
        place = min(list(graph.node).index(consumer) for consumer in consumers)
        for consumer in consumers:
            inputs = [output if name == self.tensor else name for name in consumer.input]
            del consumer.input[:]
            consumer.input.extend(inputs)
        graph.node.insert(place, node)
        for name, value in zip(operands, constants.values(), strict=True):
            reference.set_initializer(name, np.float32(value).reshape(()))
        reference.set_tensor_shape(output, reference.get_tensor_shape(self.tensor))


def first_floats(reference: ModelWrapper) -> str:
    """Return the tensor that the first layers take: the input, or what acts on each of its values alone.

    Raises:
        ModelError: A quantizer takes it already, or the network branches before.
    """
    name = str(reference.graph.input[0].name)
    while True:
        consumers = reference.find_consumers(name) or []
        quantizer = next((node for node in consumers if node.op_type in QUANTIZERS), None)
        if quantizer is not None:
            raise ModelError(
                f"{quantizer.name} ({quantizer.op_type}) quantizes the network's input already; "
                "leave --quantize-input away"
            )
        if len(consumers) != 1 or not _is_alone(reference, consumers[0]):
            return name
        name = str(consumers[0].output[0])


def _is_alone(reference: ModelWrapper, node: Any) -> bool:
    """Tell whether a node acts on each value of one tensor alone."""
    moving = [name for name in node.input if name and reference.get_initializer(name) is None]
    return node.op_type in ELEMENTWISE | RESHAPES and len(moving) == 1


def with_quantizer(reference: ModelWrapper, quantizer: InputQuantizer) -> ModelWrapper:
    """Return the network with the quantizer in it."""
    quantizer.insert(reference)
    return reference.transform(InferShapes())
