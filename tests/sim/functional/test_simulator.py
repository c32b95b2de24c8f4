"""The functional simulator as a whole: streams on demand, threads, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, ShapeError, SimulationError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.functional import Simulator, run
from rbonn_hw.sim.functional.engine import CHUNK, paths
from rbonn_hw.sim.functional.graph import Graph, Node, Tensor

CHANNELS = 6


def forked() -> Graph:
    """Return x to two copies, one through a FIFO and one through thresholds, and their sum."""
    shapes = {
        "x": "INT4",
        "a": "INT4",
        "b": "INT4",
        "held": "INT4",
        "bits": "BINARY",
        "y": "INT5",
        "some": "BINARY",
    }
    tensors = {name: Tensor(name, (2, 3, CHANNELS), dtype) for name, dtype in shapes.items()}
    tensors["some"] = Tensor("some", (1, 6 * CHANNELS), "BINARY")
    thresholds = np.arange(CHANNELS)[:, None] - 3
    nodes = (
        Node("fork", "Duplicate", ("x",), ("a", "b"), (), {}),
        Node("fifo", "FIFO", ("a",), ("held",), (), {}),
        Node("signs", "Threshold", ("b",), ("bits",), (thresholds,), {}),
        Node("join", "Add", ("held", "bits"), ("y",), (), {"factors": (1, 2)}),
        Node("flat", "DWC", ("bits",), ("some",), (), {}),
    )
    return Graph("x", "y", tensors, nodes)


def frames(count: int) -> Ints:
    return np.random.default_rng(0).integers(-8, 8, (count, 2, 3, CHANNELS))


def test_every_stream_on_demand() -> None:
    x = frames(3)
    bits = (x >= np.arange(CHANNELS) - 3).astype(np.int64)
    simulator = Simulator(forked())
    assert [stream.name for stream in simulator.streams] == ["x", "a", "b", "held", "bits", "y", "some"]

    found = simulator.run(x, outputs=["x", "a", "held", "bits", "some", "y"])

    for name, expected in (("x", x), ("a", x), ("held", x), ("bits", bits), ("y", x + 2 * bits)):
        np.testing.assert_array_equal(found[name], expected)
    np.testing.assert_array_equal(found["some"], bits.reshape(3, 1, -1))
    np.testing.assert_array_equal(run(forked(), x)["y"], x + 2 * bits)


def test_threads_keep_the_order_of_frames() -> None:
    told: list[int] = []
    x = frames(3 * CHUNK + 1)
    found = Simulator(forked()).run(x, threads=4, outputs=["held"], progress=told.append)
    np.testing.assert_array_equal(found["held"], x)
    assert told == [CHUNK, 2 * CHUNK, 3 * CHUNK, 3 * CHUNK + 1]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (frames(2)[..., :5], r"shape \[2, 2, 3, 5\], but the accelerator takes \[n, 2, 3, 6\]"),
        (frames(2)[:0], r"with n at least 1"),
        (frames(2).astype(np.float32), "type float32; give integers"),
        (frames(2) + 8, r"hold 0 \.\. 15, but INT4 is -8 \.\. 7"),
    ],
)
def test_frames_of_another_kind_are_refused(x: NDArray[np.generic], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        run(forked(), x)


def test_settings_that_are_none_are_refused() -> None:
    simulator = Simulator(forked())
    with pytest.raises(ConfigError, match="no stream is called 'z'; there are x, a, b"):
        simulator.run(frames(1), outputs=["z"])
    with pytest.raises(ConfigError, match="threads=0"):
        simulator.run(frames(1), threads=0)
    with pytest.raises(ConfigError, match=f"path='sse9': this processor runs {', '.join(paths())}"):
        simulator.run(frames(1), path="sse9")


def test_a_frame_that_memory_does_not_hold_is_an_error() -> None:
    huge = Tensor("y", (1 << 44,), "INT4")
    graph = forked()
    node = Node("more", "Upsample", ("x",), ("y",), (), {"ImgDim": (2, 3), "Scale": (1, 1)})
    graph = replace(graph, tensors={**graph.tensors, "y": huge}, nodes=(node,))
    with pytest.raises(SimulationError, match="no memory for 1 frames of 'y'"):
        run(graph, frames(1))
