"""``rbonn export``: write a trained network as QONNX, with golden vectors."""

import argparse
from pathlib import Path

EXAMPLE = """example:
  rbonn export build/demo/train --out build/demo/export

writes model.qonnx.onnx, golden.npz (frames, labels and PyTorch's outputs of the whole test
split) and export.json.
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
    parser.add_argument("checkpoint", type=Path, help="folder that `rbonn train` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export and say what was written."""
    from rbonn_hw.export import qonnx_file

    done = qonnx_file.export(args.checkpoint, args.out)
    if done.was_finished:
        print(f"{args.out}: this checkpoint is already exported, top-1 {done.accuracy:.2%} in PyTorch")
        return 0
    print(
        f"top-1 {done.accuracy:.2%} in PyTorch on {done.frames} test frames; "
        f"wrote {', '.join(qonnx_file.FILES)} to {args.out}"
    )
    return 0
