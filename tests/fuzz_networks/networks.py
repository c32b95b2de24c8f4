"""A network, its frames and the choices of its compilation, all of one seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compiler.frontend.spelled import answers
from tests.fuzz_networks.drawing import Drawing
from tests.fuzz_networks.quantizers import Map

FRAMES = 6
MOST_DRAWS = 50
BIAS = "bias of the answer"
Choice = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is tried.

    Attributes:
        network: ONNX file.
        frames: Floats ``[n, *input shape]``.
        outputs: What ONNX Runtime answers, ``[n, k]``.
        wish: Arguments of :func:`rbonn_hw.api.compile`; none of them a folding.
        own_folding: Whether each layer's folding and memory is drawn, too.
        stall: Chance of a pause in the second run of the RTL.
        features: What is in the network.
    """

    network: Any
    frames: NDArray[np.float32]
    outputs: NDArray[Any]
    wish: Choice
    own_folding: bool
    stall: float
    features: tuple[str, ...]


def draw(seed: int) -> Drawn:
    """Draw a network whose answers follow its frames; the same seed draws the same.

    Raises:
        RuntimeError: None was found.
    """
    for number in range(MOST_DRAWS):
        rng = np.random.default_rng([seed, number])
        drawing = Drawing(rng)
        shape, made = _network(drawing, rng)
        has_class = drawing.is_vector and not drawing.has_scales and BIAS not in drawing.features
        frames = rng.uniform(-1.1, 1.1, (FRAMES, *shape)).astype(np.float32)
        outputs = answers(made, frames)
        if np.ptp(outputs, axis=0).any():
            return Drawn(
                made,
                frames,
                outputs,
                _wish(rng, has_class=has_class and outputs.shape[1] > 1),
                own_folding=bool(rng.random() < 0.5),
                stall=float(rng.choice([0.05, 0.3, 0.6])),
                features=tuple(sorted(drawing.features)),
            )
    raise RuntimeError(f"seed {seed}: {MOST_DRAWS} networks answered every frame alike")


def _network(g: Drawing, rng: np.random.Generator) -> tuple[tuple[int, ...], Any]:
    kind = rng.choice(["map", "line", "vector"], p=[0.8, 0.1, 0.1])
    channels = int(rng.integers(1, 5))
    rows, columns = (int(rng.integers(3, 8)) for _ in range(2))
    shape: tuple[int, ...] = (channels, rows, columns) if kind == "map" else (channels, 1, 2 * columns)
    if kind == "vector":
        shape = (int(rng.integers(2, 33)),)
    x = g.first(shape)
    if len(shape) > 1:
        for _ in range(int(rng.integers(1, 5))):
            x = g.block(x)
        if rng.random() < 0.15:
            # A map is the answer; what stands last must be of the accelerator.
            y = g.activated(g.convolved(x, int(rng.integers(1, 5))))
            return shape, g.model(y.name, shape, (y.channels, *y.size))
        x = g.vector(x)
    g.is_vector = True
    for _ in range(int(rng.integers(0, 3)) if len(shape) > 1 else int(rng.integers(1, 4))):
        x = g.activated(g.multiplied(x, int(rng.integers(1, 13))))
    return shape, _classified(g, rng, x, shape)


def _classified(g: Drawing, rng: np.random.Generator, x: Map, shape: tuple[int, ...]) -> Any:
    classes = int(rng.integers(1, 9))
    sums = g.multiplied(x, classes)
    y = sums.name
    if rng.random() < 0.3:
        y = g.op("Add", y, g.const(rng.normal(0, 1, classes)))
        g.features.add(BIAS)
    return g.model(y, shape, (classes,))


def _wish(rng: np.random.Generator, *, has_class: bool) -> Choice:
    wish: Choice = {"fifo_depths": str(rng.choice(["safe", "safe", "exact"]))}
    if rng.random() < 0.15:
        wish["fit"] = float(rng.choice([0.1, 0.3, 0.85]))
    else:
        wish["target_cycles"] = int(10 ** rng.uniform(1, 3.5))
    if has_class and rng.random() < 0.5:
        wish["label_select"] = True
    return wish
