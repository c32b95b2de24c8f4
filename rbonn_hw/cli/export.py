"""``rbonn export``: write a trained network as QONNX, with golden vectors."""

import argparse
from pathlib import Path

from rbonn_hw.cli.figures import give_result

EXAMPLE = """examples:
  rbonn export build/demo/train --out build/demo/export
  rbonn export lfc.safetensors --out build/lfc --frames 1000     # packed by `rbonn pack`
  rbonn export lfc.safetensors --out build/lfc --frames none     # without the data set
  rbonn export lfc-mnist --out build/lfc --frames none           # a network that comes with the package

writes model.qonnx.onnx, golden.npz (frames, labels and PyTorch's outputs of the test split, of at most 10,000
frames) and export.json. A folder of `rbonn train` holds its test split; for a file it is loaded by the name
of the data set that the file gives. A network of yours is made by running the copy of its Python file that
training left in the folder, or --network.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "export",
        help="write a trained network as QONNX, with golden vectors",
        description="Write a trained network as QONNX, with golden vectors.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "checkpoint",
        type=Path,
        help="folder that `rbonn train` wrote, file of `rbonn pack`, or name of a shipped network",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument(
        "--frames", default="all", help="golden vectors: all, none or a number, the first ones"
    )
    parser.add_argument(
        "--network", metavar="FILE.py:NAME", help="your network, instead of the copy in the folder"
    )
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export and say what was written."""
    from rbonn_hw import api
    from rbonn_hw.errors import ConfigError

    if args.frames not in ("all", "none") and not (args.frames.isdecimal() and int(args.frames)):
        raise ConfigError(f"--frames {args.frames!r} must be all, none or a positive number; try 1000")
    frames = int(args.frames) if args.frames.isdecimal() else args.frames
    done = api.export(args.checkpoint, args.out, frames=frames, network=args.network, data_dir=args.data_dir)
    from rbonn_hw.export import qonnx_file
    from rbonn_hw.results import read_result

    result = read_result(args.out / qonnx_file.RESULT_FILE, qonnx_file.MADE_BY)
    metric = result.get("metric", "top-1")  # results of old name none
    give_result(args, args.out / qonnx_file.RESULT_FILE, qonnx_file.MADE_BY)
    if done.accuracy is None:
        print(f"wrote {qonnx_file.QONNX_FILE} and {qonnx_file.RESULT_FILE} to {args.out}, no golden vectors")
    elif done.was_finished:
        print(f"{args.out}: this checkpoint is already exported, {metric} {done.accuracy:.2%} in PyTorch")
    else:
        print(
            f"{metric} {done.accuracy:.2%} in PyTorch on {done.frames} test frames; "
            f"wrote {', '.join(qonnx_file.FILES)} to {args.out}"
        )
    return 0
