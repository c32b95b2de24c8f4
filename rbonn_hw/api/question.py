"""What a simulation is asked, and the frames that it is asked about."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api import timelines
from rbonn_hw.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray


MOST_RANDOM = 1_000_000
"""Random frames at most: they are held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Arguments of :func:`rbonn_hw.api.simulate`; the functional simulation has the first ones alone."""

    build_dir: Path
    data: Path | None
    random: int
    frames: int | None
    seed: int
    finn_frames: int | None = None
    stall: float = 0.0
    waveform: Path | None = None
    trace: Path | None = None
    window: tuple[int, int] | None = None
    instances: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.stall < 1.0:
            raise ConfigError(f"stall: {self.stall} must lie in 0 .. 0.99")
        for name in ("frames", "random", "finn_frames", "instances"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}: {value} must be at least 1")
        if self.random > MOST_RANDOM:
            raise ConfigError(f"random: {self.random} must be at most {MOST_RANDOM:,}")
        if not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed: {self.seed} must lie in 0 .. 2^63 - 1")
        timelines.window_of(self.window)
        if self.window is not None and not self.draws:
            raise ConfigError("window: it is one of a waveform or a trace; name its file, too")

    @property
    def draws(self) -> bool:
        """Whether it writes a file of what happens in which cycle."""
        return self.waveform is not None or self.trace is not None


def read_frames(
    question: Question,
) -> tuple["NDArray[Any]", "NDArray[Any] | None", "NDArray[Any] | None"]:
    """Return frames [n, ..], labels [n] or None, PyTorch's outputs or None.

    Raises:
        DatasetError: The data cannot be read, or are not the network's.
    """
    from rbonn_hw.compiler import golden

    if question.data is None:
        return golden.random_frames(question.build_dir, question.random, question.seed), None, None
    return read_named(question.build_dir, question.data, question.frames)


def read_named(
    build_dir: Path, data: Path, count: int | None
) -> tuple["NDArray[Any]", "NDArray[Any] | None", "NDArray[Any] | None"]:
    """Return frames, labels and outputs of the first ``count`` frames of an .npz; see :func:`read_frames`."""
    from rbonn_hw.arrays import read_arrays
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.verdict import check_frames, floats_of_data, labels_of_data
    from rbonn_hw.errors import DatasetError

    content, file = read_arrays(data), str(data)
    if "frames" not in content:
        raise DatasetError(f"{file}: holds {sorted(content)}; it must hold `frames` [n, ...]")
    frames, labels, outputs = (
        check_frames(content["frames"], file),
        content.get("labels"),
        content.get("outputs"),
    )
    if outputs is not None:
        shape = golden.output_shape(build_dir)
        outputs = floats_of_data(outputs, len(frames), shape, file)[:count]
    if labels is not None:
        labels = labels_of_data(labels, len(frames), file)[:count]
    return frames[:count], labels, outputs
