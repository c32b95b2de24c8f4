"""``rbonn simulate``: stream frames through the accelerator's RTL and compare every integer."""

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXAMPLE = """example:
  rbonn simulate build/demo --data build/demo/export/golden.npz
  rbonn simulate build/cnv --random 2 --stall 0.3
  rbonn simulate build/demo --data build/demo/export/golden.npz --frames 1 --waveform build/demo/one.fst

The data file is a .npz with `frames` [n, ...] in the network's input shape, and optionally `labels` [n]
and `outputs` [n, ...] of PyTorch, as `rbonn export` writes it. Frames of uint8 are scaled as the input was
declared to `rbonn compile`; floats are fed as they are. Exit code 1: an integer differs, or a class that is
no tie. Floats of right implementations differ in their last bits where scales are no powers of two.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "simulate",
        help="RTL simulation, cycle by cycle, against QONNX and FINN",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder written by `rbonn compile`")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--data", type=Path, help=".npz with frames, labels, outputs")
    data.add_argument(
        "--random", type=int, default=4, metavar="N", help="random frames (default %(default)s)"
    )
    parser.add_argument("--frames", type=int, help="use only the first FRAMES of the data")
    parser.add_argument(
        "--finn-frames", type=int, help="run FINN's graph on that many frames only (it is slow)"
    )
    parser.add_argument(
        "--stall", type=float, default=0.0, help="chance per cycle that input or output pauses"
    )
    parser.add_argument("--seed", type=int, default=0, help="seeds random frames and pauses")
    parser.add_argument("--waveform", type=Path, help="write an FST waveform (GTKWave, Surfer)")
    parser.add_argument("--force", action="store_true", help="simulate even if nothing changed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate; exit code 0 when all implementations agree, else 1."""
    from rich.console import Console

    from rbonn_hw.errors import ConfigError
    from rbonn_hw.results import read_result

    if not 0.0 <= args.stall < 1.0:
        raise ConfigError(f"--stall {args.stall} must lie in 0 .. 0.99")
    for name in ("frames", "random", "finn_frames"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name.replace('_', '-')} {value} must be at least 1")
    compiled = read_result(args.build_dir / "compile.json", f"rbonn compile NETWORK --out {args.build_dir}")
    console = Console(soft_wrap=True)
    key = _key(args, compiled)
    document = None if args.force or args.waveform else _earlier(args.build_dir / "simulate.json", key)
    if document is None:
        document = _simulate(args, console, key)
    else:
        console.print(f"{args.build_dir}: nothing changed (--force simulates again)")
    for pair, verdict in document["verdicts"].items():
        console.print(f"{pair}: {_verdict_text(verdict)}", highlight=False)
    console.print(_bound_text(document), highlight=False)
    console.print(
        f"{document['frames']} frames, {document['cycles']} cycles: II {document['ii_cycles']}, "
        f"latency {document['latency_cycles']} cycles (simulated)"
    )
    return 1 if document["mismatches"] else 0


def _verdict_text(verdict: Mapping[str, Any]) -> str:
    """Return a pair's verdict as a sentence."""
    text = f"{verdict['frames']} of {verdict['compared']} frames differ"
    if verdict["integers"]:
        text += f", {verdict['integers']} integers"
    if verdict["classes"]:
        text += f"; {verdict['classes']} classes, {verdict['ties']} of them ties"
    if verdict["rounded"]:
        text += f"; {verdict['rounded']} more where the rounding of a float32 sum decides a step"
    if verdict["largest"]:
        text += f"; floats by {verdict['largest']:.2g} at most"
    return text


def _bound_text(document: Mapping[str, Any]) -> str:
    """Return what differences of floats are to be seen beside."""
    bound = document["float_bound"]
    known = "no bound is known" if bound is None else f"right ones differ by {bound:.2g} at most (estimated)"
    return f"floats: one integer step is {document['integer_step']:.3g}, {known}"


def _key(args: argparse.Namespace, compiled: Mapping[str, Any]) -> str:
    """Return what the answers depend on."""
    from rbonn_hw.results import fingerprint, package_fingerprint

    data = args.data.read_bytes() if args.data is not None and args.data.is_file() else b""
    options = (args.random, args.frames, args.finn_frames, args.stall, args.seed, str(args.data))
    return fingerprint(str(compiled["key"]), data, repr(options), package_fingerprint())


