"""``rbonn export``: write a trained network as QONNX, with golden vectors."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rbonn_hw.export.qonnx_file import Frames

EXAMPLE = """examples:
  rbonn export build/demo/train --out build/demo/export
  rbonn export lfc.safetensors --out build/lfc --frames 1000     # packed by `rbonn pack`
  rbonn export lfc.safetensors --out build/lfc --frames none     # without the data set
  rbonn export lfc-mnist --out build/lfc --frames none           # a network that comes with the package

writes model.qonnx.onnx, golden.npz (frames, labels and PyTorch's outputs of the test split, of at most 10,000
frames) and export.json. A folder of `rbonn train` holds its test split; for a file it is loaded by the name
of the data set that the file gives.
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
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export and say what was written."""
    from rbonn_hw.export import qonnx_file
    from rbonn_hw.models import shipped

    args.checkpoint = shipped.resolve(args.checkpoint)
    done = qonnx_file.export(args.checkpoint, args.out, _test(args))
    if done.accuracy is None:
        print(f"wrote {qonnx_file.QONNX_FILE} and {qonnx_file.RESULT_FILE} to {args.out}, no golden vectors")
        return 0
    if done.was_finished:
        print(f"{args.out}: this checkpoint is already exported, top-1 {done.accuracy:.2%} in PyTorch")
        return 0
    print(
        f"top-1 {done.accuracy:.2%} in PyTorch on {done.frames} test frames; "
        f"wrote {', '.join(qonnx_file.FILES)} to {args.out}"
    )
    return 0


def _test(args: argparse.Namespace) -> "Frames | None":
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.models import storage

    if args.frames == "none":
        return None
    if args.frames != "all" and not (args.frames.isdecimal() and int(args.frames)):
        raise ConfigError(f"--frames {args.frames!r} must be all, none or a positive number; try 1000")
    description = storage.describe(args.checkpoint)
    if (args.checkpoint / storage.TEST_FILE).exists():
        frames, labels = storage.load_test_split(args.checkpoint)
    else:
        from rbonn_hw.train import data

        if not description.dataset:
            raise ConfigError(f"{args.checkpoint} names no data set; add --frames none")
        split = data.load(description.dataset, args.data_dir).test
        if not isinstance(split, data.Split):
            raise ConfigError(
                f"the test split of {description.dataset!r} is not held in memory; add --frames none, "
                "or export the folder of `rbonn train`"
            )
        frames, labels = split.frames, split.labels
    count = storage.TEST_FRAMES if args.frames == "all" else int(args.frames)
    return frames[:count], labels[:count]
