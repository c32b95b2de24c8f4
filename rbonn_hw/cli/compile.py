"""``rbonn compile``: a QONNX file becomes a streaming RTL accelerator."""

import argparse
from pathlib import Path

from rbonn_hw.cli.input_options import add_input_options, read_input_options

EXAMPLE = """example:
  rbonn compile build/demo/export/model.qonnx.onnx --out build/demo --target-cycles 2000
  rbonn compile cnv.onnx --out build/cnv --target-fps 1000 --folding my_folding.json
  rbonn compile mine.onnx --out build/mine --input-scale 1/255 --input-mean 0.5 --input-std 0.25

Any QONNX file of quantized layers is taken, Brevitas's and FINN's own included. The folding that was
chosen is written to OUT/folding.json; edit it and give it back with --folding.
"""


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
    parser.add_argument("--clock-mhz", type=float, default=100.0, help="clock [MHz] (default %(default)s)")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--target-cycles", type=int, help="cycles between frames to aim at (default 10000)")
    speed.add_argument("--target-fps", type=float, help="frames per second to aim at, at --clock-mhz")
    parser.add_argument("--folding", type=Path, help="FINN folding JSON; overrides the chosen folding")
    parser.add_argument("--label-select", action="store_true", help="answer with the class, not with scores")
    add_input_options(parser)
    parser.add_argument("--force", action="store_true", help="compile even if nothing changed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compile, or say that nothing changed."""
    from rich.console import Console

    from rbonn_hw.errors import ConfigError
    from rbonn_hw.spec.device import device

    console = Console(soft_wrap=True)
    device(args.part)
    if not 1.0 <= args.clock_mhz <= 1000.0:
        raise ConfigError(f"--clock-mhz {args.clock_mhz} must lie in 1 .. 1000")
    if args.target_fps is not None and args.target_fps <= 0:
        raise ConfigError(f"--target-fps {args.target_fps} must be positive")
    with console.status("starting FINN") as status:
        from rbonn_hw.compiler.build import (
            DEFAULT_TARGET_CYCLES,
            CompileOptions,
            compile_key,
            compile_network,
        )
        from rbonn_hw.results import read_result

        target = args.target_cycles if args.target_cycles is not None else DEFAULT_TARGET_CYCLES
        if args.target_fps is not None:
            target = max(1, int(1e6 * args.clock_mhz / args.target_fps))
        options = CompileOptions(
            part=args.part,
            clk_period_ns=1e3 / args.clock_mhz,
            target_cycles=target,
            folding=args.folding,
            label_select=args.label_select,
            input=read_input_options(args),
        )
        result = args.out / "compile.json"
        if result.is_file() and not args.force:
            document = read_result(result, "rbonn compile")
            if document.get("key") == compile_key(args.network, options):
                console.print(f"{args.out}: nothing changed (--force compiles again)")
                return 0

        def progress(line: str) -> None:
            status.update(line)
            if not console.is_terminal:
                console.print(line)

        document = compile_network(args.network, args.out, options, progress)
    for note in document["notes"]:
        console.print(f"note: {note}", markup=False)
    console.print(
        f"{args.out}: {len(document['nodes'])} layers on {args.part}, "
        f"bottleneck {document['estimated_ii_cycles']} cycles per frame (estimated), "
        f"{document['wall_seconds']} s"
    )
    return 0
