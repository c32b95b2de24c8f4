"""Verification: the same frames through every execution of a network, and where two begin to differ."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.edited import edited_files
from rbonn_hw.api.simulating import FrameProgress
from rbonn_hw.errors import ConfigError, MismatchError, SimulationError

if TYPE_CHECKING:
    from rbonn_hw.api.given_frames import GivenFrames
    from rbonn_hw.api.levels import Levels
    from rbonn_hw.compiler.difference import Difference
    from rbonn_hw.compiler.verdict import Answers, PairVerdict
    from rbonn_hw.results import Document, Origin

LEVELS = ("pytorch", "qonnx", "finn", "functional", "rtl")
"""Executions of a network, from the one that was trained to the circuit."""
FINN_FRAMES = 8
"""Frames that FINN's graph, which is slow, is run on unless more are asked for."""
RESULT = "verify.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """The end of a verification.

    Attributes:
        build_dir: Folder of the accelerator.
        document: Content of verify.json in it.
    """

    build_dir: Path
    document: "Document"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Arguments of :func:`verify`."""

    build_dir: Path
    data: tuple[Path, ...]
    random: int
    frames: int | None
    seed: int
    stall: float
    levels: tuple[str, ...]
    finn_frames: int
    rtl_frames: int | None
    instances: int | None
    pytorch: Path | None
    data_dir: Path | None

    def __post_init__(self) -> None:
        for name in self.levels:
            if name not in LEVELS:
                raise ConfigError(f"level {name!r} is not one of {', '.join(LEVELS)}")
        if len(set(self.levels) | ({"pytorch"} if self.pytorch else set())) < 2 and not self.data:
            raise ConfigError(f"levels {', '.join(self.levels)}: nothing to compare; name two at least")
        for name in ("random", "frames", "finn_frames", "rtl_frames", "instances"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}: {value} must be at least 1")
        if not 0.0 <= self.stall < 1.0:
            raise ConfigError(f"stall: {self.stall} must lie in 0 .. 0.99")
        if not 0 <= self.seed < 1 << 63:
            raise ConfigError(f"seed: {self.seed} must lie in 0 .. 2^63 - 1")


