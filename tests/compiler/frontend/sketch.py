"""Small networks written node by node, a node a call."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.compiler.frontend.files import GENERAL

Shape = Sequence[int | str]


class Sketch:
    """A graph that grows; calls return names of tensors."""

    unit = 0.125
    """Scale of all weights; another than a power of two makes float32 round the sums."""

    def __init__(self, opset: int = 13) -> None:
        self.opset = opset
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._rng = np.random.default_rng(0)

    def const(self, values: Any, dtype: Any = np.float32) -> str:
        """Store a constant."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def ints(self, *values: int) -> str:
        """Store a shape, axes or the like."""
        return self.const(values, np.int64)

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Append a node; several outputs come as a list."""
        made = [f"v{len(self._nodes)}_{number}" for number in range(outputs)]
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), made, name=name, **attributes))
        return made[0] if outputs == 1 else made

    def normal(self, *shape: int) -> str:
        """Draw float parameters."""
        return self.const(self._rng.normal(0, 1, shape))

    def quant(self, x: str, scale: Any, bits: int, *, signed: int = 1, zero: float = 0.0) -> str:
        """Append a quantizer."""
        parameters = [self.const(scale), self.const(zero), self.const(bits)]
        made: str = self.op(
            "Quant", x, *parameters, domain=GENERAL, signed=signed, narrow=0, rounding_mode="ROUND"
        )
        return made

    def weights(self, *shape: int) -> str:
        """Append weights of 4 bits."""
        return self.quant(self.const(self._rng.normal(0, 0.35, shape)), self.unit, 4)

    def relu(self, x: str, scale: float = 0.25) -> str:
        """Append a ReLU to 4 bits."""
        return self.quant(self.op("Relu", x), scale, 4, signed=0)

    def conv(self, x: str, c_in: int, c_out: int, size: int = 3, **attributes: Any) -> str:
        """Append a convolution that keeps the size of the map, if the attributes say nothing else."""
        if "auto_pad" not in attributes:
            attributes.setdefault("pads", [size // 2] * 4)
        filters = self.weights(c_out, c_in // attributes.get("group", 1), size, size)
        made: str = self.op("Conv", x, filters, **attributes)
        return made

    def norm(self, x: str, channels: int) -> str:
        """Append a BatchNormalization with factors of both signs."""
        rng = self._rng
        scale, bias, mean = (self.const(rng.normal(0, 1.5, channels)) for _ in range(3))
        made: str = self.op(
            "BatchNormalization", x, scale, bias, mean, self.const(rng.uniform(0.5, 4, channels))
        )
        return made

    def stem(self, c_in: int = 3, c_out: int = 4, x: str = "x") -> str:
        """Append the first layer."""
        return self.relu(self.conv(self.quant(x, 1 / 64, 8), c_in, c_out))

    def resized(self, x: str, rows: int, columns: int) -> str:
        """Append a repetition of every pixel, so many rows and columns each."""
        made: str = self.op(
            "Resize", x, "", self.const([1, 1, rows, columns]), mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
        return made

    def linear(self, x: str, features: int, classes: int = 5) -> str:
        """Append a linear layer."""
        made: str = self.op("MatMul", x, self.weights(features, classes))
        return made

    def head(self, x: str, features: int) -> str:
        """Append a classifier of a map."""
        return self.linear(self.op("Flatten", x), features)

    def model(
        self, output: str, shape: Shape, made: Shape | None = (5,), *, batch: int | str = 1,
        kind: int = TensorProto.FLOAT,
    ) -> Any:  # fmt: skip
        """Return the network from ``x`` ``[batch, *shape]`` to ``output``; ``made`` None gives no shape."""
        value = helper.make_tensor_value_info
        last = value(output, TensorProto.FLOAT, None if made is None else [batch, *made])
        graph = helper.make_graph(
            self._nodes, "g", [value("x", kind, [batch, *shape])], [last], self._constants
        )
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid(GENERAL, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)
