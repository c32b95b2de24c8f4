"""Simulation: frames through the RTL of a build folder, and a verdict on every integer."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api import timelines
from rbonn_hw.api.dataflow import model_error
from rbonn_hw.api.edited import edited_files
from rbonn_hw.api.question import Question, read_frames
from rbonn_hw.api.simulation_files import claim, earlier_result, is_part, outputs_file, result_file
from rbonn_hw.api.standstill import explained
from rbonn_hw.errors import MismatchError

if TYPE_CHECKING:
    from rbonn_hw.results import Document

FrameProgress = Callable[[str, int, int], None]
"""Called with what is executed, its frames done, and its frames in all."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """The end of a simulation.

    Attributes:
        build_dir: Folder of the accelerator; outputs.npz in it has the answers.
        document: Content of simulate.json; of simulate.partial.json (and outputs.partial.npz) for a run that
            says less than the one of simulate.json: of fewer frames, of random ones, with pauses.
        was_finished: True if nothing had changed since it was simulated.
    """

    build_dir: Path
    document: "Document"
    was_finished: bool


def simulate(
    build_dir: Path | str,
    *,
    data: Path | str | None = None,
    random: int = 4,
    frames: int | None = None,
    finn_frames: int | None = None,
    stall: float = 0.0,
    seed: int = 0,
    waveform: Path | str | None = None,
    trace: Path | str | None = None,
    window: tuple[int, int] | None = None,
    instances: int | None = None,
    allow_mismatch: bool = False,
    force: bool = False,
    progress: FrameProgress = lambda *_: None,
) -> Simulated:
    """Stream frames through the RTL, cycle by cycle, and compare with QONNX and FINN, integer by integer.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        data: .npz with ``frames`` [n, ..], perhaps ``labels`` [n] and ``outputs`` of PyTorch; None for random
            frames.
        random: How many of those.
        frames: Use only the first ones of the data; None for all.
        finn_frames: Run FINN's graph, which is slow, on that many frames only; None for all.
        stall: Chance per cycle that input or output pauses, below 1.
        seed: Of random frames and pauses.
        waveform: FST file to write.
        trace: Trace file to write, for ui.perfetto.dev; timeline.json is written, too.
        window: First and last cycle of these; None for all.
        instances: Models of the RTL that share the frames, each from its own reset; None for one a
            processor where each gets 8 frames, and for one where there are pauses, a waveform or a trace.
        allow_mismatch: Return, and do not raise, where answers differ.
        force: Simulate even if nothing changed.
        progress: Called as frames are done.

    Raises:
        ConfigError: A setting is out of its range; there is no compiled accelerator, or a file of it is gone;
            another run is at work there; something would be overwritten that rbonn did not make.
        DatasetError: The data cannot be read, or are not the network's.
        DeadlockError: The RTL stands still; the message names FIFOs and the depths that they need.
        MismatchError: An integer differs, or a class that is no tie; everything is written.
        SimulationError: The RTL does not answer.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.results import read_result

    question = Question(
        build_dir=Path(build_dir),
        data=None if data is None else Path(data),
        random=random,
        frames=frames,
        finn_frames=finn_frames,
        stall=stall,
        seed=seed,
        waveform=None if waveform is None else Path(waveform),
        trace=None if trace is None else Path(trace),
        window=window,
        instances=instances,
    )
    with at_work(question.build_dir, "simulate"):
        compiled = read_result(
            question.build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}"
        )
        edited = edited_files(question.build_dir)
        key = _key(question, compiled, edited)
        files = [result_file(question.build_dir, partial=partial) for partial in (False, True)]
        same = (earlier_result(file, key) for file in files)
        earlier = None if force or question.draws else next(filter(None, same), None)
        document = earlier or _simulate(question, progress, {"key": key, "edited": list(edited)})
    if document["mismatches"] and not allow_mismatch:
        pairs = ", ".join(f"{pair} {frames}" for pair, frames in document["pairs"].items() if frames)
        where = result_file(question.build_dir, partial=document["partial"]).name
        raise MismatchError(
            f"{build_dir}: answers differ in frames ({pairs} of {document['frames']}); {where} says how"
        )
    return Simulated(question.build_dir, document, earlier is not None)


def _key(question: Question, compiled: Mapping[str, Any], edited: Iterable[str]) -> str:
    """Return what the answers depend on."""
    from rbonn_hw.results import fingerprint, package_fingerprint

    data = question.data.read_bytes() if question.data is not None and question.data.is_file() else b""
    options = (
        question.random,
        question.frames,
        question.finn_frames,
        question.stall,
        question.seed,
        question.instances,
        str(question.data),
    )
    files = [question.build_dir / name for name in edited]
    return fingerprint(str(compiled["key"]), data, repr(options), package_fingerprint(), *files)


