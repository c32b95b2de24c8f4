"""``rbonn package``: one zip with everything that a board needs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give
from rbonn_hw.cli.input_options import add_input_options, read_input_options

if TYPE_CHECKING:
    from rbonn_hw.api.packaging import Packaged
    from rbonn_hw.host.answer import Answer

EXAMPLE = """example:
  rbonn package build/demo --data build/demo/export/golden.npz --out build/demo/digits.zip
  rbonn package build/demo --bit build/demo/accelerator.bit --out digits.zip

Without a bitstream the package runs on the virtual board only (`rbonn board --virtual`). The frames of the
self-test come from --data (`frames`, as the driver will be given them: uint8 images, integers or floats) or
are random. What the input means was said to `rbonn compile`, or can be said here.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "package",
        help="zip of bitstream, driver, metadata and self-test for a board",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder written by `rbonn compile`")
    parser.add_argument("--out", type=Path, required=True, help="zip to write")
    parser.add_argument(
        "--bit", type=Path, help="bitstream; by default BUILD_DIR/accelerator.bit if it is there"
    )
    parser.add_argument("--data", type=Path, help=".npz with frames for the self-test")
    parser.add_argument(
        "--frames", type=int, default=24, help="frames of the self-test (default %(default)s)"
    )
    parser.add_argument("--labels", type=Path, help="text file, the name of a class a line")
    parser.add_argument("--name", help="name of the network (default: that of the zip)")
    parser.add_argument("--board", default="Pynq-Z2", help="board (default %(default)s)")
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the package; exit code 0."""
    from rbonn_hw import api
    from rbonn_hw.errors import ConfigError

    if args.frames < 1:
        raise ConfigError(f"--frames {args.frames} must be at least 1")
    done = api.package(
        args.build_dir,
        args.out,
        bit=args.bit,
        data=args.data,
        frames=args.frames,
        labels=args.labels,
        name=args.name,
        board=args.board,
        input_meaning=read_input_options(args),
    )
    package, recorded = done.package, done.recorded
    give(args, _figures(args.out, done))
    loads = "with bitstream" if package.has_bitstream else "without bitstream: for the virtual board only"
    print(f"{args.out}: {package.name} for {package.board}, network {package.network:#010x}, {loads}")
    print(f"input: {done.input.meaning.text} ({done.input.origin}); answer: {_answer_text(done.answer)}")
    print(f"self-test of {len(recorded.images)} frames, {recorded.cycles} cycles (simulated)")
    return 0


def _figures(path: Path, done: "Packaged") -> dict[str, Any]:
    package, recorded, answer = done.package, done.recorded, done.answer
    return {
        "package": str(path),
        "name": package.name,
        "board": package.board,
        "network": package.network,
        "has_bitstream": package.has_bitstream,
        "input": done.input.to_document(),
        "answer": {"kind": answer.kind, "exact": answer.exact, "bound": answer.bound},
        "frames": len(recorded.images),
        "cycles": recorded.cycles,
        "origin": {"cycles": "simulated", "answer": "estimated"},
    }


def _answer_text(answer: "Answer") -> str:
    what = {
        "class": "a class",
        "scores": f"{len(answer.labels)} scores",
        "boxes": f"boxes of {len(answer.labels)} classes",
        "values": "values, no class",
    }
    if answer.exact:
        return f"{what[answer.kind]}, exact"
    known = "no bound is known" if answer.bound is None else f"floats within {answer.bound:.2g}"
    return f"{what[answer.kind]}, {known}"
