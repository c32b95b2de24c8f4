"""The graph of a compiled accelerator as plain data: kernels, their tensors and their constants."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError, SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.sealed_graph import read_sealed

PREFIX, SUFFIX = "Rbonn", "_rtl"


@dataclass(frozen=True, slots=True)
class Tensor:
    """What travels on a stream.

    Attributes:
        name: Its name in the graph.
        shape: Shape of a frame, without the batch.
        dtype: QONNX type; BIPOLAR travels as BINARY.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def element(self) -> IntType:
        """Type of an element."""
        return IntType.from_qonnx(self.dtype)

    @property
    def channels(self) -> int:
        """Elements of a pixel."""
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """Pixels of a frame."""
        return math.prod(self.shape[:-1])


@dataclass(frozen=True, slots=True)
class Node:
    """One kernel of the graph.

    Attributes:
        name: Its name.
        kernel: ``MVAU``, ``Window`` and so on.
        inputs: Streams in.
        outputs: Streams out.
        constants: Weights, thresholds, signs, in the order of the node's inputs.
        attributes: The node's attributes as ONNX has them; see :meth:`number`.
    """

    name: str
    kernel: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: tuple[Ints, ...]
    attributes: Mapping[str, Any]

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer attribute."""
        return int(self._value(name, default))

    def numbers(self, name: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Return an attribute of several integers."""
        return tuple(int(value) for value in self._value(name, default))

    def text(self, name: str) -> str:
        """Return an attribute that is a text."""
        return bytes(self._value(name, None)).decode()

    def _value(self, name: str, default: Any) -> Any:
        value = self.attributes.get(name, default)
        if value is None:
            raise ConfigError(
                f"node {self.name!r} has no {name}: of another version; run `rbonn compile` again"
            )
        return value


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole accelerator.

    Attributes:
        input: Name of the stream in.
        output: Name of the stream out.
        tensors: Every stream by name, in topological order.
        nodes: Every kernel, in topological order.
    """

    input: str
    output: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]

    @classmethod
    def read(cls, build_dir: Path) -> "Graph":
        """Read the graph of a build folder.

        Raises:
            ConfigError: There is none, it is damaged, or of another version.
        """
        command = f"rbonn compile NETWORK --out {build_dir} --force"
        return cls.of(read_sealed(build_dir / "finn.onnx", command).graph)

    @classmethod
    def of(cls, graph: onnx.GraphProto) -> "Graph":
        """Take over a hardware graph in ONNX form.

        Raises:
            ConfigError: A node is none of our kernels, or a stream has no type.
        """
        constants = {entry.name: _integers(entry) for entry in graph.initializer}
        nodes = tuple(_node(entry, constants) for entry in graph.node)
        source, sink = graph.input[0].name, graph.output[0].name
        names = dict.fromkeys([source, *(name for node in nodes for name in node.outputs)])
        shapes = {
            entry.name: tuple(dim.dim_value for dim in entry.type.tensor_type.shape.dim)
            for entry in (*graph.input, *graph.value_info, *graph.output)
        }
        types = {
            entry.tensor_name: entry.quant_parameter_tensor_names[0].value
            for entry in graph.quantization_annotation
        }
        return cls(source, sink, {name: _tensor(name, shapes, types) for name in names}, nodes)


def _integers(entry: onnx.TensorProto) -> Ints:
    values: Ints = np.rint(numpy_helper.to_array(entry)).astype(np.int64)
    return values


def _tensor(name: str, shapes: Mapping[str, tuple[int, ...]], types: Mapping[str, str]) -> Tensor:
    shape, dtype = shapes.get(name, ()), types.get(name, "")
    try:
        IntType.from_qonnx(dtype)
    except SpecError:
        dtype = ""
    if len(shape) < 2 or shape[0] != 1 or min(shape) < 1 or not dtype:
        raise ConfigError(
            f"stream {name!r} has shape {list(shape)} and type {dtype or 'none of integers'}; it must "
            "have one frame of integers; run `rbonn compile` again"
        )
    return Tensor(name, shape[1:], dtype)


def _node(entry: onnx.NodeProto, constants: Mapping[str, Ints]) -> Node:
    kernel = entry.op_type.removeprefix(PREFIX).removesuffix(SUFFIX)
    if not entry.op_type.startswith(PREFIX):
        raise ConfigError(
            f"node {entry.name!r} ({entry.op_type}) is none of our kernels; run `rbonn compile` again"
        )
    return Node(
        name=entry.name,
        kernel=kernel,
        inputs=tuple(name for name in entry.input if name not in constants),
        outputs=tuple(entry.output),
        constants=tuple(constants[name] for name in entry.input if name in constants),
        attributes={item.name: helper.get_attribute_value(item) for item in entry.attribute},
    )
