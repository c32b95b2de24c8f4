"""State of the walk in which every map becomes [1, c, h, w]."""

from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import with_attributes
from rbonn_hw.compiler.frontend.layouts import NCHW, NCL, NHWC, NLC, Layout
from rbonn_hw.compiler.frontend.operators import POOLS


class MapWalk:
    """State of one walk: the nodes so far, and for tensors of another layout the map that stands for them."""

    def __init__(self, model: ModelWrapper) -> None:
        self.model = model
        self.nodes: list[NodeProto] = []
        self.maps: dict[str, tuple[str, Layout]] = {}
        self.restored: set[str] = set()
        self.dynamic = {model.graph.input[0].name}
        for node in model.graph.node:
            if self.dynamic & set(node.input):
                self.dynamic |= set(node.output)
        self.one_dimensional = any(
            (node.op_type in POOLS | {"Conv"} or self.pointwise(node))
            and len(self.shape(node.input[0])) == NCL.rank
            for node in model.graph.node
        )

    def pointwise(self, node: NodeProto) -> bool:
        """Tell whether a node multiplies each pixel of channels last by one matrix of constants."""
        if node.op_type != "MatMul" or node.input[0] not in self.dynamic or node.input[1] in self.dynamic:
            return False
        return len(self.shape(node.input[0])) in (NLC.rank, NHWC.rank) and len(self.shape(node.input[1])) == 2

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape; () where the file has none."""
        return tuple(self.model.get_tensor_shape(name) or ())

    def emit(self, op_type: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node of our own."""
        node = helper.make_node(op_type, inputs, [output], name=f"{output}_{op_type}", **attributes)
        self.nodes.append(node)
        return output

    def constant(self, name: str, values: Any) -> str:
        """Store a constant."""
        self.model.set_initializer(name, np.asarray(values))
        return name

    def reshaped(self, source: str, output: str, shape: tuple[int, ...]) -> str:
        """Append a Reshape."""
        return self.emit("Reshape", [source, self.constant(f"{output}_shape", np.array(shape))], output)

    def begin(self, name: str, layout: Layout) -> None:
        """Make the map of a tensor that has none yet."""
        source = name
        if not layout.channels_first:
            source = self.emit("Transpose", [name], f"{name}_first", perm=list(layout.sorting))
        if layout.rank < NCHW.rank:
            source = self.reshaped(source, f"{name}_map", layout.map_shape(self.shape(name)))
        self.maps[name] = (source, layout)
        self.restored.add(name)

    def restore(self, name: str) -> None:
        """Make a tensor itself, for a node that needs its layout."""
        if name not in self.maps or name in self.restored:
            return
        (source, layout), shape = self.maps[name], self.shape(name)
        self.restored.add(name)
        if layout.channels_first:
            self.reshaped(source, name, shape)
        elif layout.rank == NCHW.rank:
            self.emit("Transpose", [source], name, perm=list(layout.restoring))
        else:
            flat = self.reshaped(source, f"{name}_flat", tuple(shape[axis] for axis in layout.sorting))
            self.emit("Transpose", [flat], name, perm=list(layout.restoring))

    def operand(self, name: str, layout: Layout) -> str:
        """Return the map of an operand, or a constant in the order of maps."""
        if name in self.maps:
            return self.maps[name][0]
        shape = self.shape(name)
        if not name or int(np.prod(shape)) == 1 or len(shape) > layout.rank:
            return name
        value = self.model.get_initializer(name)
        if value is not None:
            return self.constant(f"{name}_as_{layout.rank}", layout.constant(value))
        whole = (1,) * (layout.rank - len(shape)) + shape
        source = name
        if not layout.channels_first:
            source = self.reshaped(source, f"{name}_whole", whole)
            source = self.emit("Transpose", [source], f"{name}_first", perm=list(layout.sorting))
        return self.reshaped(source, f"{name}_as_{layout.rank}", layout.map_shape(whole))


def changed(node: NodeProto, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    """Return a copy with other operands and attributes."""
    made = with_attributes(node, **attributes)
    del made.input[:], made.output[:]
    made.input.extend(inputs)
    made.output.append(output)
    return made
