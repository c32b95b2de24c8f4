"""Packaging: a build folder in, one zip with everything that a board needs out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbonn_hw.compiler.input_meaning import DeclaredInput
    from rbonn_hw.host.answer import Answer
    from rbonn_hw.host.frames import FrameTable
    from rbonn_hw.host.package import Package
    from rbonn_hw.soc.package import Recorded
    from rbonn_hw.spec.board import Board
    from rbonn_hw.spec.input import InputMeaning


@dataclass(frozen=True, slots=True)
class Packaged:
    """A written package.

    Attributes:
        package: It, opened.
        input: What its driver takes for the network's input.
        answer: What its driver makes of the accelerator's integers.
        recorded: Frames, answers and cycles of the self-test (simulated).
    """

    package: "Package"
    input: "DeclaredInput"
    answer: "Answer"
    recorded: "Recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """Arguments of :func:`package`."""

    build_dir: Path
    bit: Path | None
    data: Path | None
    frames: int
    labels: Path | None
    input_meaning: "InputMeaning | None"


def package(
    build_dir: Path | str,
    out: Path | str,
    *,
    bit: Path | str | None = None,
    data: Path | str | None = None,
    frames: int = 24,
    labels: Path | str | None = None,
    name: str | None = None,
    board: str = "Pynq-Z2",
    input_meaning: "InputMeaning | None" = None,
) -> Packaged:
    """Write a zip of bitstream, driver, metadata and self-test.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        out: Zip to write.
        bit: Bitstream; None takes BUILD_DIR/accelerator.bit if it is there. Without one the package is
            for the virtual board.
        data: .npz with ``frames`` for the self-test; None for random ones.
        frames: Frames of the self-test.
        labels: Text file, the name of a class a line.
        name: Of the network; None for that of the zip.
        board: Name of the board.
        input_meaning: What the network's input is; None for what it was compiled with.

    Raises:
        ConfigError: A file cannot be read, or is somebody else's and would be overwritten; a setting is out
            of its range; the folder's bitstream is of other RTL than the folder holds.
        DatasetError: The frames are not the network's.
        MismatchError: The accelerator's or the driver's answers to the self-test are not the network's.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.ownership import check_file
    from rbonn_hw.soc.package import is_package
    from rbonn_hw.spec import boards

    if frames < 1:
        raise ConfigError(f"frames: {frames} must be at least 1")
    folder, target = Path(build_dir), Path(out)
    bit, data, labels = (None if path is None else Path(path) for path in (bit, data, labels))
    request = _Request(
        build_dir=folder, bit=bit, data=data, frames=frames, labels=labels, input_meaning=input_meaning
    )
    check_file(target, "package", is_ours=is_package(target), inputs=(bit, data, labels))
    with at_work(folder, "package"):
        return _pack(request, target, name or target.stem, boards.board(board))


def _pack(request: _Request, target: Path, name: str, board: "Board") -> Packaged:
    from rbonn_hw.api.edited import edited_files
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.compiler.driver_side import answer, frame_table, with_boxes
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.soc.package import PackageContent, write_package

    folder = request.build_dir
    edited_files(folder)
    bitstream = _bitstream(request)
    found = _declared(request)
    table = frame_table(golden.load(folder, "head"), found)
    images = _self_test_frames(request, table, found.meaning)
    scale = AnswerScale.read(folder)
    labels = _labels(request)
    made = answer(folder, golden.load(folder, "tail"), scale, labels)
    made = with_boxes(made, folder, golden.load(folder, "reference"), scale, labels)
    content = PackageContent(
        name=name,
        board=board,
        images=table,
        answer=made,
        recorded=_record(request, images, table, made),
        bitstream=bitstream,
    )
    try:
        written = write_package(folder, content, target)
    except HostError as error:
        raise ConfigError(str(error)) from None
    return Packaged(written, found, made, content.recorded)


def _bitstream(request: "_Request") -> bytes | None:
    from rbonn_hw.errors import ConfigError

    path = request.bit or request.build_dir / "accelerator.bit"
    try:
        content: bytes = path.read_bytes()
    except OSError as error:
        if request.bit is None and not path.exists():
            return None
        raise ConfigError(f"{path}: {error.strerror}; give the .bit that was built") from None
    if request.bit is None:
        _check_of_this_rtl(request.build_dir, path)
    return content


def _check_of_this_rtl(build_dir: Path, bitstream: Path) -> None:
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.results import read_result
    from rbonn_hw.soc.sources import rtl_hash

    made = read_result(build_dir / "bitstream.json", f"rbonn bitstream {build_dir}")
    if made.get("rtl") != rtl_hash(build_dir):
        raise ConfigError(
            f"{bitstream} was made of other RTL than {build_dir / 'rtl'} holds; run `rbonn bitstream` again, "
            f"or give it with --bit {bitstream} to pack it all the same"
        )


def _declared(request: _Request) -> "DeclaredInput":
    """Return what the input means: as compiled, or as this command is told."""
    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.input_meaning import OPTION, DeclaredInput, settle

    given = request.input_meaning
    if given is None:
        return golden.declared_input(request.build_dir)
    reference, head = (golden.load(request.build_dir, name) for name in ("reference", "head"))
    return settle(reference, head, DeclaredInput(given, OPTION))


def _self_test_frames(request: _Request, table: "FrameTable", meaning: "InputMeaning") -> "NDArray[Any]":

    from rbonn_hw.arrays import read_arrays
    from rbonn_hw.compiler import golden
    from rbonn_hw.errors import DatasetError
    from rbonn_hw.host.errors import FrameError

    if request.data is None:
        return golden.draw_frames(request.build_dir, meaning, request.frames, 0)
    arrays = read_arrays(request.data)
    if "frames" not in arrays or arrays["frames"].ndim < 2:
        raise DatasetError(f"{request.data}: holds {sorted(arrays)}; it must hold `frames` [n, ...]")
    frames: NDArray[Any] = arrays["frames"][: request.frames]
    try:
        table.check(frames)
    except FrameError as error:
        raise DatasetError(f"{request.data}: {error}") from None
    if not len(frames):
        raise DatasetError(f"{request.data}: holds no frame")
    return frames


def _record(request: _Request, frames: "NDArray[Any]", table: "FrameTable", answer: "Answer") -> "Recorded":
    """Simulate the accelerator alone on the frames; it must be the network's, and the driver's tail too.

    Raises:
        MismatchError: The message says which of them is not.
    """
    import numpy as np

    from rbonn_hw.compiler import golden
    from rbonn_hw.compiler.answer import AnswerScale
    from rbonn_hw.compiler.driver_side import driver_answers
    from rbonn_hw.errors import MismatchError
    from rbonn_hw.results import read_result
    from rbonn_hw.sim.accelerator import simulate
    from rbonn_hw.soc.package import Recorded

    build_dir = request.build_dir
    floats = golden.network_frames(build_dir, frames, _declared(request).meaning)
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


def _labels(request: _Request) -> tuple[str, ...] | None:
    from rbonn_hw.errors import ConfigError

    if request.labels is None:
        return None
    try:
        return tuple(line.strip() for line in request.labels.read_text().splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{request.labels}: cannot be read ({error}); one label a line") from None
