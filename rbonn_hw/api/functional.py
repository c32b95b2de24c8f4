"""Functional simulation: whole test sets through the integers of a build folder, without its cycles."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.question import Question, read_frames
from rbonn_hw.api.simulating import FrameProgress, Simulated
from rbonn_hw.errors import ConfigError, MismatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbonn_hw.compiler.verdict import Answers, PairVerdict

RESULT, OUTPUTS = "functional.json", "functional.npz"
QONNX_FRAMES = 20
"""Frames that QONNX executes, too, which is slow, unless another number is asked for."""
MOST_DOUBTS = 500
"""Frames at most in which QONNX is asked whether a difference is one of rounding."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What the engine gave.

    Attributes:
        integers: Of the accelerator, [n, *output shape].
        path: Instructions that were used.
        seconds: Wall time by stage [s].
    """

    integers: "NDArray[Any]"
    path: str
    seconds: dict[str, float]


def simulate_functional(
    build_dir: Path | str,
    *,
    data: Path | str | None = None,
    random: int = 4,
    frames: int | None = None,
    qonnx_frames: int = QONNX_FRAMES,
    threads: int | None = None,
    seed: int = 0,
    allow_mismatch: bool = False,
    progress: FrameProgress = lambda *_: None,
) -> Simulated:
    """Compute what the accelerator answers, integer by integer, and compare with PyTorch and QONNX.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        data: .npz with ``frames`` [n, ..], perhaps ``labels`` [n] and ``outputs`` of PyTorch; None for random
            frames.
        random: How many of those.
        frames: Use only the first ones of the data; None for all.
        qonnx_frames: How many of them QONNX executes, too.
        threads: Threads that share the frames; None for one a processor.
        seed: Of random frames.
        allow_mismatch: Return, and do not raise, where answers differ.
        progress: Called as frames are done.

    Returns:
        Its document is the content of functional.json; functional.npz has the answers.

    Raises:
        ConfigError: A setting is out of its range; there is no compiled accelerator, or one of another
            version.
        DatasetError: The data cannot be read, or are not the network's.
        ToolError: There is no C++ compiler.
        MismatchError: An integer differs, or a class that is no tie; everything is written.
    """
    from rbonn_hw.at_work import at_work

    if qonnx_frames < 0:
        raise ConfigError(f"qonnx_frames: {qonnx_frames} must be at least 0")
    question = Question(
        build_dir=Path(build_dir),
        data=None if data is None else Path(data),
        random=random,
        frames=frames,
        seed=seed,
    )
    with at_work(question.build_dir, "simulate"):
        document = _simulate(question, qonnx_frames, threads, progress)
    if document["mismatches"] and not allow_mismatch:
        pairs = ", ".join(f"{pair} {frames}" for pair, frames in document["pairs"].items() if frames)
        raise MismatchError(f"{build_dir}: answers differ in frames ({pairs}); {RESULT} says how")
    return Simulated(question.build_dir, document, was_finished=False)


def _simulate(
    question: Question, qonnx_frames: int, threads: int | None, progress: FrameProgress
) -> dict[str, Any]:
    import numpy as np

    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.ownership import Claim
    from rbonn_hw.results import Origin, read_result, write_arrays, write_result

    claim = Claim(question.build_dir, "functional", (RESULT, OUTPUTS), inputs=(question.data,))
    claim.check()
    compiled = read_result(
        question.build_dir / "compile.json", f"rbonn compile NETWORK --out {question.build_dir}"
    )
    given, labels, outputs = read_frames(question)
    run = _run(question, given, threads, progress)
    scale = AnswerScale.read(question.build_dir)
    found = golden.accelerator_answers(
        question.build_dir, scale, run.integers, label_select=bool(compiled["label_select"])
    )
    answers = {"functional": found}
    if outputs is not None:
        answers["pytorch"] = golden.float_answers(scale, outputs)
    verdicts = _verdicts(question, scale, given, answers, qonnx_frames)
    document: dict[str, Any] = {
        "compiled": str(compiled["key"]),
        "frames": len(given),
        "mismatches": max((verdict.frames for verdict in verdicts.values()), default=0),
        "pairs": {pair: verdict.frames for pair, verdict in verdicts.items()},
        "verdicts": {pair: asdict(verdict) for pair, verdict in verdicts.items()},
        "instructions": run.path,
        "frames_per_second": round(len(given) / run.seconds["engine"], 1),
        "wall_seconds": {name: round(seconds, 3) for name, seconds in run.seconds.items()},
    }
    origin: dict[str, Origin] = {
        "mismatches": "executed",
        "frames_per_second": "measured",
        "wall_seconds": "measured",
    }
    if labels is not None and found.classes is not None:
        document["accuracy"] = {
            name: float(np.mean(answer.classes[:, 0] == labels))
            for name, answer in answers.items()
            if answer.classes is not None
        }
        origin["accuracy"] = "executed"
    arrays = {"integers": run.integers, "scores": found.outputs, "classes": found.classes}
    known = {name: values for name, values in arrays.items() if values is not None}
    claim.record()
    write_arrays(question.build_dir / OUTPUTS, **known)
    write_result(question.build_dir / RESULT, document, origin)
    return document


def _run(question: Question, given: "NDArray[Any]", threads: int | None, progress: FrameProgress) -> _Run:
    from rbonn_hw.compiler import golden
    from rbonn_hw.sim.functional import Simulator
    from rbonn_hw.sim.functional.engine import paths

    simulator = Simulator(question.build_dir)
    path = paths()[-1]  # compiles the engine, which is no part of the time
    started = time.monotonic()
    integers = golden.stream_integers(question.build_dir, given)
    fed = time.monotonic()
    answers = simulator.run(
        integers, threads=threads, progress=lambda done: progress("functional", done, len(given))
    )
    ended = time.monotonic()
    return _Run(answers[simulator.graph.output], path, {"head": fed - started, "engine": ended - fed})


def _verdicts(
    question: Question,
    scale: Any,
    given: "NDArray[Any]",
    answers: "dict[str, Answers]",
    qonnx_frames: int,
) -> "dict[str, PairVerdict]":
    """Compare with QONNX on some frames, and with PyTorch on all; QONNX judges where these seem to differ."""
    import numpy as np

    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.verdict import Judge

    found, verdicts = answers["functional"], {}
    if qonnx_frames:
        some = golden.network_frames(question.build_dir, given[:qonnx_frames])
        qonnx, judge = golden.reference_answers(question.build_dir, scale, some)
        verdicts["qonnx-functional"] = judge.pair(qonnx, found)
    if "pytorch" in answers:
        none = np.zeros(found.frames, np.bool_)
        own = found.outputs if not scale.scores else None
        strict = Judge(scale, own, np.zeros((found.frames, 1)), none)
        doubts = np.flatnonzero(strict.differing(answers["pytorch"], found))
        verdict = strict.pair(answers["pytorch"], found)
        if 0 < len(doubts) <= MOST_DOUBTS:
            _, judge = golden.reference_answers(
                question.build_dir, scale, golden.network_frames(question.build_dir, given[doubts])
            )
            again = judge.pair(answers["pytorch"].chosen(doubts), found.chosen(doubts))
            verdict = replace(again, compared=found.frames, largest=verdict.largest)
        verdicts["pytorch-functional"] = verdict
    return verdicts
