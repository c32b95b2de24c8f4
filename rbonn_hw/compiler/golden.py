"""Answers of a compiled network without its RTL: the reference file, the head and tail, FINN's graph.

All functions read a build folder (``rbonn compile``); frames are [n, ...] in the network's own input shape.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from finn.core.onnx_exec import execute_onnx
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler import finn_session
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.driver_side import frame_table
from rbonn_hw.compiler.exact import ExactRun, run_exactly
from rbonn_hw.compiler.frontend import evaluate, execute
from rbonn_hw.compiler.graph_file import load_graph
from rbonn_hw.compiler.input_meaning import ASSUMED, DeclaredInput
from rbonn_hw.compiler.input_table import Order
from rbonn_hw.compiler.verdict import Answers, Judge, largest_class
from rbonn_hw.errors import ConfigError, ShapeError, UnsupportedOperatorError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.pixels import network_input, raw_shape
from rbonn_hw.results import Document, read_result
from rbonn_hw.spec.input import InputMeaning

Floats = NDArray[np.float32]


def load(build_dir: Path, name: str) -> ModelWrapper:
    """Load one of the graphs of a build folder.

    Raises:
        ConfigError: It is not there, or not as it was written.
    """
    return load_graph(build_dir / f"{name}.onnx", f"rbonn compile NETWORK --out {build_dir} --force")


def frame_shape(build_dir: Path) -> tuple[int, ...]:
    """Return the shape of one frame as the network takes it, without the batch."""
    model = load(build_dir, "reference")
    return tuple(int(size) for size in model.get_tensor_shape(model.graph.input[0].name)[1:])


def declared_input(build_dir: Path) -> DeclaredInput:
    """Return what the network's input was declared to be, or taken for."""
    return DeclaredInput.from_result(_compiled(build_dir))


def _compiled(build_dir: Path) -> Document:
    return read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")


def network_frames(build_dir: Path, frames: NDArray[Any], meaning: InputMeaning | None = None) -> Floats:
    """Return the network's floats [n, ...] of frames as they are given: images, integers or floats.

    Args:
        build_dir: Build folder.
        frames: [n, ...].
        meaning: What they mean; by default what was declared.

    Raises:
        ShapeError: They are of another shape or type than the network's.
    """
    shape, meaning = frame_shape(build_dir), meaning or declared_input(build_dir).meaning
    axis = channel_axis(build_dir)
    expected = shape if frames.dtype.kind == "f" else raw_shape(meaning, shape, axis)
    _check_shape(build_dir, frames, expected)
    return network_input(meaning, frames, shape, axis)


def _check_shape(build_dir: Path, frames: NDArray[Any], expected: tuple[int, ...]) -> None:
    if frames.shape[1:] != expected or not len(frames):
        raise ShapeError(
            f"data has shape {list(frames.shape)}, the network in {build_dir} takes [n, "
            f"{', '.join(map(str, expected))}] with n >= 1; give data of the set it was trained on"
        )


def stream_integers(build_dir: Path, frames: NDArray[Any]) -> Ints:
    """Return what the accelerator is fed, [n, *stream shape], for frames as they are given.

    Pixels are looked up in the driver's table where there is one, which takes a tenth of the time.

    Raises:
        ShapeError: They are of another shape or type than the network's.
    """
    found = declared_input(build_dir)
    if frames.dtype == np.uint8 and found.meaning.kind == "uint8":
        try:
            table = frame_table(load(build_dir, "head"), found)
        except (ConfigError, UnsupportedOperatorError):
            return to_integers(build_dir, network_frames(build_dir, frames))
        _check_shape(build_dir, frames, table.shape)
        looked_up: Ints = table.integers(frames)
        return looked_up
    return to_integers(build_dir, network_frames(build_dir, frames))


def raw_frame_shape(build_dir: Path) -> tuple[int, ...]:
    """Return the shape of one frame as it is given: of an image declared as HWC with the channels last."""
    return raw_shape(declared_input(build_dir).meaning, frame_shape(build_dir), channel_axis(build_dir))


def channel_axis(build_dir: Path) -> int:
    """Return the axis of the channels in the network's frames; the first, where that cannot be told."""
    try:
        return Order.of(load(build_dir, "head")).channel_axis
    except UnsupportedOperatorError:
        return 0


def to_integers(build_dir: Path, frames: Floats) -> Ints:
    """Run the head: what the accelerator is fed, [n, *stream shape]."""
    return np.rint(execute(load(build_dir, "head"), frames)).astype(np.int64)


def to_scores(build_dir: Path, outputs: Ints) -> Floats:
    """Run the tail: what the network answers, from the accelerator's integers [n, *stream shape]."""
    return execute(load(build_dir, "tail"), outputs.astype(np.float32))


def reference_scores(build_dir: Path, frames: Floats) -> Floats:
    """Run the QONNX file that was compiled, by QONNX's own execution."""
    return execute(load(build_dir, "reference"), frames)


