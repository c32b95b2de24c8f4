"""``rbonn package``: one zip with everything that a board needs."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXAMPLE = """example:
  rbonn package build/demo --data build/demo/export/golden.npz --out build/demo/digits.zip
  rbonn package build/demo --bit build/demo/accelerator.bit --out digits.zip

Without a bitstream the package runs on the virtual board only (`rbonn board --virtual`). The frames of the
self-test come from --data (`frames`, uint8, as `rbonn export` writes them) or are random pixels.
"""
SELF_TEST_FRAMES = 24
PROBES = 64


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
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the package; exit code 0."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.soc.package import PackageContent, write_package
    from rbonn_hw.spec.boards import board

    if args.frames < 1:
        raise ConfigError(f"--frames {args.frames} must be at least 1")
    shape = golden.frame_shape(args.build_dir)
    bitstream = _bitstream(args)
    frames = _self_test_frames(args, shape)
    images = _images(args.build_dir, shape)
    recorded, answer = _record(args, frames)
    content = PackageContent(
        name=args.name or args.out.stem,
        board=board(args.board),
        images=images,
        answer=answer,
        recorded=recorded,
        bitstream=bitstream,
    )
    try:
        package = write_package(args.build_dir, content, args.out)
    except HostError as error:
        raise ConfigError(str(error)) from None
    loads = "with bitstream" if package.has_bitstream else "without bitstream: for the virtual board only"
    print(f"{args.out}: {package.name} for {package.board}, network {package.network:#010x}, {loads}")
    print(f"self-test of {len(recorded.images)} frames, {recorded.cycles} cycles (simulated)")
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


def _self_test_frames(args: argparse.Namespace, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    from rbonn_hw.errors import DatasetError

    if args.data is None:
        return np.random.default_rng(0).integers(0, 256, (args.frames, *shape)).astype(np.uint8)
    try:
        with np.load(args.data, allow_pickle=False) as file:
            frames: NDArray[np.uint8] = file["frames"][: args.frames]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(
            f"{args.data}: {error}; expected a .npz with `frames`, as `rbonn export` writes"
        ) from None
    if frames.dtype != np.uint8 or frames.shape[1:] != shape or not len(frames):
        raise DatasetError(
            f"{args.data}: frames are {frames.dtype} {list(frames.shape)}; the driver takes images of uint8 "
            f"[n, {', '.join(map(str, shape))}]"
        )
    return frames


def _images(build_dir: Path, shape: tuple[int, ...]) -> Any:
    """Find the table from pixels to integers by asking the network's head, and check it on random images."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.soc.package import Images

    channels_last = (*range(1, len(shape)), 0)
    axes = channels_last if len(shape) == 3 else tuple(range(len(shape)))
    constant = np.stack([np.full(shape, pixel, np.float32) for pixel in range(256)])
    by_channel = golden.to_integers(build_dir, constant).transpose(0, *_inverse(axes))
    table = by_channel.reshape(256, shape[0], -1)[:, :, 0].T if len(shape) == 3 else by_channel[:, :1].T
    probes = np.random.default_rng(1).integers(0, 256, (PROBES, *shape))
    expected = golden.to_integers(build_dir, probes.astype(np.float32))
    rows = np.arange(shape[0]).reshape(-1, 1, 1) if len(shape) == 3 else np.zeros(1, np.int64)
    if not np.array_equal(table[rows, probes].transpose(0, *(axis + 1 for axis in axes)), expected):
        raise ConfigError(
            f"{build_dir}: what comes before the accelerator is no table from pixels to integers; let the "
            "network begin with a quantizer of its pixels 0 .. 255"
        )
    equal = bool(np.all(table == table[0]))
    return Images(shape=shape, axes=axes, table=table[0] if equal else table)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 + axes.index(axis) for axis in range(len(axes)))


def _record(args: argparse.Namespace, frames: NDArray[np.uint8]) -> tuple[Any, Any]:
    """Simulate the accelerator alone on the frames, and compare its scores with the network's."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.errors import MismatchError
    from rbonn_hw.results import read_result
    from rbonn_hw.sim.accelerator import simulate
    from rbonn_hw.soc.package import Recorded

    floats = frames.astype(np.float32)
    result = simulate(args.build_dir, golden.to_integers(args.build_dir, floats))
    flat = result.outputs.reshape(len(frames), -1)
    reference = golden.reference_scores(args.build_dir, floats).reshape(len(frames), -1)
    label_select = bool(read_result(args.build_dir / "compile.json", "rbonn compile")["label_select"])
    answer = _answer(args, flat.shape[1], label_select, reference.shape[1])
    if label_select:
        classes, agrees = flat[:, 0], bool(np.array_equal(flat[:, 0], reference.argmax(axis=1)))
    else:
        scores = flat * np.asarray(answer.scale, np.float32) + np.asarray(answer.offset, np.float32)
        classes = scores.argmax(axis=1)
        agrees = bool(np.array_equal(classes, reference.argmax(axis=1)))
    if not agrees:
        raise MismatchError(
            f"{args.build_dir}: the accelerator's classes of the self-test are not the network's; run "
            f"`rbonn simulate {args.build_dir}` to see where"
        )
    return Recorded(images=frames, integers=result.outputs, classes=classes, cycles=result.cycles), answer


def _answer(args: argparse.Namespace, outputs: int, label_select: bool, classes: int) -> Any:
    """Find what the network's tail does to each score: a scale and an offset."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.soc.package import Answer

    labels = _labels(args, classes)
    if label_select:
        return Answer(labels=labels)
    shape = golden.load(args.build_dir, "tail").get_tensor_shape("out0")[1:]
    ends = [np.full((1, *shape), value, np.int64) for value in (0, 1)]
    offset, one = (golden.to_scores(args.build_dir, end).reshape(-1) for end in ends)
    scale = tuple(float(value) for value in one - offset)
    return Answer(scale=scale, offset=tuple(float(value) for value in offset), labels=labels)


def _labels(args: argparse.Namespace, classes: int) -> tuple[str, ...]:
    from rbonn_hw.errors import ConfigError

    if args.labels is None:
        return tuple(str(number) for number in range(classes))
    try:
        lines = tuple(line.strip() for line in args.labels.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{args.labels}: cannot be read ({error}); one label a line") from None
    if len(lines) != classes:
        raise ConfigError(f"{args.labels}: has {len(lines)} labels, the network {classes} classes")
    return lines
