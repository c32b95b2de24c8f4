"""An accelerator that stands still: which FIFO is full, before which layer, and how deep it has to be."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rbonn_hw.errors import DeadlockError, SpecError, ToolError


@contextlib.contextmanager
def explained(build_dir: Path, frames: int, *, stall: float, seed: int) -> Iterator[None]:
    """Add to the error of RTL that stands still what the dataflow model knows of the cause.

    Args:
        build_dir: Folder of the accelerator.
        frames: Frames of the RTL run.
        stall: Chance per cycle that its ends pause.
        seed: Of these pauses.

    Raises:
        DeadlockError: The RTL stands still.
    """
    try:
        yield
    except DeadlockError as error:
        raise DeadlockError(f"{error}\n  {_cause(build_dir, frames, stall, seed)}") from error


def _cause(build_dir: Path, frames: int, stall: float, seed: int) -> str:
    from rbonn_hw.sim.dataflow import Stalls, read_stages, simulate

    try:
        simulate(read_stages(build_dir), frames, Stalls(stall, stall, seed))
    except DeadlockError as error:
        return f"so does the dataflow model: {error}"
    except (SpecError, ToolError) as error:
        return f"the dataflow model cannot say why: {error}"
    return "the dataflow model of its layers goes on, so no FIFO is too small; was the RTL edited?"
