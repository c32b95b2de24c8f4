"""What stands behind the accelerator's integers, as steps of NumPy.

The steps were taken from the network when the package was made. Those whose arithmetic is the same on every
machine are the network's own, in its own type; functions of single integers that are not (batch norm,
sigmoid) are tables of the network's results; what sums floats (a float classifier, softmax) is computed in
double.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from .arrays import read_npy
from .errors import JobError, PackageError
from .fields import Fields
from .streams import Array

FOLDER = "tail/"
INPUT = "integers"
CHUNK_ELEMENTS = 1 << 20
"""Elements that are computed at once: bounds the memory on small boards."""
MAX_SIZE = 1 << 31
Attributes = Any
"""Numbers or lists by name; the Python of old boards cannot say more."""


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes:
        name: Of the network's node, for messages.
        op: ONNX name of the operator, or Table.
        inputs: Names of its operands: results of earlier steps, constants, or the accelerator's integers.
        output: Name of its result.
        attributes: Numbers, or lists of integers, by name.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: Attributes

    @classmethod
    def from_document(cls, entry: Fields) -> Step:
        """Read it from a package's metadata.

        Raises:
            PackageError: An operator that this driver does not have, or fields of the wrong type.
        """
        op = entry.text("op")
        if op not in OPERATORS:
            raise entry.wrong("op", "an operator of this driver")
        given = entry.child("attributes")
        attributes: dict[str, Any] = {}
        for name in given.names():
            is_list = name in ("axes", "perm", "shape")
            attributes[name] = given.integers(name, -MAX_SIZE, MAX_SIZE) if is_list else given.number(name)
        return cls(entry.text("name"), op, entry.texts("inputs"), entry.text("output"), attributes)

    def to_document(self) -> dict[str, Any]:
        """Return the entry of a package's metadata."""
        return {
            "name": self.name,
            "op": self.op,
            "inputs": list(self.inputs),
            "output": self.output,
            "attributes": dict(self.attributes),
        }