def verify(
    build_dir: Path | str,
    *,
    data: Sequence[Path | str] = (),
    random: int = 4,
    frames: int | None = None,
    seed: int = 0,
    stall: float = 0.0,
    levels: Sequence[str] = LEVELS,
    finn_frames: int = FINN_FRAMES,
    rtl_frames: int | None = None,
    instances: int | None = None,
    pytorch: Path | str | None = None,
    data_dir: Path | str | None = None,
    allow_mismatch: bool = False,
    progress: FrameProgress = lambda *_: None,
) -> Verified:
    """Run the same frames on every level, compare each pair, and find the layer where one begins to differ.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        data: See :func:`rbonn_hw.api.given_frames.given_frames`; none for random frames.
        random: How many of those.
        frames: Use only the first ones of the data; None for all.
        seed: Of random frames and pauses.
        stall: Chance per cycle that input or output of the RTL pauses, below 1.
        levels: Some of :data:`LEVELS`; "pytorch" is left out where nobody says what it answers.
        finn_frames: Frames that FINN's graph runs, at most.
        rtl_frames: Frames that the RTL runs, at most; None for all.
        instances: Models of the RTL that share its frames; None for as many as :func:`rbonn_hw.api.simulate`.
        pytorch: Folder of :func:`rbonn_hw.api.train`, file of `rbonn pack`, or name of a shipped network,
            which PyTorch runs; None takes the answers in the data, if there are any.
        data_dir: Of data sets by name; None is ``$RBONN_DATA``, else ~/.cache/rbonn.
        allow_mismatch: Return, and do not raise, where answers differ.
        progress: Called as frames are done.

    Raises:
        ConfigError: A setting is out of its range; there is no compiled accelerator, or a file of it is gone;
            another run is at work there; something would be overwritten that rbonn did not make.
        DatasetError: The data cannot be read, or are not the network's.
        MismatchError: Answers differ, or the RTL gives none; verify.json says where.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.ownership import Claim
    from rbonn_hw.results import read_result, write_result

    wish = _Wish(
        build_dir=Path(build_dir),
        data=tuple(Path(path) for path in data),
        random=random,
        frames=frames,
        seed=seed,
        stall=stall,
        levels=tuple(levels),
        finn_frames=finn_frames,
        rtl_frames=rtl_frames,
        instances=instances,
        pytorch=None if pytorch is None else Path(pytorch),
        data_dir=None if data_dir is None else Path(data_dir),
    )
    compiled = read_result(wish.build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    with at_work(wish.build_dir, "verify"):
        claim = Claim(wish.build_dir, "verify", (RESULT,), inputs=wish.data)
        claim.check()
        edited = edited_files(wish.build_dir)
        document, origin = _verify(wish, progress)
        document |= {"compiled": str(compiled["key"]), "edited": list(edited)}
        claim.record()
        write_result(wish.build_dir / RESULT, document, origin)
    if not document["agrees"] and not allow_mismatch:
        raise MismatchError(f"{build_dir}: not all levels agree; {RESULT} says where they begin to differ")
    return Verified(wish.build_dir, document)


def _verify(wish: _Wish, progress: FrameProgress) -> "tuple[Document, dict[str, Origin]]":
    from rbonn_hw.api.levels import Levels

    given = _given(wish)
    levels = Levels(
        wish.build_dir,
        given.frames,
        stall=wish.stall,
        seed=wish.seed,
        instances=wish.instances,
        progress=progress,
    )
    answers: dict[str, Answers] = {}
    wall: dict[str, float] = {}
    failed: dict[str, str] = {}
    limits = {"finn": wish.finn_frames, "rtl": wish.rtl_frames}
    if "pytorch" in wish.levels and (wish.pytorch is not None or given.outputs is not None):
        answers["pytorch"] = levels.pytorch(wish.pytorch, given.outputs)
    for level in (name for name in LEVELS[1:] if name in wish.levels):
        started = time.monotonic()
        try:
            answers[level] = levels.answers(level, limits.get(level))
        except SimulationError as error:
            failed[level] = str(error)
        wall[level] = round(time.monotonic() - started, 2)
    if len(answers) + len(failed) < 2:
        raise ConfigError(
            f"{', '.join(answers)} alone was run; name two levels at least, and for pytorch a trained network"
        )
    if levels.cycles.get("dataflow_error_cycles"):
        failed["dataflow"] = f"frames end {levels.cycles['dataflow_error_cycles']} cycles away from the RTL's"
    verdicts, differences = _compare(levels, answers)
    document, origin = _document(verdicts, differences, failed)
    document |= {
        "frames": len(given.frames),
        "source": given.source,
        "levels": {name: answer.frames for name, answer in answers.items()},
        "wall_seconds": wall,
        **levels.cycles,
    }
    origin |= {"wall_seconds": "measured", **dict.fromkeys(levels.cycles, "simulated")}
    if given.labels is not None and (accuracy := _accuracy(answers, given.labels)):
        document["accuracy"] = accuracy
        origin["accuracy"] = "executed"
    return document, origin


def _given(wish: _Wish) -> "GivenFrames":
    """Return the frames that are asked for."""
    from rbonn_hw.api.given_frames import GivenFrames, given_frames
    from rbonn_hw.compiler import golden

    if wish.data:
        return given_frames(wish.build_dir, wish.data, count=wish.frames, data_dir=wish.data_dir)
    drawn = golden.random_frames(wish.build_dir, wish.random, wish.seed)
    return GivenFrames(drawn, None, None, f"random frames of seed {wish.seed}")


def _compare(
    levels: "Levels", answers: "Mapping[str, Answers]"
) -> "tuple[dict[str, PairVerdict], list[Difference]]":
    """Compare each pair, and find the first difference of those that differ."""
    from rbonn_hw.api.levels import locate

    verdicts: dict[str, PairVerdict] = {}
    differences: list[Difference] = []
    judge = levels.judge()
    for one, other in combinations(answers, 2):
        verdict, counted = judge.compare(answers[one], answers[other])
        verdicts[f"{one}-{other}"] = verdict
        if verdict.frames:
            differences.append(locate(levels, (one, other), answers, int(counted.argmax())))
    return verdicts, differences


def _document(
    verdicts: "Mapping[str, PairVerdict]", differences: "Sequence[Difference]", failed: Mapping[str, str]
) -> "tuple[Document, dict[str, Origin]]":
    pairs = {
        pair: {"agree": verdict.compared - verdict.frames, **asdict(verdict)}
        for pair, verdict in verdicts.items()
    }
    agrees = not failed and all(not verdict.frames for verdict in verdicts.values())
    document: Document = {
        "agrees": agrees,
        "pairs": pairs,
        "differences": [asdict(difference) for difference in differences],
        "failed": dict(failed),
    }
    return document, {"pairs": "executed", "differences": "executed"}


def _accuracy(answers: "Mapping[str, Answers]", labels: Any) -> "Document":
    """Return top-1 of each level that answers with classes."""
    import numpy as np

    return {
        name: float(np.mean(answer.classes[:, 0] == labels[: answer.frames]))
        for name, answer in answers.items()
        if answer.classes is not None
    }
