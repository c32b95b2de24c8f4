"""The functional simulator: frames in, any of the accelerator's streams out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, ShapeError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.frames import check_frames
from rbonn_hw.sim.functional.engine import Engine
from rbonn_hw.sim.functional.graph import Graph, Tensor
from rbonn_hw.sim.functional.plan import Plan
from rbonn_hw.toolchain import cpu_count


class Simulator:
    """A compiled accelerator.

    Args:
        build: Folder written by ``rbonn compile``, or its graph.

    Raises:
        ConfigError: The folder holds no compiled accelerator, or one of another version.
    """

    def __init__(self, build: Path | Graph) -> None:
        self.graph = build if isinstance(build, Graph) else Graph.read(build)
        self._plan = Plan.of(self.graph)

    @property
    def streams(self) -> tuple[Tensor, ...]:
        """Every stream that can be asked for, in topological order."""
        return tuple(self.graph.tensors.values())

    def run(
        self,
        frames: NDArray[Any],
        *,
        outputs: Sequence[str] | None = None,
        threads: int | None = None,
        path: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> dict[str, Ints]:
        """Run frames through the accelerator.

        Args:
            frames: Integers [n, *input shape]; BIPOLAR as BINARY.
            outputs: Names of the streams to return; None for the accelerator's output.
            threads: Threads that share the frames; None for one a processor.
            path: Instructions to compute with, of :func:`rbonn_hw.sim.functional.engine.paths`; None for the
                quickest. All give the same integers.
            progress: Called with the number of frames that are done.

        Returns:
            Integers [n, *shape] of every stream in ``outputs``; BIPOLAR as BINARY.

        Raises:
            ShapeError: The frames are not those of the accelerator.
            ConfigError: No such stream, or no thread, or no such path on this processor.
            ToolError: There is no C++ compiler.
            SimulationError: There is not enough memory.
        """
        names = [self.graph.output] if outputs is None else list(outputs)
        for name in names:
            if name not in self.graph.tensors:
                raise ConfigError(f"no stream is called {name!r}; there are {', '.join(self.graph.tensors)}")
        if threads is not None and threads < 1:
            raise ConfigError(f"threads={threads} must be at least 1")
        if frames.dtype.kind not in "iub":
            raise ShapeError(
                f"frames are of type {frames.dtype}; give integers, as the head of the network makes them"
            )
        stream = self.graph.tensors[self.graph.input]
        check_frames(frames, stream.shape, stream.dtype)
        numbers = {name: self._plan.number[name] for name in names}
        engine = Engine(self._plan, numbers.values(), path)
        found = engine.run(frames, threads or cpu_count(), progress)
        return {
            name: found[number].reshape(len(frames), *self.graph.tensors[name].shape)
            for name, number in numbers.items()
        }


def run(
    build: Path | Graph,
    frames: NDArray[Any],
    *,
    outputs: Sequence[str] | None = None,
    threads: int | None = None,
) -> dict[str, Ints]:
    """Run frames through a compiled accelerator; see :class:`Simulator`."""
    return Simulator(build).run(frames, outputs=outputs, threads=threads)
