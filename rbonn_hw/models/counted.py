"""What is counted of a network, as plain data, and the kept counts of the networks by name.

Counting builds the network, for which PyTorch has to be loaded; the file is there so that a list is quick. It
is made by ``python -m rbonn_hw.models.count``, and a test counts anew.
"""

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rbonn_hw.models.table import Table
from rbonn_hw.models.zoo import network

KEPT = Path(__file__).with_name("counts.json")
REAL_BITS = 32
"""Width of a real weight [bits]."""
BINARY_PER_OP = 64
"""Binary operations that count as one, those of a machine word."""


class Operation(enum.Enum):
    """What a layer's multiplications are; see the module."""

    BINARY = "binary"
    LOW_BIT = "low-bit"
    REAL = "real"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCount:
    """A convolution or matrix.

    Attributes:
        row: Position of its row in the table.
        name: Name of the row, and which of its layers.
        in_shape: Of the input, without the batch; in the hardware form with its border of -1.
        out_shape: Of the output, without the batch.
        kernel: Shape of the weights [C_out, C_in, K, K] or [F_out, F_in].
        weight_bits: Width of a weight; 32 is real [bits].
        operation: Kind of its operations.
        operations: Multiplications of a frame.
    """

    row: int
    name: str
    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    kernel: tuple[int, ...]
    weight_bits: int
    operation: Operation
    operations: int

    @property
    def weights(self) -> int:
        """Number of weights."""
        return math.prod(self.kernel)

    @property
    def memory_bits(self) -> int:
        """Memory of the weights [bits]."""
        return self.weights * self.weight_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCount:
    """A network.

    Attributes:
        layers: From the first to the last.
        parameters: All trained values: weights, and those per channel.
    """

    layers: tuple[LayerCount, ...]
    parameters: int

    @property
    def binary_weights(self) -> int:
        """Number of weights of 1 bit."""
        return sum(layer.weights for layer in self.layers if layer.weight_bits == 1)

    @property
    def memory_bits(self) -> int:
        """Memory of the weights [bits]."""
        return sum(layer.memory_bits for layer in self.layers)

    def operations(self, kind: Operation) -> int:
        """Return the operations of a kind, of a frame."""
        return sum(layer.operations for layer in self.layers if layer.operation is kind)

    @property
    def ops(self) -> float:
        """OPs of the literature: binary operations / 64 + all others."""
        others = self.operations(Operation.LOW_BIT) + self.operations(Operation.REAL)
        return self.operations(Operation.BINARY) / BINARY_PER_OP + others

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON objects."""
        layers = [{**dataclasses.asdict(layer), "operation": layer.operation.value} for layer in self.layers]
        return {"layers": layers, "parameters": self.parameters}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "NetworkCount":
        """Return what :meth:`to_document` wrote."""
        layers = tuple(
            LayerCount(
                **{
                    **layer,
                    **{name: tuple(layer[name]) for name in ("in_shape", "out_shape", "kernel")},
                    "operation": Operation(layer["operation"]),
                }
            )
            for layer in document["layers"]
        )
        return cls(layers=layers, parameters=document["parameters"])


def kept(table: Table) -> NetworkCount | None:
    """Return the count of a network by name that is kept; None for another width or other maps."""
    if table != network(table.name, form=table.form):
        return None
    return NetworkCount.from_document(json.loads(KEPT.read_text())[table.form][table.name])