def _simulate(question: Question, progress: FrameProgress, run: Mapping[str, Any]) -> dict[str, Any]:
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.results import read_result
    from rbonn_hw.sim.accelerator import instances_for
    from rbonn_hw.sim.accelerator import simulate as simulate_rtl
    from rbonn_hw.sim.trace_file import check_trace
    from rbonn_hw.sim.waveform import check_waveform, drawn

    started = time.monotonic()
    claim(question).check()
    if question.waveform is not None:
        check_waveform(question.waveform)
    if question.trace is not None:
        check_trace(question.trace)
    given, labels, outputs = read_frames(question)
    frames = golden.network_frames(question.build_dir, given)
    scale = AnswerScale.read(question.build_dir)
    label_select = bool(read_result(question.build_dir / "compile.json", "rbonn compile")["label_select"])
    wall: dict[str, float] = {}
    progress("QONNX execution", 0, 1)
    integers = golden.to_integers(question.build_dir, frames)
    qonnx, judge = golden.reference_answers(question.build_dir, scale, frames)
    answers = {"qonnx": qonnx}
    if outputs is not None:
        answers = {"pytorch": golden.float_answers(scale, outputs), **answers}
    progress("QONNX execution", 1, 1)
    wall["qonnx"] = time.monotonic() - started

    started = time.monotonic()
    share = integers[: question.finn_frames]
    stored = {
        "finn": golden.finn_outputs(
            question.build_dir, share, lambda done: progress("FINN graph", done, len(share))
        )
    }
    wall["finn"] = time.monotonic() - started

    started = time.monotonic()
    with (
        drawn(question.waveform) as waveform,
        explained(question.build_dir, len(integers), stall=question.stall, seed=question.seed),
    ):
        result = simulate_rtl(
            question.build_dir,
            integers,
            stall=question.stall,
            seed=question.seed,
            waveform=waveform,
            window=question.window,
            most_changes=timelines.window_of(question.window).most_changes if question.trace else 0,
            instances=question.instances
            or (1 if question.stall or question.draws else instances_for(len(integers))),
            progress=lambda done: progress("RTL (Verilator)", done, len(integers)),
        )
    wall["rtl"] = time.monotonic() - started

    started = time.monotonic()
    error = model_error(question.build_dir, result.frame_end_cycles, stall=question.stall, seed=question.seed)
    wall["dataflow"] = time.monotonic() - started
    stored["rtl"] = result.outputs
    for name, integers in stored.items():
        answers[name] = golden.accelerator_answers(
            question.build_dir, scale, integers, label_select=label_select
        )
    return _write(question, result, answers, judge, labels, {**run, "wall_seconds": wall, "error": error})


def _write(
    question: Question,
    result: Any,
    answers: Mapping[str, Any],
    judge: Any,
    labels: Any,
    run: Mapping[str, Any],
) -> dict[str, Any]:
    import numpy as np

    from rbonn_hw.results import Origin, read_result, write_arrays, write_result

    compiled = read_result(question.build_dir / "compile.json", "rbonn compile")
    clock = compiled["clk_period_ns"]
    verdicts = judge.pairs(answers)
    document: dict[str, Any] = {
        "compiled": str(compiled["key"]),
        "frames": len(result.outputs),
        "mismatches": max(verdict.frames for verdict in verdicts.values()),
        "pairs": {pair: verdict.frames for pair, verdict in verdicts.items()},
        "compared": {pair: verdict.compared for pair, verdict in verdicts.items()},
        "verdicts": {pair: asdict(verdict) for pair, verdict in verdicts.items()},
        "float_bound": judge.scale.bound,
        "integer_step": float(np.abs(judge.scale.scale).min()),
        "ii_cycles": result.ii_cycles,
        "latency_cycles": result.latency_cycles,
        "cycles": result.cycles,
        "instances": result.instances,
        "simulated_cycles": result.simulated_cycles,
        "cycles_per_second": round(result.simulated_cycles / run["wall_seconds"]["rtl"]),
        "fps_at_100mhz": round(1e8 / result.ii_cycles, 1) if result.ii_cycles else None,
        "fps_at_clock": round(1e9 / clock / result.ii_cycles, 1) if result.ii_cycles else None,
        "dataflow_error_cycles": run["error"],
        "stall": question.stall,
        "of_data": question.data is not None,
        "key": run["key"],
        "edited": run["edited"],
        "wall_seconds": {name: round(seconds, 2) for name, seconds in run["wall_seconds"].items()},
    }
    origin: dict[str, Origin] = {
        "float_bound": "estimated",
        "ii_cycles": "simulated",
        "latency_cycles": "simulated",
        "cycles": "simulated",
        "simulated_cycles": "simulated",
        "cycles_per_second": "measured",
        "dataflow_error_cycles": "simulated",
        "fps_at_100mhz": "simulated",
        "fps_at_clock": "simulated",
        "mismatches": "simulated",
        "wall_seconds": "measured",
    }
    rtl = answers["rtl"]
    if labels is not None and rtl.classes is not None:
        document["accuracy"] = {
            name: float(np.mean(answer.classes[:, 0] == labels[: answer.frames]))
            for name, answer in answers.items()
        }
        origin |= {f"accuracy.{name}": "simulated" if name == "rtl" else "executed" for name in answers}
    arrays = {"scores": rtl.outputs, "classes": None if rtl.classes is None else rtl.classes[:, 0]}
    partial = is_part(question, len(result.outputs), str(document["compiled"]))
    file = result_file(question.build_dir, partial=partial)
    document["partial"] = partial
    claim(question).record()
    if question.trace is not None:
        document["timeline"] = timelines.write_rtl_timeline(question, str(document["compiled"]), result)
    write_arrays(
        outputs_file(file),
        integers=result.outputs,
        **{name: values for name, values in arrays.items() if values is not None},
    )
    write_result(file, document, origin)
    return document