def reference_answers(build_dir: Path, scale: AnswerScale, frames: Floats) -> tuple[Answers, Judge]:
    """Run the QONNX file that was compiled; return its answers, and the judge of those of others.

    Its integers and classes are those of exact sums, its floats those of QONNX's float32 execution.
    """
    model = load(build_dir, "reference")
    output = model.graph.output[0].name
    names = list(dict.fromkeys(name for name in (output, scale.tensor, scale.scores) if name))
    plain = evaluate(model, frames, names)
    if scale.lattices:
        run = run_exactly(model, scale.lattices, frames, names, scale.tensor)
    else:
        integers = np.rint(_flat(plain[scale.tensor]) / scale.unit()).astype(np.int64)
        run = ExactRun(plain, integers, np.zeros(integers.shape), np.zeros(len(frames), np.bool_))
    exact = run.values
    answers = Answers(
        integers=_flat(run.integers),
        outputs=_flat(plain[output]),
        classes=_classes(scale, _flat(exact[output])),
    )
    judge = Judge(
        scale,
        _flat(exact[scale.scores or output]),
        _flat(run.lost),
        run.ambiguous,
        Answers(integers=answers.integers, outputs=_flat(exact[output]), classes=answers.classes),
    )
    return answers, judge


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape(len(values), -1)


def accelerator_answers(build_dir: Path, scale: AnswerScale, stored: Ints, *, label_select: bool) -> Answers:
    """Return what the accelerator's integers ``[n, *stream shape]`` answer, tail included."""
    flat = stored.reshape(len(stored), -1)
    if label_select:
        return Answers(integers=flat, outputs=None, classes=flat)
    outputs = to_scores(build_dir, stored).reshape(len(stored), -1)
    integers = scale.integers(stored).reshape(len(stored), -1)
    return Answers(integers=integers, outputs=outputs, classes=_classes(scale, outputs))


def float_answers(scale: AnswerScale, outputs: NDArray[Any]) -> Answers:
    """Return what a network's float outputs ``[n, outputs]`` answer, whoever computed them."""
    return Answers(integers=None, outputs=outputs, classes=_classes(scale, outputs))


def _classes(scale: AnswerScale, outputs: NDArray[Any]) -> Ints | None:
    """Return the classes: what the network itself selects, else the largest of its scores."""
    if not scale.classifies:
        return None
    return np.rint(outputs).astype(np.int64) if scale.scores else largest_class(outputs)


def output_shape(build_dir: Path) -> tuple[int, ...]:
    """Return the shape of what the network answers to one frame."""
    model = load(build_dir, "reference")
    return tuple(int(size) for size in model.get_tensor_shape(model.graph.output[0].name)[1:])


def random_frames(build_dir: Path, count: int, seed: int) -> NDArray[Any]:
    """Draw frames as the declaration has them; undeclared ones over the range of the first quantizer."""
    found = declared_input(build_dir)
    meaning = InputMeaning(kind="floats") if found.origin == ASSUMED else found.meaning
    return draw_frames(build_dir, meaning, count, seed)


def draw_frames(build_dir: Path, meaning: InputMeaning, count: int, seed: int) -> NDArray[Any]:
    """Draw frames [n, ...] of a meaning."""
    shape, rng = frame_shape(build_dir), np.random.default_rng(seed)
    if meaning.kind == "integers":
        low, high = meaning.integer_range
        drawn = rng.integers(low, high + 1, (count, *shape))
        return np.where(drawn == 0, 1, drawn) if meaning.dtype == "BIPOLAR" else drawn
    if meaning.kind == "uint8":
        return rng.integers(0, 256, (count, *raw_shape(meaning, shape, channel_axis(build_dir)))).astype(
            np.uint8
        )
    low_float, high_float = meaning.range or _quantizer_range(build_dir, shape)
    return rng.uniform(low_float, high_float, (count, *shape)).astype(np.float32)


def _quantizer_range(build_dir: Path, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return twice the range in which the network's first quantizer is not saturated.

    The range is found by asking the head for constant frames of value 0 and +-2^k.
    """
    powers = 2.0 ** np.arange(-10, 11)
    grid = np.concatenate([-powers[::-1], [0.0], powers]).astype(np.float32)
    levels = np.stack([to_integers(build_dir, np.full((1, *shape), value))[0] for value in grid])
    moves = np.flatnonzero(np.any(levels[1:] != levels[:-1], axis=tuple(range(1, levels.ndim))))
    if not moves.size:
        return -1.0, 1.0
    low, high = float(grid[moves[0]]), float(grid[moves[-1] + 1])
    margin = (high - low) / 2
    return low - margin, high + margin


def finn_outputs(build_dir: Path, inputs: Ints, progress: Callable[[int], None]) -> Ints:
    """Run FINN's hardware graph frame by frame, by FINN's own ``execute_onnx`` in Python.

    Args:
        build_dir: Build folder.
        inputs: [n, *stream shape], from :func:`to_integers`.
        progress: Called with the number of frames done.
    """
    finn_session.start(build_dir / "finn")
    model = load(build_dir, "finn")
    source, sink = model.graph.input[0].name, model.graph.output[0].name
    outputs = []
    for done, frame in enumerate(inputs):
        result = execute_onnx(model, {source: frame[None].astype(np.float32)})[sink]
        outputs.append(np.rint(result[0]).astype(np.int64))
        progress(done + 1)
    return np.stack(outputs)