@dataclass(frozen=True)
class Tail:
    """Steps from the accelerator's integers to what the network answers.

    Attributes:
        steps: In order.
        constants: By name.
        output: Name of the network's output.
        ranked: Name of the scores whose largest is the class; what follows them keeps their order.
    """

    steps: tuple[Step, ...]
    constants: dict[str, Array]
    output: str
    ranked: str

    @classmethod
    def from_package(cls, entry: Fields, files: Mapping[str, bytes], where: str) -> Tail:
        """Read it from a package's metadata and files.

        Raises:
            PackageError: A constant or a step is missing.
        """
        constants = {}
        for name in entry.texts("constants"):
            file = f"{FOLDER}{name}.npy"
            if file not in files:
                raise PackageError(f"{where}: has no {file}; make the package again")
            constants[name] = read_npy(files[file], f"{where}: {file}")
        steps = tuple(Step.from_document(child) for child in entry.children("steps"))
        made = cls(steps, constants, entry.text("output"), entry.text("ranked"))
        known = {INPUT, *constants}
        for step in steps:
            if not known.issuperset(step.inputs):
                raise PackageError(f"{where}: {step.name} needs what no step makes; make the package again")
            known.add(step.output)
        if not known.issuperset((made.output, made.ranked)):
            raise PackageError(f"{where}: no step makes its output or scores; make the package again")
        return made

    def to_document(self) -> dict[str, Any]:
        """Return the entry of a package's metadata."""
        return {
            "steps": [step.to_document() for step in self.steps],
            "constants": list(self.constants),
            "output": self.output,
            "ranked": self.ranked,
        }

    def arrays(self) -> dict[str, Array]:
        """Return the files of a package beside the metadata, by name."""
        return {f"{FOLDER}{name}.npy": value for name, value in self.constants.items()}

    def run(self, integers: Array, name: str) -> Array:
        """Return one result for all frames.

        Args:
            integers: What the accelerator answered, [n, *output shape].
            name: ``output`` or ``ranked``.

        Raises:
            JobError: An integer that this accelerator cannot answer.
        """
        steps = self._needed(name)
        size = max(1, CHUNK_ELEMENTS // max(1, int(np.prod(integers.shape[1:], dtype=np.int64))))
        starts = range(0, max(1, len(integers)), size)
        return np.concatenate([self._run(steps, integers[at : at + size], name) for at in starts])

    def _needed(self, name: str) -> list[Step]:
        wanted, needed = {name}, []
        for step in reversed(self.steps):
            if step.output in wanted:
                needed.append(step)
                wanted.update(step.inputs)
        return needed[::-1]

    def _run(self, steps: list[Step], integers: Array, name: str) -> Array:
        # Saturated functions reach infinity and come back: exp of a large negative score is 0.
        values = {INPUT: integers.astype(np.float32), **self.constants}
        with np.errstate(all="ignore"):
            for step in steps:
                operands = [values[one] for one in step.inputs]
                values[step.output] = OPERATORS[step.op](step.attributes, *operands)
        return values[name]


def _table(attributes: Attributes, x: Array, source: Array, rows: Array, table: Array) -> Array:
    """Look integers up: output element e is table[rows[e], integer of stream element source[e]]."""
    flat = x.reshape(len(x), int(np.prod(x.shape[1:], dtype=np.int64)))
    at = flat[:, source].astype(np.int64) - int(attributes["first"])
    if at.size and (at.min() < 0 or at.max() >= table.shape[1]):
        raise JobError(
            "the accelerator answered with integers that the network cannot have; load the bitstream again, "
            "then suspect timing"
        )
    return table[rows, at].reshape(len(x), *attributes["shape"])


def _softmax(attributes: Attributes, x: Array) -> Array:
    axis = int(attributes["axis"])
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _log_softmax(attributes: Attributes, x: Array) -> Array:
    axis = int(attributes["axis"])
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _batch_norm(attributes: Attributes, x: Array, *parameters: Array) -> Array:
    scale, bias, mean, variance = (one.reshape(-1, *[1] * (x.ndim - 2)) for one in parameters)
    return (x - mean) * (scale / np.sqrt(variance + attributes["epsilon"])) + bias


def _gemm(attributes: Attributes, x: Array, weights: Array, bias: Any = 0.0) -> Array:
    matrix = weights.T if attributes["transB"] else weights
    return attributes["alpha"] * (x @ matrix) + attributes["beta"] * bias


def _top_k(attributes: Attributes, x: Array) -> Array:
    """Return positions, of equal values the first."""
    axis = int(attributes["axis"])
    order = np.argsort(-x, axis=axis, kind="stable")
    return np.take(order, np.arange(int(attributes["k"])), axis=axis)


def _arg_max(attributes: Attributes, x: Array) -> Array:
    axis = int(attributes["axis"])
    found = x.argmax(axis=axis)
    return np.expand_dims(found, axis) if attributes["keepdims"] else found


def _reduce(function: Callable[..., Array]) -> Callable[..., Array]:
    return lambda a, x: function(x, axis=tuple(a["axes"]), keepdims=bool(a["keepdims"]))


def _sloped(attributes: Attributes, x: Array, slope: Any = None) -> Array:
    factor = np.asarray(attributes["alpha"], x.dtype) if slope is None else slope
    return np.where(x < 0, x * factor, x)


def _sigmoid(attributes: Attributes, x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _softplus(attributes: Attributes, x: Array) -> Array:
    return np.logaddexp(x, 0.0)


def _plain(function: Callable[..., Array]) -> Callable[..., Array]:
    return lambda attributes, *operands: function(*operands)


OPERATORS: Mapping[str, Callable[..., Array]] = {
    "Table": _table,
    "Double": lambda a, x: x.astype(np.float64),
    "Single": lambda a, x: x.astype(np.float32),
    "Add": _plain(np.add),
    "Sub": _plain(np.subtract),
    "Mul": _plain(np.multiply),
    "Div": _plain(np.divide),
    "Max": _plain(lambda *parts: reduce(np.maximum, parts)),
    "Min": _plain(lambda *parts: reduce(np.minimum, parts)),
    "Clip": _plain(lambda x, low, high: np.minimum(np.maximum(x, low), high)),
    "Neg": _plain(np.negative),
    "Abs": _plain(np.abs),
    "Sqrt": _plain(np.sqrt),
    "Exp": _plain(np.exp),
    "Log": _plain(np.log),
    "Tanh": _plain(np.tanh),
    "Floor": _plain(np.floor),
    "Ceil": _plain(np.ceil),
    "Round": _plain(np.rint),
    "MatMul": _plain(np.matmul),
    "Sigmoid": _sigmoid,
    "Softplus": _softplus,
    "Relu": lambda a, x: np.maximum(x, 0),
    "LeakyRelu": _sloped,
    "PRelu": _sloped,
    "Gemm": _gemm,
    "BatchNormalization": _batch_norm,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
    "ArgMax": _arg_max,
    "TopK": _top_k,
    "ReduceMean": _reduce(np.mean),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "Concat": lambda a, *parts: np.concatenate(parts, axis=int(a["axis"])),
    "Gather": lambda a, x, at: np.take(x, at, axis=int(a["axis"])),
    "Transpose": lambda a, x: x.transpose(a["perm"]),
    "Reshape": lambda a, x: x.reshape(len(x), *a["shape"]),
}
"""Every operator by name; operands are the step's inputs in order."""
