"""Walk over the reference network and lower it node by node."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.arithmetic import BINARY
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.crops import lower_blocks, lower_crop
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.ends import Head, typed_input
from rbonn_hw.compiler.frontend.layers import lower_conv, lower_matmul
from rbonn_hw.compiler.frontend.operators import (
    ANY_OTHER,
    AVERAGES,
    ELEMENTWISE,
    INSTEAD,
    LAYERS,
    QUANTIZERS,
    RESHAPES,
)
from rbonn_hw.compiler.frontend.quantize import Quantizer
from rbonn_hw.compiler.frontend.quantizer_nodes import target_of
from rbonn_hw.compiler.frontend.resizes import lower_resize
from rbonn_hw.compiler.frontend.shapes import lower_concat, lower_gather, lower_pad, lower_reshape
from rbonn_hw.compiler.frontend.sums import add
from rbonn_hw.compiler.frontend.table_writer import Target
from rbonn_hw.compiler.frontend.tabulation import Tabulator
from rbonn_hw.compiler.frontend.values import Derived, IntTensor, Value, merge
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.errors import ModelError, UnsupportedOperatorError

FLOAT_NETWORK = (
    "the input of a layer must be integers: put a quantizer (brevitas QuantIdentity, 1 to 8 bits) "
    "before the first layer, let compile add one (--quantize-input BITS), or say which integers the "
    "input is (--input-type UINT8)"
)


class Lowering:
    """State of one walk.

    Attributes:
        reference: The cleaned network.
        constants: Its constant tensors.
        emitter: The lowered graph so far.
        notes: What the user should know.
        head: How the graph input becomes integers, once known.
        values: What is known about each tensor of the reference.
    """

    def __init__(self, reference: ModelWrapper) -> None:
        self.reference = reference
        self.constants = Constants.of(reference)
        self.emitter = Emitter()
        self.values: dict[str, Value] = {}
        self._quantizer = Quantizer(reference, Tabulator(reference, self.constants), self.emitter)
        self.notes = self._quantizer.notes
        self.values[reference.graph.input[0].name] = Derived(())
        self.head: Head | None = typed_input(reference, self.emitter.graph)
        if self.head is not None:
            self.values[self.head.output] = self.head.tensor

    @property
    def ambiguous(self) -> bool:
        """Whether a threshold lies within the rounding of the reference."""
        return self._quantizer.ambiguous

    def run(self) -> Value:
        """Lower every node; return what the graph output is."""
        ahead = () if self.head is None else self.head.nodes
        for position, node in enumerate(self.reference.graph.node):
            if position not in ahead and not self.constants.absorb(self.reference, node):
                self.values |= dict.fromkeys(node.output, self._handler(node)(position, node))
        return self.values[self.reference.graph.output[0].name]

    def _handler(self, node: Any) -> Callable[[int, Any], Value]:
        if node.op_type in QUANTIZERS:
            return self._quantize
        if node.op_type in LAYERS:
            return self._layer
        special = {"MaxPool": self._max_pool, "Add": self._add}
        if node.op_type in special:
            return special[node.op_type]
        moving = {
            "Pad": lower_pad, "Gather": lower_gather, "Concat": lower_concat, "Resize": lower_resize,
            "Upsample": lower_resize, "Slice": lower_crop, "SpaceToDepth": lower_blocks,
        }  # fmt: skip
        if node.op_type in moving or node.op_type in RESHAPES:
            return partial(moving.get(node.op_type, lower_reshape), self)
        return self._merge

    def _operands(self, node: Any) -> list[Value]:
        return [self.values[name] for name in node.input if name in self.values]

    def _merge(self, position: int, node: Any) -> Value:
        """Leave a node inside a region, to be tabulated; or mark the region as impossible."""
        # An average of what is integers with another scale, as another average is, is one of integers.
        averages = node.op_type in AVERAGES
        operands = [self.affine(node.input[0], node.name)] if averages else self._operands(node)
        merged = merge(operands, position)
        reason = merged.blocked or self._combined(merged, node) or self._obstacle(node)
        return replace(merged, blocked=reason)

    def _combined(self, merged: Derived, node: Any) -> str:
        """Return why a node on several integer tensors is impossible; empty when there is one."""
        if len(merged.sources) < 2:
            return ""
        names = " and ".join(source.origin for source in merged.sources)
        if node.op_type == "Mul":
            smaller = min(
                self._operands_ahead(node), key=lambda name: np.prod(self.reference.get_tensor_shape(name))
            )
            return (
                f"{node.name} (Mul) multiplies two integer tensors ({names}), by the gate or second factor "
                f"{smaller}; no kernel does: leave the gate (squeeze-excite) out, or put its effect into the "
                "weights of a layer"
            )
        way_out = "only Add may"
        if node.op_type == "Sub":
            way_out = (
                "only Add may: negate the second branch, in its layer's weights or its BatchNorm, and add"
            )
        return f"{node.name} ({node.op_type}) combines two integer tensors ({names}); {way_out}"

    def _obstacle(self, node: Any) -> str:
        """Return why a node cannot be tabulated; empty when it can."""
        if node.op_type not in ELEMENTWISE | AVERAGES:
            return (
                f"{node.name}: no kernel implements operator {node.op_type}; "
                f"{INSTEAD.get(node.op_type, ANY_OTHER)}"
            )
        after = self.reference.get_tensor_shape(node.output[0])
        before = {name: self.reference.get_tensor_shape(name) for name in self._operands_ahead(node)}
        other = next((name for name, shape in before.items() if shape != after), None)
        if node.op_type in ELEMENTWISE and other is not None:
            return (
                f"{node.name} ({node.op_type}) broadcasts {other} {before[other]} to {after}; use operands "
                "of equal shape"
            )
        return ""

    def affine(self, name: str, layer: str) -> Value:
        """Return a tensor as integers if it is them with another scale and offset, else as it is."""
        value = self.values[name]
        if isinstance(value, Derived) and len(value.sources) == 1 and not value.blocked:
            value = self._quantizer.scaled(self._counted(value), name, layer) or value
        return value

    def integer(self, name: str, layer: str) -> IntTensor:
        """Return a tensor as integers, for a node that computes on integers.

        Raises:
            ModelError: No quantizer has been seen on the way.
            UnsupportedOperatorError: Its floats are no small integers times a scale.
        """
        value = self.values[name]
        if isinstance(value, IntTensor):
            return value
        if not value.sources:
            raise ModelError(f"{layer} works on floats ({name}): {FLOAT_NETWORK}")
        if value.blocked:
            raise UnsupportedOperatorError(value.blocked)
        made = self._quantizer.integers(self._counted(value), name, f"{layer}_input", Target())
        if made is None:
            raise UnsupportedOperatorError(
                f"{layer}: its input {name} is not quantized; put a quantizer (brevitas "
                "QuantIdentity, 1 to 8 bits) before it, and the same one on both branches of an addition"
            )
        self.values[name] = made
        return made

    def _counted(self, value: Derived) -> Derived:
        """Forget the weights of a source that others see too, so that nobody negates its filters."""
        source = value.sources[0]
        if source.weights and self._uses(source.origin) > 1:
            return replace(value, sources=(replace(source, weights=""),))
        return value

    def _uses(self, name: str) -> int:
        """Count the integer operators, quantizers and outputs that a tensor ends in."""
        count = int(name == self.reference.graph.output[0].name)
        for node in self.reference.find_consumers(name) or []:
            inside = (
                node.op_type in ELEMENTWISE | RESHAPES | {"MaxPool"} and len(self._operands_ahead(node)) == 1
            )
            count += self._uses(node.output[0]) if inside else 1
        return count

    def _operands_ahead(self, node: Any) -> list[str]:
        return [name for name in node.input if name and name not in self.constants.values]

    def _quantize(self, position: int, node: Any) -> Value:
        value = merge(self._operands(node), position)
        if not value.sources:
            return self._quantize_input(value, node)
        target = target_of(node, self.constants)
        if value.blocked:
            raise UnsupportedOperatorError(value.blocked)
        if len(value.sources) > 1:
            return self._merge(position, node)
        ternary = target.bipolar and self._only_zero_padded(node.output[0])
        made = self._quantizer.integers(
            self._counted(value), node.output[0], node.name, target, ternary=ternary
        )
        if made is None:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}): its output is no small integer times a scale"
            )
        if ternary:
            self._note_ternary(node.name)
        return made

    def _quantize_input(self, value: Derived, node: Any) -> Value:
        if self.head is not None:
            raise ModelError(
                f"{node.name}: the network input is quantized in two places "
                f"({self.head.tensor.origin} is the other); "
                f"quantize it once, before the branches"
            )
        self.head = Head.quantizing(self.reference, self.constants, value, node, self.emitter.graph)
        return self.head.tensor

    def _only_zero_padded(self, name: str) -> bool:
        """Tell whether every consumer is a convolution that pads with 0."""
        consumers = self.reference.find_consumers(name) or []
        return bool(consumers) and all(
            node.op_type == "Conv" and any(attribute(node, "pads", [])) for node in consumers
        )

    def _note_ternary(self, layer: str) -> None:
        self.notes.append(
            f"{layer}: a map of -1/+1 is padded with 0, a third value, so it takes 2 bits and no XNOR "
            "arithmetic; "
            f"padding with -1 costs nothing"
        )

    def zero_padded(self, x: IntTensor, layer: str) -> IntTensor:
        """Return x in a type whose stored 0 is the value 0."""
        if x.dtype == BINARY and x.step[0] == 2:
            self._note_ternary(layer)
        return self.emitter.valued(x, layer)

    def _layer(self, position: int, node: Any) -> Value:
        return (
            lower_conv(self, position, node) if node.op_type == "Conv" else lower_matmul(self, position, node)
        )

    def _max_pool(self, position: int, node: Any) -> Value:
        value = self.affine(node.input[0], node.name)
        if isinstance(value, IntTensor) and np.all(value.scale * value.step > 0):
            return self._quantizer.max_pool(value, node)
        merged = merge([value], position)
        pools = [other for other in merged.nodes if self.reference.graph.node[other].op_type == "MaxPool"]
        if len(pools) > 1 and not merged.blocked:
            return replace(
                merged, blocked=f"{node.name}: two max pools without a quantizer between them; add one"
            )
        return merged

    def _add(self, position: int, node: Any) -> Value:
        merged = merge(self._operands(node), position)
        if merged.blocked or len(merged.sources) < 2:
            return self._merge(position, node)
        a, b = (self.integer(name, node.name) for name in node.input)
        return add(self.emitter, a, b, node.output[0], node.name)
