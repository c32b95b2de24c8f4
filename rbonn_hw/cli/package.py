"""``rbonn package``: one zip with everything that a board needs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.cli.input_options import add_input_options, read_input_options

if TYPE_CHECKING:
    from rbonn_hw.compiler.input_meaning import DeclaredInput
    from rbonn_hw.host.answer import Answer
    from rbonn_hw.host.frames import FrameTable
    from rbonn_hw.soc.package import Recorded
    from rbonn_hw.spec.input import InputMeaning

EXAMPLE = """example:
  rbonn package build/demo --data build/demo/export/golden.npz --out build/demo/digits.zip
  rbonn package build/demo --bit build/demo/accelerator.bit --out digits.zip

Without a bitstream the package runs on the virtual board only (`rbonn board --virtual`). The frames of the
self-test come from --data (`frames`, as the driver will be given them: uint8 images, integers or floats) or
are random. What the input means was said to `rbonn compile`, or can be said here.
"""
SELF_TEST_FRAMES = 24


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
        "--frames", type=int, default=SELF_TEST_FRAMES, help="frames of the self-test (default %(default)s)"
    )
    parser.add_argument("--labels", type=Path, help="text file, the name of a class a line")
    parser.add_argument("--name", help="name of the network (default: that of the zip)")
    parser.add_argument("--board", default="Pynq-Z2", help="board (default %(default)s)")
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the package; exit code 0."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.compiler.driver_side import answer, frame_table
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.soc.package import PackageContent, write_package
    from rbonn_hw.spec.boards import board

    if args.frames < 1:
        raise ConfigError(f"--frames {args.frames} must be at least 1")
    bitstream = _bitstream(args)
    found = _declared(args)
    table = frame_table(golden.load(args.build_dir, "head"), found)
    frames = _self_test_frames(args, table, found.meaning)
    scale = AnswerScale.read(args.build_dir)
    made = answer(args.build_dir, golden.load(args.build_dir, "tail"), scale, _labels(args))
    content = PackageContent(
        name=args.name or args.out.stem,
        board=board(args.board),
        images=table,
        answer=made,
        recorded=_record(args, frames, table, made),
        bitstream=bitstream,
    )
    try:
        package = write_package(args.build_dir, content, args.out)
    except HostError as error:
        raise ConfigError(str(error)) from None
    loads = "with bitstream" if package.has_bitstream else "without bitstream: for the virtual board only"
    print(f"{args.out}: {package.name} for {package.board}, network {package.network:#010x}, {loads}")
    print(f"input: {found.meaning.text} ({found.origin}); answer: {_answer_text(made)}")
    cycles = content.recorded.cycles
    print(f"self-test of {len(content.recorded.images)} frames, {cycles} cycles (simulated)")
    return 0


def _bitstream(args: argparse.Namespace) -> bytes | None:
    from rbonn_hw.errors import ConfigError

    path = args.bit or args.build_dir / "accelerator.bit"
    try:
        content: bytes = path.read_bytes()
    except OSError as error:
        if args.bit is None and not path.exists():
            return None
        raise ConfigError(f"{path}: {error.strerror}; give the .bit that was built") from None
    return content


def _declared(args: argparse.Namespace) -> "DeclaredInput":
    """Return what the input means: as compiled, or as this command is told."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.input_meaning import OPTION, DeclaredInput, settle

    given = read_input_options(args)
    if given is None:
        return golden.declared_input(args.build_dir)
    reference, head = (golden.load(args.build_dir, name) for name in ("reference", "head"))
    return settle(reference, head, DeclaredInput(given, OPTION))


def _self_test_frames(args: argparse.Namespace, table: "FrameTable", meaning: "InputMeaning") -> NDArray[Any]:
    from rbonn_hw.compiler import golden
    from rbonn_hw.errors import DatasetError
    from rbonn_hw.host.errors import FrameError

    if args.data is None:
        return golden.draw_frames(args.build_dir, meaning, args.frames, 0)
    try:
        with np.load(args.data, allow_pickle=False) as file:
            frames: NDArray[Any] = file["frames"][: args.frames]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"{args.data}: {error}; expected a .npz with `frames`, as `rbonn export` writes"
        ) from None
    try:
        table.check(frames)
    except FrameError as error:
        raise DatasetError(f"{args.data}: {error}") from None
    if not len(frames):
        raise DatasetError(f"{args.data}: holds no frame")
    return frames


def _record(
    args: argparse.Namespace, frames: NDArray[Any], table: "FrameTable", answer: "Answer"
) -> "Recorded":
    """Simulate the accelerator alone on the frames; it must be the network's, and the driver's tail too.

    Raises:
        MismatchError: The message says which of them is not.
    """
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.compiler.driver_side import driver_answers
    from rbonn_hw.errors import MismatchError
    from rbonn_hw.results import read_result
    from rbonn_hw.sim.accelerator import simulate
    from rbonn_hw.soc.package import Recorded

    build_dir = args.build_dir
    floats = golden.network_frames(build_dir, frames, _declared(args).meaning)
    integers = golden.to_integers(build_dir, floats)
    scale = AnswerScale.read(build_dir)
    label_select = bool(read_result(build_dir / "compile.json", "rbonn compile")["label_select"])
    qonnx, judge = golden.reference_answers(build_dir, scale, floats)
    result = simulate(build_dir, integers)
    rtl = golden.accelerator_answers(build_dir, scale, result.outputs, label_select=label_select)
    if judge.pair(qonnx, rtl).frames:
        raise MismatchError(
            f"{build_dir}: the accelerator's answers to the self-test are not the network's; run "
            f"`rbonn simulate {build_dir}` to see where"
        )
    if not np.array_equal(table.integers(frames), integers):
        raise MismatchError(f"{build_dir}: the driver's table of the input is not the network's; report this")
    outputs, classes = driver_answers(answer, judge, rtl, result.outputs)
    return Recorded(
        images=frames, integers=result.outputs, outputs=outputs, classes=classes, cycles=result.cycles
    )


def _answer_text(answer: "Answer") -> str:
    what = {"class": "a class", "scores": f"{len(answer.labels)} scores", "values": "values, no class"}
    if answer.exact:
        return f"{what[answer.kind]}, exact"
    known = "no bound is known" if answer.bound is None else f"floats within {answer.bound:.2g}"
    return f"{what[answer.kind]}, {known}"


def _labels(args: argparse.Namespace) -> tuple[str, ...] | None:
    from rbonn_hw.errors import ConfigError

    if args.labels is None:
        return None
    try:
        return tuple(line.strip() for line in args.labels.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{args.labels}: cannot be read ({error}); one label a line") from None