def _earlier(path: Path, key: str) -> dict[str, Any] | None:
    """Return the earlier result if it answers the same question."""
    from rbonn_hw.results import read_result

    if not path.is_file() or not path.with_name("outputs.npz").is_file():
        return None
    document = read_result(path, "rbonn simulate")
    return document if document.get("key") == key else None


def _simulate(args: argparse.Namespace, console: Any, key: str) -> dict[str, Any]:
    from rich.progress import Progress

    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.results import read_result
    from rbonn_hw.sim.accelerator import simulate

    started = time.monotonic()
    given, labels, outputs = _read_data(args)
    frames = golden.network_frames(args.build_dir, given)
    scale = AnswerScale.read(args.build_dir)
    label_select = bool(read_result(args.build_dir / "compile.json", "rbonn compile")["label_select"])
    wall: dict[str, float] = {}
    with Progress(console=console) as bar:
        reference = bar.add_task("QONNX execution", total=1)
        integers = golden.to_integers(args.build_dir, frames)
        qonnx, judge = golden.reference_answers(args.build_dir, scale, frames)
        answers = {"qonnx": qonnx}
        if outputs is not None:
            answers = {"pytorch": golden.float_answers(scale, outputs), **answers}
        bar.update(reference, completed=1)
        wall["qonnx"] = time.monotonic() - started

        started = time.monotonic()
        share = integers[: args.finn_frames]
        finn = bar.add_task("FINN graph", total=len(share))
        stored = {
            "finn": golden.finn_outputs(args.build_dir, share, lambda done: bar.update(finn, completed=done))
        }
        wall["finn"] = time.monotonic() - started

        started = time.monotonic()
        rtl = bar.add_task("RTL (Verilator)", total=len(integers))
        result = simulate(
            args.build_dir,
            integers,
            stall=args.stall,
            seed=args.seed,
            waveform=args.waveform,
            progress=lambda done: bar.update(rtl, completed=done),
        )
        wall["rtl"] = time.monotonic() - started
    stored["rtl"] = result.outputs
    for name, integers in stored.items():
        answers[name] = golden.accelerator_answers(args.build_dir, scale, integers, label_select=label_select)
    return _write(args, result, answers, judge, labels, {"key": key, "wall_seconds": wall})


def _read_data(
    args: argparse.Namespace,
) -> tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.verdict import floats_of_data
    from rbonn_hw.errors import DatasetError

    if args.data is None:
        return golden.random_frames(args.build_dir, args.random, args.seed), None, None
    try:
        with np.load(args.data, allow_pickle=False) as file:
            content = {name: file[name][: args.frames] for name in file.files}
    except (OSError, ValueError) as error:
        raise DatasetError(f"{args.data}: {error}; expected a .npz as `rbonn export` writes it") from None
    if "frames" not in content:
        raise DatasetError(f"{args.data}: holds {sorted(content)}; it must hold `frames` [n, ...]")
    frames, outputs = content["frames"], content.get("outputs")
    if outputs is not None:
        outputs = floats_of_data(outputs, len(frames), golden.output_shape(args.build_dir), str(args.data))
    return frames, content.get("labels"), outputs


def _write(
    args: argparse.Namespace,
    result: Any,
    answers: Mapping[str, Any],
    judge: Any,
    labels: Any,
    run: Mapping[str, Any],
) -> dict[str, Any]:
    from rbonn_hw.results import Origin, read_result, write_arrays, write_result

    clock = read_result(args.build_dir / "compile.json", "rbonn compile")["clk_period_ns"]
    verdicts = judge.pairs(answers)
    document: dict[str, Any] = {
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
        "fps_at_100mhz": round(1e8 / result.ii_cycles, 1) if result.ii_cycles else None,
        "fps_at_clock": round(1e9 / clock / result.ii_cycles, 1) if result.ii_cycles else None,
        "stall": args.stall,
        "key": run["key"],
        "wall_seconds": {name: round(seconds, 2) for name, seconds in run["wall_seconds"].items()},
    }
    origin: dict[str, Origin] = {
        "float_bound": "estimated",
        "ii_cycles": "simulated",
        "latency_cycles": "simulated",
        "cycles": "simulated",
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
    write_arrays(
        args.build_dir / "outputs.npz",
        integers=result.outputs,
        **{name: values for name, values in arrays.items() if values is not None},
    )
    write_result(args.build_dir / "simulate.json", document, origin)
    return document
