"""What the accelerator's integers mean in the network: the scales by which answers are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.exact import Lattice
from rbonn_hw.compiler.float_bound import output_bound
from rbonn_hw.compiler.frontend import Lowered
from rbonn_hw.packing import Ints
from rbonn_hw.results import read_result, write_result

FILE = "verdict.json"
# Operators that move an answer's values and leave them as they are.
MOVES = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
SELECTORS = frozenset({"ArgMax", "TopK"})
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerScale:
    """The last integer tensor of a network, and how far floats behind it may be from exact ones.

    Per-channel arrays ``[c]`` follow the reference's channels. The reference's float of a stored integer q is
    ``scale * n`` with ``n = step * q + offset``.

    Attributes:
        tensor: Its name in the reference graph.
        shape: Its shape there, without the batch.
        scale: Float per integer ``[c]``.
        step: Integers per stored unit ``[c]``.
        offset: Integer of a stored 0 ``[c]``.
        order: Reference channel of every channel of the accelerator ``[c]``.
        noise: What the reference's own float32 sums may be off ``[c]``; 0 where they are exact.
        direct: Whether these integers times their scale are the network's output, with nothing behind.
        classifies: Whether the network answers each frame with scores of classes, or with classes.
        bound: How far the float outputs of two right implementations may differ; None: no bound is known.
        scores: Tensor that the network's own arg-max or top-k selects from; empty without one.
        scores_bound: The bound on that tensor.
        lattices: Integer tensors of the reference; none where its float32 sums decide no integer.
    """

    tensor: str
    shape: tuple[int, ...]
    scale: Floats
    step: Ints
    offset: Ints
    order: Ints
    noise: Floats
    direct: bool
    classifies: bool
    bound: float | None
    scores: str
    scores_bound: float | None
    lattices: Mapping[str, Lattice]

    @classmethod
    def of(cls, lowered: Lowered) -> "AnswerScale":
        """Describe the answer of a lowered network."""
        tensor, reference = lowered.output, lowered.reference
        behind = [reference.graph.node[position] for position in lowered.behind]
        output = reference.graph.output[0].name
        selector = next(
            (node for node in behind if node.op_type in SELECTORS and node.output[-1] == output), None
        )
        scores = selector.input[0] if selector is not None else ""
        return cls(
            tensor=tensor.origin,
            shape=tuple(int(size) for size in tensor.shape[1:]),
            scale=tensor.scale,
            step=tensor.step,
            offset=tensor.offset,
            order=tensor.order,
            noise=tensor.noise,
            classifies=sum(size > 1 for size in reference.get_tensor_shape(output)) == 1 or bool(scores),
            direct=all(node.op_type in MOVES for node in behind),
            bound=None if scores else output_bound(lowered.constants, tensor, behind, output),
            scores=scores,
            scores_bound=output_bound(lowered.constants, tensor, behind, scores) if scores else None,
            lattices=_lattices(lowered),
        )

    def integers(self, stored: Ints) -> Ints:
        """Return the network's integers ``[n, *shape]`` of the accelerator's ``[n, *stream shape]``."""
        first = np.moveaxis(stored.astype(np.int64), -1, 1)[:, np.argsort(self.order)]
        value: Ints = self._column(self.step, first.ndim) * first + self._column(self.offset, first.ndim)
        return value.reshape(len(stored), *self.shape)

    def unit(self) -> Floats:
        """Return the float per integer of every answer of a frame ``[elements]``."""
        return self._elements(self.scale)

    def _elements(self, values: Floats) -> Floats:
        full: Floats = np.broadcast_to(self._column(values, 1 + len(self.shape)), (1, *self.shape))
        return full.reshape(-1)

    @staticmethod
    def _column(values: NDArray[Any], rank: int) -> NDArray[Any]:
        return values.reshape(1, -1, *[1] * (rank - 2))

    def write(self, build_dir: Path) -> None:
        """Write it into a build folder."""
        arrays = {name: getattr(self, name).tolist() for name in ARRAYS}
        plain = {name: getattr(self, name) for name in PLAIN}
        lattices = {
            name: {"scale": lattice.scale.tolist(), "noisy": lattice.noisy}
            for name, lattice in self.lattices.items()
        }
        document = {**plain, "shape": list(self.shape), **arrays, "lattices": lattices}
        write_result(build_dir / FILE, document, {})

    @classmethod
    def read(cls, build_dir: Path) -> "AnswerScale":
        """Read it from a build folder.

        Raises:
            ConfigError: It is not there.
        """
        document = read_result(build_dir / FILE, f"rbonn compile NETWORK --out {build_dir} --force")
        values: dict[str, Any] = {name: document[name] for name in PLAIN}
        values |= {name: np.asarray(document[name], kind) for name, kind in ARRAYS.items()}
        lattices = {
            name: Lattice(np.asarray(entry["scale"], np.float64), bool(entry["noisy"]))
            for name, entry in document["lattices"].items()
        }
        return cls(shape=tuple(document["shape"]), lattices=lattices, **values)


def _lattices(lowered: Lowered) -> dict[str, Lattice]:
    if lowered.exact:
        return {}
    tensors = {**lowered.integers, lowered.output.origin: lowered.output}
    return {
        name: Lattice(
            tensor.scale[:1] if np.all(tensor.scale == tensor.scale[0]) else tensor.scale,
            bool(tensor.noise.any()),
        )
        for name, tensor in tensors.items()
    }


ARRAYS: dict[str, type[np.generic]] = {
    "scale": np.float64, "step": np.int64, "offset": np.int64, "order": np.int64, "noise": np.float64,
}  # fmt: skip
PLAIN = ("tensor", "direct", "classifies", "bound", "scores", "scores_bound")
