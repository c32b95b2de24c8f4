"""The tail as steps that the driver runs in NumPy, with the network's own results.

Three kinds of nodes stand behind the last integers:

- Functions of each integer alone whose arithmetic IEEE 754 fixes (scales, biases, ReLU) are taken as they
  are.
- Other functions of each integer alone (batch norm, sigmoid) become tables of what QONNX's execution gives.
- What sums or normalizes floats (a float classifier, softmax) is computed in double and rounded once. Its
  last bits depend on the order of a sum, in the reference too; the bound of `rbonn compile` holds for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend import evaluate
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.operators import ELEMENTWISE, QUANTIZERS, RESHAPES
from rbonn_hw.compiler.tail_nodes import EXACT, numpy_step
from rbonn_hw.errors import UnsupportedOperatorError
from rbonn_hw.host.tail import INPUT, Step, Tail

Array = NDArray[Any]
MOST_ENTRIES: Final = 1 << 24
"""Entries of a table before equal rows are merged."""
RISING: Final = frozenset({"Sigmoid", "Tanh", "Softplus", "Exp"})
"""Functions that keep the order of scores, except where float32 makes them equal."""
NORMALIZING: Final = frozenset({"Softmax", "LogSoftmax"})
STILL: Final = (RESHAPES - {"Transpose"}) | {"Identity", "Dropout"}
"""Operators that keep the values and their order."""


def ranked_tensor(tail: ModelWrapper) -> tuple[str, tuple[str, ...]]:
    """Return the tensor whose largest value is the class, and the nodes behind it, which keep the order.

    Softmax and its like are dropped where only the class is asked for: where the network's own float32 makes
    two scores equal (a saturated sigmoid), the larger argument is the better answer.
    """
    name, dropped = tail.graph.output[0].name, list[str]()
    found = name
    while (node := tail.find_producer(name)) is not None:
        last = tail.get_tensor_shape(node.output[0])
        axis = int(attribute(node, "axis", -1 if opset(tail) >= 13 else 1))
        whole = node.op_type in NORMALIZING and last[axis] == int(np.prod(last))
        if node.op_type in RISING or whole:
            found = node.input[0]
            dropped.append(f"{node.name} ({node.op_type})")
        elif node.op_type not in STILL:
            break
        name = node.input[0]
    return found, tuple(dropped)


def opset(model: ModelWrapper) -> int:
    """Return the version of ONNX's operators."""
    return max(int(entry.version) for entry in model.model.opset_import if entry.domain in ("", "ai.onnx"))


