"""``rbonn compile``: a QONNX file becomes a streaming RTL accelerator."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rbonn_hw.cli.figures import give_result
from rbonn_hw.cli.fit_table import print_summary
from rbonn_hw.cli.input_options import add_input_options, read_input_options
from rbonn_hw.cli.terminal import terminal
from rbonn_hw.spec.device import device
from rbonn_hw.spec.summary import ROUTABLE

if TYPE_CHECKING:
    from rbonn_hw.spec.summary import Summary

EXAMPLE = """example:
  rbonn compile build/demo/export/model.qonnx.onnx --out build/demo --target-cycles 2000
  rbonn compile cnv.onnx --out build/cnv --target-fps 1000     # as small as can be at 1,000 frames/s
  rbonn compile cnv.onnx --out build/cnv --fit                 # as quick as can be in 85 % of the part
  rbonn compile cnv.onnx --out build/cnv --fit 0.7 --part xc7z010clg400-1
  rbonn compile cnv.onnx --out build/cnv --folding my_folding.json
  rbonn compile mine.onnx --out build/mine --input-scale 1/255 --input-mean 0.5 --input-std 0.25

A target is met with as little hardware as possible; --fit asks for all the speed that a share of the part can
give, and leaves the rest to place and route.
Any QONNX file of quantized layers is taken, Brevitas's and FINN's own included. The folding that was
chosen is written to OUT/folding.json; edit it and give it back with --folding. The table says whether it fits
and how fast it is (estimated). Exit code 1: larger than the part, or slower than --target-cycles or
--target-fps; the build is complete, and --allow-misfit makes it 0.
"""


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no share of the part; give a number like 0.7, or --fit as the last word"
        ) from None


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "compile",
        help="QONNX file -> folded, buffered, stitched RTL",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", type=Path, help="QONNX file")
    parser.add_argument("--out", type=Path, required=True, help="build folder")
    parser.add_argument("--part", default="xc7z020clg400-1", help="device (default %(default)s)")
    parser.add_argument(
        "--clock-mhz",
        type=float,
        default=100.0,
        metavar="MHZ",
        help="clock that place and route is asked for, and rates are computed with (default %(default)s; "
        "only place and route tells whether a network reaches it)",
    )
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--target-cycles", type=int, help="cycles between frames, at most")
    speed.add_argument("--target-fps", type=float, help="frames per second at --clock-mhz, at least")
    speed.add_argument(
        "--fit",
        type=_share,
        nargs="?",
        const=ROUTABLE,
        metavar="SHARE",
        help="as quick as fits into this share of the part, shell included (without a number %(const)s)",
    )
    parser.add_argument("--folding", type=Path, help="FINN folding JSON; overrides the chosen folding")
    parser.add_argument(
        "--fifo-depths",
        choices=("safe", "exact"),
        default="safe",
        help="safe: by rule; exact: the least that cost no cycle, found by simulation (default %(default)s)",
    )
    parser.add_argument("--label-select", action="store_true", help="answer with the class, not with scores")
    parser.add_argument(
        "--allow-misfit", action="store_true", help="exit code 0 although it is too large or too slow"
    )
    add_input_options(parser)
    parser.add_argument(
        "--quantize-input", type=int, metavar="BITS", help="give a network without input quantizer one"
    )
    parser.add_argument(
        "--calibration", type=Path, metavar="FILE", help=".npz with frames to choose that quantizer on"
    )
    parser.add_argument("--force", action="store_true", help="compile even if nothing changed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compile, or say that nothing changed; raises DoesNotFitError (exit code 1) when all is written."""
    from rich.text import Text

    from rbonn_hw import api

    console = terminal()
    with console.status("") as status:

        def progress(line: str) -> None:
            status.update(Text(line))
            if not console.is_terminal:
                console.print(line)

        done = api.compile(
            args.network,
            args.out,
            part=args.part,
            clock_mhz=args.clock_mhz,
            target_cycles=args.target_cycles,
            target_fps=args.target_fps,
            fit=args.fit,
            folding=args.folding,
            label_select=args.label_select,
            input_meaning=read_input_options(args),
            quantize_input=args.quantize_input,
            calibration=args.calibration,
            fifo_depths=args.fifo_depths,
            allow_misfit=True,
            force=args.force,
            progress=progress,
        )
    give_result(args, args.out / "compile.json", "rbonn compile")
    if done.was_finished:
        console.print(f"{args.out}: nothing changed (--force compiles again)")
    for note in done.document["notes"]:
        console.print(f"note: {note}")
    print_summary(console, done.summary)
    console.print(f"{args.out}: {len(done.document['nodes'])} layers, {done.document['wall_seconds']} s")
    if args.allow_misfit:
        for sentence in (*done.summary.over(device(args.part)), *_missed(done.summary)):
            console.print(f"allowed: {sentence}")
    else:
        done.summary.check()
    return 0


def _missed(summary: "Summary") -> list[str]:
    wanted, found = summary.target_cycles, summary.ii_cycles
    return [] if summary.target_is_met else [f"{found:,} cycles per frame where {wanted:,} were asked for"]
