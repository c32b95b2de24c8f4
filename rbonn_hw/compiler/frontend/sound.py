"""What must be right in an ONNX file before native code of others reads it, which trusts it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from rbonn_hw.errors import ModelError

DIVISORS = frozenset({"strides", "dilations", "kernel_shape", "group", "blocksize", "block_size"})
"""Attributes that sizes are divided by: ONNX's shape inference ends the process where one is 0."""


def check_sound(path: Path, proto: Any) -> None:
    """Check a file as it was read.

    Raises:
        ModelError: A name is no text, or a size is divided by a number that is not positive.
    """
    graphs = (proto.graph, *proto.functions)
    for node in (node for graph in graphs for node in _nodes(graph.node)):
        texts = (node.name, node.op_type, node.domain, *node.input, *node.output)
        # protobuf gives bytes that are no UTF-8 as they are.
        if not all(isinstance(text, str) for text in texts):
            raise ModelError(
                f"{path} is a damaged ONNX file (a name in it is no text); export the network again"
            )
        for entry in node.attribute:
            numbers = [entry.i] if entry.type == onnx.AttributeProto.INT else list(entry.ints)
            if entry.name in DIVISORS and not all(0 < number < 1 << 31 for number in numbers):
                raise ModelError(
                    f"{path}: {node.name or node.op_type} ({node.op_type}) has {entry.name} {numbers}, which "
                    "must be positive; the file is damaged: export the network again"
                )


def _nodes(nodes: Any) -> Iterator[Any]:
    """Yield nodes and those of their branches."""
    for node in nodes:
        yield node
        for entry in node.attribute:
            for graph in (entry.g, *entry.graphs):
                yield from _nodes(graph.node)