@dataclass(slots=True)
class TailSteps:
    """Makes the steps of one tail.

    Attributes:
        model: The tail, from the accelerator's integers to the network's output.
        low: Least integer that the accelerator answers with.
        high: Greatest one.
        places: Position in the stream of every value of a tensor that is a function of single integers.
        steps: So far.
        constants: So far, by name.
        made: Name of the result for a tensor, in the network's own type.
        doubles: Name of the result for a tensor, in double.
        exact: Whether nothing sums floats.
    """

    model: ModelWrapper
    low: int
    high: int
    places: dict[str, Array] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    doubles: dict[str, str] = field(default_factory=dict)
    exact: bool = True

    def build(self) -> Tail:
        """Return the steps.

        Raises:
            UnsupportedOperatorError: A node that the driver cannot run; it is named.
        """
        graph = self.model.graph
        source, output = graph.input[0].name, graph.output[0].name
        ranked, _ = ranked_tensor(self.model)
        self._follow(source)
        self.made[source] = INPUT
        summing = [node for node in graph.node if node.output[0] not in self.places]
        for node in summing:
            self._in_double(node)
        ends = self._result(output), self._result(ranked) if ranked in self.places else self.doubles[ranked]
        return Tail(tuple(self.steps), self.constants, *ends)

    def _follow(self, source: str) -> None:
        """Find the tensors that are functions of single integers."""
        shape = self.model.get_tensor_shape(source)
        self.places[source] = np.arange(int(np.prod(shape))).reshape(shape)
        for node in self.model.graph.node:
            moving = [name for name in node.input if self._varies(name)]
            if not all(name in self.places for name in moving):
                continue
            after = tuple(self.model.get_tensor_shape(node.output[0]))
            before = self.places[moving[0]]
            if node.op_type == "Transpose":
                before = before.transpose(attribute(node, "perm", None))
            elif node.op_type == "Gather" and len(moving) == 1:
                before = np.take(before, self._constant(node.input[1]), axis=int(attribute(node, "axis", 0)))
            elif node.op_type in RESHAPES:
                before = before.reshape(after)
            elif node.op_type not in ELEMENTWISE | QUANTIZERS or any(
                not np.array_equal(self.places[name], before) for name in moving
            ):
                continue
            if before.shape == after:
                self.places[node.output[0]] = before

    def _varies(self, name: str) -> bool:
        return bool(name) and self.model.get_initializer(name) is None

    def _constant(self, name: str) -> Array:
        found: Array = self.model.get_initializer(name)
        return found

    def _result(self, name: str) -> str:
        """Return the name of a tensor's step in the network's own type, and make its steps."""
        if name in self.made:
            return self.made[name]
        if name not in self.places:
            node = self.model.find_producer(name)
            if node.op_type in ("ArgMax", "TopK"):
                return self.doubles[name]
            double = self.doubles[name]
            self.made[name] = self._append("Single", "", [double], f"{double}_single", {})
            return self.made[name]
        chain = self._ancestors(name)
        if not all(node.op_type in EXACT for node in chain):
            self.made[name] = self._table(name)
            return self.made[name]
        for node in chain:
            if node.output[0] not in self.made:
                self.made[node.output[0]] = self._step(node, self.made, np.float32)
        return self.made[name]

    def _ancestors(self, name: str) -> list[Any]:
        """Return the nodes behind a tensor, in order."""
        wanted, chain = {name}, []
        for node in reversed(self.model.graph.node):
            if node.output[0] in wanted:
                chain.append(node)
                wanted |= set(node.input)
        return chain[::-1]

    def _table(self, name: str) -> str:
        """Tabulate a function of single integers by QONNX's own execution."""
        node = self.model.find_producer(name)
        places, shape = self.places[name].reshape(-1), self.model.get_tensor_shape(name)
        count = self.high - self.low + 1
        if count * places.size > MOST_ENTRIES:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}) runs on the host over {count} integers in {places.size} "
                f"places, more than can be tabulated ({MOST_ENTRIES}); compile with --label-select, or "
                "export the network without it"
            )
        grid = np.arange(self.low, self.high + 1, dtype=np.float32)
        stream = self.model.get_tensor_shape(self.model.graph.input[0].name)[1:]
        frames = np.broadcast_to(grid.reshape(-1, *[1] * len(stream)), (count, *stream)).copy()
        values = evaluate(self.model, frames, [name])[name].reshape(count, -1).T
        table, rows = np.unique(values, axis=0, return_inverse=True)
        operands = [
            INPUT,
            self._store(places.astype(np.int32)),
            self._store(rows.reshape(-1).astype(np.int32)),
            self._store(np.ascontiguousarray(table)),
        ]
        attributes = {"first": self.low, "shape": [int(size) for size in shape[1:]]}
        return self._append("Table", node.name, operands, f"t{len(self.steps)}", attributes)

    def _in_double(self, node: Any) -> None:
        """Append a node that sums floats, or stands behind one that does."""
        self.exact = self.exact and node.op_type in ("ArgMax", "TopK", *STILL)
        for name in node.input:
            if self._varies(name) and name not in self.doubles:
                result = self._result(name)
                self.doubles[name] = self._append("Double", "", [result], f"{result}_double", {})
        made = self._step(node, self.doubles, np.float64)
        self.doubles |= dict.fromkeys(node.output, made)

    def _step(self, node: Any, known: dict[str, str], kind: type[np.floating[Any]]) -> str:
        op, operands, attributes = numpy_step(node, self.model, opset(self.model))
        if op == "Identity":
            return known[node.input[0]]
        names = [
            known[name] if self._varies(name) else self._store(self._typed(self._constant(name), kind))
            for name in operands
        ]
        return self._append(op, node.name, names, f"t{len(self.steps)}", attributes)

    @staticmethod
    def _typed(value: Array, kind: type[np.floating[Any]]) -> Array:
        """Return a constant in double for steps in double; else as it is, which may be double too."""
        return value.astype(np.float64) if kind is np.float64 and value.dtype.kind == "f" else value

    def _store(self, value: Array) -> str:
        for name, known in self.constants.items():
            if known.dtype == value.dtype and np.array_equal(known, value):
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(value)
        return name

    def _append(
        self, op: str, name: str, inputs: Sequence[str], output: str, attributes: dict[str, Any]
    ) -> str:
        self.steps.append(Step(name or op, op, tuple(inputs), output, attributes))
        return output
