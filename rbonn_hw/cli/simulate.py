"""``rbonn simulate``: frames through the accelerator's RTL, or through its integers alone, compared each."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rbonn_hw.cli import simulate_dataflow, simulate_functional
from rbonn_hw.cli.figures import give
from rbonn_hw.cli.simulate_functional import verdict_text
from rbonn_hw.cli.terminal import frame_progress, terminal

EXAMPLE = """example:
  rbonn simulate build/demo --data build/demo/export/golden.npz
  rbonn simulate build/cnv --random 2 --stall 0.3
  rbonn simulate build/cnv --level dataflow --frames 8 --trace build/cnv/eight.json.gz
  rbonn simulate build/demo --data build/demo/export/golden.npz --level functional
  rbonn simulate build/demo --data build/demo/export/golden.npz --frames 1 --waveform build/demo/one.fst

The data file is a .npz with `frames` [n, ...] in the network's input shape, and optionally `labels` [n]
and `outputs` [n, ...] of PyTorch, as `rbonn export` writes it. Frames of uint8 are scaled as the input was
declared to `rbonn compile`; floats are fed as they are. Exit code 1: an integer differs, or a class that is
no tie; with --level dataflow, the accelerator stands still.
Floats of right implementations differ in their last bits where scales are no powers of two.
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
    parser.add_argument(
        "--level",
        choices=("rtl", "dataflow", "functional"),
        default="rtl",
        help="rtl: Verilator, every integer; dataflow: when every beat moves, without values; functional: "
        "every integer on the CPU, without cycles (default rtl)",
    )
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
    parser.add_argument(
        "--trace",
        type=Path,
        metavar="FILE.json.gz",
        help="write what every layer and FIFO does over time (ui.perfetto.dev); timeline.json for the report",
    )
    parser.add_argument(
        "--window",
        type=int,
        nargs=2,
        metavar=("FIRST", "LAST"),
        help="cycles that waveform and trace hold (default: all; of a trace, as many as fit)",
    )
    parser.add_argument(
        "--instances",
        type=int,
        metavar="N",
        help="rtl: models that share the frames (default: one a processor, 8 frames each at least; one with "
        "--stall, --waveform or --trace)",
    )
    parser.add_argument("--threads", type=int, help="functional: threads that share the frames")
    parser.add_argument(
        "--qonnx-frames", type=int, help="functional: frames that QONNX executes, too, slowly (default: 20)"
    )
    parser.add_argument("--force", action="store_true", help="simulate even if nothing changed")
    parser.set_defaults(run=run)


LEVELS = {
    "data": ("rtl", "functional"),
    "stall": ("rtl", "dataflow"),
    "finn_frames": ("rtl",),
    "waveform": ("rtl",),
    "trace": ("rtl", "dataflow"),
    "window": ("rtl", "dataflow"),
    "instances": ("rtl",),
    "force": ("rtl",),
    "threads": ("functional",),
    "qonnx_frames": ("functional",),
}
"""Options that are not for all levels, and those that they are for."""
UNSAID = {"stall": 0.0, "force": False}
"""What those of them hold that nobody gives; the others hold None."""


def _check_options(args: argparse.Namespace) -> None:
    """Check numbers, and that no option is for another level.

    Raises:
        ConfigError: One is.
    """
    from rbonn_hw.errors import ConfigError

    for name in ("frames", "random", "finn_frames", "threads", "instances"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name.replace('_', '-')} {value} must be at least 1")
    for name, levels in LEVELS.items():
        if getattr(args, name) != UNSAID.get(name) and args.level not in levels:
            raise ConfigError(
                f"--{name.replace('_', '-')} is for --level {' or '.join(levels)}; leave it out"
            )


def run(args: argparse.Namespace) -> int:
    """Simulate; exit code 0 when all implementations agree, else 1."""
    from rich.progress import Progress

    from rbonn_hw import api

    _check_options(args)
    if args.level == "dataflow":
        return simulate_dataflow.run(args)
    console = terminal()
    with Progress(console=console) as bar:
        progress = frame_progress(bar)
        if args.level == "functional":
            return simulate_functional.run(args, progress)
        ended = api.simulate(
            args.build_dir,
            data=args.data,
            random=args.random,
            frames=args.frames,
            finn_frames=args.finn_frames,
            stall=args.stall,
            seed=args.seed,
            waveform=args.waveform,
            trace=args.trace,
            window=simulate_dataflow.window(args),
            instances=args.instances,
            force=args.force,
            allow_mismatch=True,
            progress=progress,
        )
    document = ended.document
    give(args, document)
    if ended.was_finished:
        console.print(f"{args.build_dir}: nothing changed (--force simulates again)")
    for pair, verdict in document["verdicts"].items():
        console.print(f"{pair}: {verdict_text(verdict)}", highlight=False)
    console.print(_bound_text(document), highlight=False)
    console.print(
        f"{document['frames']} frames, {document['simulated_cycles']} cycles: II {document['ii_cycles']}, "
        f"latency {document['latency_cycles']} cycles (simulated); {document['instances']} instances, "
        f"{document['cycles_per_second']:,} cycles/s (measured, building included)"
    )
    error = document["dataflow_error_cycles"]
    if error is not None:
        console.print(f"dataflow model: {error} cycles off in the end of a frame", highlight=False)
    if "timeline" in document:
        console.print(document["timeline"], highlight=False)
    if document["partial"]:
        console.print(
            "simulate.json holds a run that says more, and stays; this one is in simulate.partial.json"
        )
    return 1 if document["mismatches"] or error else 0


def _bound_text(document: Mapping[str, Any]) -> str:
    """Return what differences of floats are to be seen beside."""
    bound = document["float_bound"]
    known = "no bound is known" if bound is None else f"right ones differ by {bound:.2g} at most (estimated)"
    return f"floats: one integer step is {document['integer_step']:.3g}, {known}"
