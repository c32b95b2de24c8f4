"""What the driver does before and after an accelerator: frames to integers, integers to answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.frontend import Lowered
from rbonn_hw.compiler.input_meaning import ANSWERS, ASSUMED, DeclaredInput
from rbonn_hw.compiler.input_table import Order, check_rising, float_steps, pixel_table
from rbonn_hw.compiler.tail_steps import TailSteps
from rbonn_hw.compiler.verdict import Answers, Judge
from rbonn_hw.errors import ConfigError, MismatchError, UnsupportedOperatorError
from rbonn_hw.host.answer import Answer
from rbonn_hw.host.detector import Detector
from rbonn_hw.host.frames import FrameTable
from rbonn_hw.packing import Ints
from rbonn_hw.ref.pixels import is_turned, raw_shape
from rbonn_hw.results import read_result
from rbonn_hw.spec.boxes import METADATA_KEY, BoxMeaning


def refusals(lowered: Lowered, found: DeclaredInput, *, label_select: bool) -> list[str]:
    """Return why a network cannot be packed for a board, as far as that is known before it is tried.

    Args:
        lowered: The network.
        found: What its input means.
        label_select: Whether the accelerator answers with the class.
    """
    reasons = []
    for check in (_check_head, _check_tail)[: 1 if label_select else 2]:
        try:
            check(lowered, found)
        except (ConfigError, UnsupportedOperatorError) as error:
            reasons.append(str(error))
    return reasons


def _check_head(lowered: Lowered, found: DeclaredInput) -> None:
    _check_declared(found)
    Order.of(lowered.head).axes(found.meaning)
    if found.meaning.kind == "floats":
        check_rising(lowered.head)


def _check_tail(lowered: Lowered, found: DeclaredInput) -> None:
    del found
    TailSteps(lowered.tail, int(lowered.output.low.min()), int(lowered.output.high.max())).build()


def _check_declared(found: DeclaredInput) -> None:
    if found.origin == ASSUMED and found.warning:
        raise ConfigError(f"the meaning of the input is not declared: {found.warning}; {ANSWERS}")


def frame_table(head: ModelWrapper, found: DeclaredInput) -> FrameTable:
    """Return how the driver makes the accelerator's integers of frames as they are given.

    Raises:
        ConfigError: Nobody said what the input is, and pixels as they are cannot be right.
        UnsupportedOperatorError: What stands before the first quantizer is no table.
    """
    meaning = found.meaning
    _check_declared(found)
    order = Order.of(head)
    shape = raw_shape(meaning, order.shape, order.channel_axis)
    channel_axis = 2 if is_turned(meaning, order.shape, order.channel_axis) else order.channel_axis
    stream = tuple(int(size) for size in head.get_tensor_shape(head.graph.output[0].name)[1:])
    common = (meaning.kind, shape, order.axes(meaning), stream, channel_axis, meaning.text)
    if meaning.kind == "integers":
        low, high = meaning.integer_range
        return FrameTable(*common, low=low, high=high, bipolar=meaning.dtype == "BIPOLAR")
    if meaning.kind == "uint8":
        return FrameTable(*common, table=_merged(pixel_table(head, order, meaning)))
    stairs = float_steps(head, order)
    rows = np.stack([stairs.lowest, stairs.falling.astype(np.int64)], axis=1)
    if np.all(rows == rows[:1]) and np.all(stairs.steps == stairs.steps[:1]):
        return FrameTable(
            *common, lowest=stairs.lowest[:1], falling=stairs.falling[:1], steps=stairs.steps[:1]
        )
    return FrameTable(*common, lowest=stairs.lowest, falling=stairs.falling, steps=stairs.steps)


def _merged(rows: Ints) -> NDArray[np.int64]:
    """Return one row where all are equal."""
    return rows[0] if np.all(rows == rows[:1]) else rows


def answer(build_dir: Path, tail: ModelWrapper, scale: AnswerScale, labels: tuple[str, ...] | None) -> Answer:
    """Return how the driver makes scores and classes of the accelerator's integers.

    Args:
        build_dir: Build folder.
        tail: The network from the accelerator's integers on.
        scale: What these integers mean.
        labels: Name of every class; None to number them.

    Raises:
        ConfigError: Another number of labels than classes.
        UnsupportedOperatorError: A node that the driver cannot run.
    """
    compiled = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    outputs = int(np.prod(tail.get_tensor_shape(tail.graph.input[0].name)))
    if compiled["label_select"]:
        return Answer("class", _labels(labels, outputs), None, exact=True, bound=0.0)
    low, high = compiled["output_range"]
    steps = TailSteps(tail, int(low), int(high))
    made = steps.build()
    bound = 0.0 if steps.exact else scale.bound
    if not scale.classifies:
        return Answer("values", (), made, steps.exact, bound)
    ranked = scale.scores or tail.graph.output[0].name
    classes = int(np.prod(tail.get_tensor_shape(ranked)))
    return Answer("class" if scale.scores else "scores", _labels(labels, classes), made, steps.exact, bound)


def with_boxes(
    answer: Answer,
    build_dir: Path,
    reference: ModelWrapper,
    scale: AnswerScale,
    labels: tuple[str, ...] | None,
) -> Answer:
    """Return what the driver makes of a detector's integers; the answer as it is of any other network.

    Args:
        answer: Of the network.
        build_dir: Build folder.
        reference: The network, whose metadata say what its map means.
        scale: What the accelerator's integers mean.
        labels: Name of every class; None to number them.

    Raises:
        ConfigError: The network's output are not these integers, or no map of a detector; another number of
            labels than classes.
    """
    entries = {entry.key: entry.value for entry in reference.model.metadata_props}
    if METADATA_KEY not in entries:
        return answer
    where = f"{build_dir}: metadata {METADATA_KEY}"
    meaning = BoxMeaning.from_json(entries[METADATA_KEY], where)
    if not (scale.direct and answer.exact and np.all(scale.scale == 1)):
        raise ConfigError(
            f"{where}: the network's output is no map of integers; end it with the layer of boxes"
        )
    compiled = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    ends = [scale.step * int(end) + scale.offset for end in compiled["output_range"]]
    graph = reference.graph
    frame = reference.get_tensor_shape(graph.input[0].name)[2:]
    made = Detector.of(
        meaning.classes,
        meaning.anchors,
        (int(frame[0]), int(frame[1])),
        step=meaning.step,
        low=int(np.min(ends)),
        high=int(np.max(ends)),
    )
    shape = tuple(reference.get_tensor_shape(graph.output[0].name)[1:])
    if not made.fits(shape):
        raise ConfigError(
            f"{where}: an output of {list(shape)} is no map of {meaning}; export the network again"
        )
    return replace(answer, kind="boxes", labels=_labels(labels, meaning.classes), detector=made)


def driver_answers(
    answer: Answer, judge: Judge, accelerator: Answers, integers: Ints
) -> tuple[NDArray[Any], Ints]:
    """Run the driver's tail on integers of the accelerator, and compare it with QONNX's execution.

    Args:
        answer: The driver's tail.
        judge: Of answers to the same frames.
        accelerator: What QONNX makes of the integers.
        integers: [n, *output shape].

    Returns:
        The network's outputs [n, ...] by QONNX, and the driver's classes [n], -1 where there are none.

    Raises:
        MismatchError: The driver's are others.
    """
    outputs = answer.outputs(integers)
    none = np.full(len(integers), -1, np.int64)
    classes = answer.classes(integers) if answer.classifies else none
    if accelerator.outputs is None:
        return outputs, classes
    flat = outputs.reshape(len(outputs), -1)
    first = None if accelerator.classes is None else accelerator.classes[:, :1]
    expected = Answers(integers=None, outputs=accelerator.outputs, classes=first)
    found = Answers(integers=None, outputs=flat, classes=None if first is None else classes[:, None])
    if judge.pair(expected, found).frames or (answer.exact and not np.array_equal(flat, accelerator.outputs)):
        raise MismatchError(
            "the integers agree, but what the driver makes of them is not what the network does; compile "
            "with --label-select, and report this network"
        )
    return accelerator.outputs.reshape(outputs.shape), classes


def _labels(labels: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    if labels is None:
        return tuple(str(number) for number in range(classes))
    if len(labels) != classes:
        raise ConfigError(f"{len(labels)} labels for {classes} classes; name every class, one label a line")
    return labels
