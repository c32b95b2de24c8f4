"""The verdict: right implementations with float scales are equal, one wrong integer is found by each pair."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, save

from rbonn_hw.compiler import golden
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.frontend import Lowered, execute, lower
from rbonn_hw.compiler.graph_file import save_graph
from rbonn_hw.compiler.verdict import Answers, Judge, PairVerdict, floats_of_data, largest_class
from rbonn_hw.errors import DatasetError

QONNX = "qonnx.custom_op.general"
LABELS = 5
FRAMES = 40
NEVER, EXACT = np.zeros(2, np.bool_), np.zeros((2, 3))
Tail = Sequence[tuple[str, dict[str, Any]]]
TAILS: dict[str, Tail] = {
    "scores": (),
    "softmax": (("Softmax", {"axis": 1}),),
    "log-softmax": (("LogSoftmax", {"axis": 1}),),
    "sigmoid": (("Sigmoid", {}),),
    "tanh of leaky relu": (("LeakyRelu", {"alpha": 0.1}), ("Tanh", {})),
    "softmax of relu": (("Relu", {}), ("Softmax", {"axis": 1})),
    "arg-max": (("ArgMax", {"axis": 1, "keepdims": 1}),),
    "reshape": (("Flatten", {"axis": 1}), ("Identity", {})),
}


def _quant(x: str, scale: str, bits: str, y: str, *, signed: int = 1) -> Any:
    return helper.make_node(
        "Quant", [x, scale, "zero", bits], [y], f"{y}_quant", domain=QONNX,
        signed=signed, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip


def _save(
    path: Path, nodes: Sequence[Any], constants: dict[str, Any], out: Any, shape: Sequence[int]
) -> Path:
    values = {"zero": 0.0, "four": 4.0, "eight": 8.0, "s": 0.0137, "t": 0.0371, "v": 0.1373, **constants}
    used = {name for node in nodes for name in node.input}
    initializers = [
        value if isinstance(value, np.ndarray) and value.dtype == np.int64 else np.asarray(value, np.float32)
        for name, value in values.items()
        if name in used
    ]
    names = [name for name in values if name in used]
    graph = helper.make_graph(
        list(nodes), "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], [out],
        [numpy_helper.from_array(value, name) for name, value in zip(names, initializers, strict=True)],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
    return path


def _classifier(path: Path, tail: Tail) -> Path:
    """Save quantizer, product, ReLU quantizer, product, tail; no scale is a power of two."""
    rng = np.random.default_rng(3)
    nodes = [
        _quant("x", "s", "eight", "a"), _quant("w", "v", "four", "wq"),
        helper.make_node("MatMul", ["a", "wq"], ["b"], "first"),
        helper.make_node("Relu", ["b"], ["c"], "relu"),
        _quant("c", "t", "four", "d", signed=0), _quant("u", "v", "four", "uq"),
        helper.make_node("MatMul", ["d", "uq"], ["e"], "last"),
    ]  # fmt: skip
    last = "e"
    for number, (kind, attributes) in enumerate(tail):
        nodes.append(helper.make_node(kind, [last], [f"t{number}"], f"{kind}{number}", **attributes))
        last = f"t{number}"
    selects = bool(tail) and tail[-1][0] == "ArgMax"
    kind, width = (TensorProto.INT64, 1) if selects else (TensorProto.FLOAT, LABELS)
    constants = {"w": rng.normal(0, 0.5, (16, 12)), "u": rng.normal(0, 0.5, (12, LABELS))}
    return _save(path, nodes, constants, helper.make_tensor_value_info(last, kind, [1, width]), [1, 16])


class Bench:
    """A network whose accelerator is its integer graph, executed by QONNX, and its judge."""

    def __init__(self, path: Path, *, seed: int = 0) -> None:
        self.folder = path.parent
        lowered: Lowered = lower(path)
        AnswerScale.of(lowered).write(self.folder)
        save_graph(lowered.reference, self.folder / "reference.onnx")
        save_graph(lowered.tail, self.folder / "tail.onnx")
        self.scale = AnswerScale.read(self.folder)
        shape = lowered.reference.get_tensor_shape("global_in")
        frames = np.random.default_rng(seed).uniform(-2, 2, (FRAMES, *shape[1:])).astype(np.float32)
        self.reference, self.judge = golden.reference_answers(self.folder, self.scale, frames)
        integers = execute(lowered.lowered, execute(lowered.head, frames))
        self.stored = np.rint(integers).astype(np.int64)
        assert np.any(self.stored != self.stored[0])

    def accelerator(self, stored: NDArray[np.int64]) -> Answers:
        """Return what integers of the accelerator answer."""
        return golden.accelerator_answers(self.folder, self.scale, stored, label_select=False)

    def wrong(self, frame: int) -> NDArray[np.int64]:
        """Return the accelerator's integers with one of a frame off by one stored unit."""
        stored = self.stored.copy()
        largest = int(stored[frame].argmax())
        stored[frame].reshape(-1)[largest] -= 1
        return stored

    def floats(self, outputs: NDArray[Any]) -> Answers:
        """Return what floats answer."""
        return golden.float_answers(self.scale, outputs)

    def shaken(self) -> Answers:
        """Return the reference's floats as another order of summation leaves them: a last bit up or down."""
        assert self.reference.outputs is not None
        outputs = self.reference.outputs
        if self.scale.scores:
            return self.floats(outputs)
        steps = np.random.default_rng(5).choice([-np.inf, np.inf], outputs.shape).astype(np.float32)
        return self.floats(np.nextafter(outputs, steps))


@pytest.mark.parametrize("tail", TAILS)
def test_right_answers_with_float_scales_are_equal(tail: str, tmp_path: Path) -> None:
    bench = Bench(_classifier(tmp_path / "net.onnx", TAILS[tail]))
    right = bench.accelerator(bench.stored)

    verdicts = bench.judge.pairs({"pytorch": bench.shaken(), "qonnx": bench.reference, "rtl": right})

    assert list(verdicts) == ["pytorch-qonnx", "pytorch-rtl", "qonnx-rtl"]
    for verdict in verdicts.values():
        assert (verdict.compared, verdict.frames, verdict.integers) == (FRAMES, 0, 0)
        assert verdict.classes == verdict.ties
    if not bench.scale.scores:
        assert bench.scale.bound is not None
        assert 0 < bench.scale.bound < 1e-3


@pytest.mark.parametrize("tail", TAILS)
def test_one_wrong_integer_is_one_frame(tail: str, tmp_path: Path) -> None:
    bench = Bench(_classifier(tmp_path / "net.onnx", TAILS[tail]))
    right, wrong = bench.accelerator(bench.stored), bench.accelerator(bench.wrong(7))
    # A net that answers a class shows a changed integer to PyTorch only where the class changes.
    pairs = {"qonnx": bench.reference, "finn": right}
    if not bench.scale.scores:
        pairs = {"pytorch": bench.shaken(), **pairs}

    for name, other in pairs.items():
        verdict = bench.judge.pair(other, wrong)
        assert verdict.frames == 1, name
        assert verdict.integers >= 1, name
        assert bench.judge.pair(wrong, other).frames == 1, name


def _bipolar(path: Path) -> Path:
    nodes = [
        helper.make_node("BipolarQuant", ["x", "t"], ["a"], "sign_in", domain=QONNX),
        helper.make_node("BipolarQuant", ["w", "v"], ["wq"], "sign_w", domain=QONNX),
        helper.make_node("MatMul", ["a", "wq"], ["b"], "product"),
        helper.make_node("BipolarQuant", ["b", "t"], ["y"], "sign_out", domain=QONNX),
    ]
    constants = {"w": np.random.default_rng(1).normal(size=(15, LABELS))}
    return _save(
        path, nodes, constants, helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, LABELS]), [1, 15]
    )


def _map(path: Path) -> Path:
    nodes = [
        _quant("x", "s", "eight", "a"), _quant("w", "v", "four", "wq"),
        helper.make_node("Conv", ["a", "wq"], ["y"], "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]  # fmt: skip
    constants = {"w": np.random.default_rng(1).normal(0, 0.5, (3, 2, 3, 3))}
    return _save(
        path,
        nodes,
        constants,
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 4, 5]),
        [1, 2, 4, 5],
    )


@pytest.mark.parametrize("make", [_bipolar, _map])
def test_maps_and_signs(make: Any, tmp_path: Path) -> None:
    bench = Bench(make(tmp_path / "net.onnx"))
    right = bench.accelerator(bench.stored)
    assert bench.reference.integers is not None
    assert bench.reference.outputs is not None
    unit = 0.0371 if make is _bipolar else 0.0137 * 0.1373
    assert np.allclose(bench.reference.outputs, bench.reference.integers * unit, rtol=1e-5, atol=1e-6)
    for other in (bench.reference, bench.shaken()):
        assert bench.judge.pair(other, right).frames == 0
        verdict = bench.judge.pair(other, bench.accelerator(bench.wrong(3)))
        assert (verdict.frames, verdict.integers) == (1, 1)
    assert (bench.reference.classes is None) == (make is _map)


def _scale(**changes: Any) -> AnswerScale:
    values: dict[str, Any] = {
        "tensor": "y", "shape": (3,), "scale": np.full(3, 0.1), "step": np.ones(3, np.int64),
        "offset": np.zeros(3, np.int64), "order": np.arange(3), "noise": np.zeros(3), "direct": True,
        "bound": 1e-6, "classifies": True, "scores": "", "scores_bound": None, "lattices": {},
    }  # fmt: skip
    return AnswerScale(**{**values, **changes})


def _exact(integers: NDArray[Any], unit: float = 0.1) -> Answers:
    outputs = (integers * unit).astype(np.float32)
    return Answers(integers=integers, outputs=outputs, classes=largest_class(outputs))


def _only_floats(outputs: NDArray[Any]) -> Answers:
    return Answers(integers=None, outputs=outputs, classes=largest_class(outputs))


def test_a_class_may_differ_only_where_the_reference_has_a_tie() -> None:
    scores = np.array([[0.5, 0.5, 0.1], [0.5, 0.4, 0.1]], np.float32)
    judge = Judge(_scale(direct=False), scores, EXACT, NEVER)
    other = np.array([[0.5, 0.50000006, 0.1], [0.4, 0.5, 0.1]], np.float32)

    verdict = judge.pair(_only_floats(scores), _only_floats(other))

    assert (verdict.classes, verdict.ties, verdict.frames) == (2, 1, 1)
    assert judge.pair(_only_floats(scores[:1]), _only_floats(other[:1])).frames == 0


def test_a_class_is_compared_with_the_class_of_scores() -> None:
    scores = np.array([[0.5, 0.2, 0.1], [0.1, 0.2, 0.2]], np.float32)
    judge = Judge(_scale(), scores, EXACT, NEVER)
    one = _only_floats(scores)
    for labels, expected in (([[0], [1]], (0, 0, 0)), ([[0], [2]], (1, 1, 0)), ([[1], [1]], (1, 0, 1))):
        classes = np.array(labels)
        answer = Answers(integers=classes, outputs=None, classes=classes)
        verdict = judge.pair(one, answer)
        assert (verdict.classes, verdict.ties, verdict.frames) == expected
        assert verdict.largest is None


def test_sums_beyond_24_bits_are_compared_as_integers() -> None:
    """Both are one number in float32."""
    sums, wrong = np.array([[2**24, -(2**26) - 3, 5]]), np.array([[2**24 + 1, -(2**26) - 3, 5]])
    judge = Judge(_scale(scale=np.ones(3)), sums.astype(np.float32), EXACT, NEVER)
    assert judge.pair(_exact(sums, 1.0), _exact(wrong, 1.0)) == PairVerdict(1, 1, 1, 0, 0, 0, 0.0)


def test_floats_that_cannot_hold_the_integers_are_held_to_the_bound() -> None:
    """A third of a step of error everywhere: what is within the sums' own error is no difference."""
    integers = np.array([[10, 20, 30]])
    blurred = _only_floats((integers + np.array([[0.3, 0.6, -0.4]])) * 0.1)
    wide, narrow = (Judge(_scale(), None, np.full((1, 3), lost), NEVER) for lost in (0.07, 0.01))
    assert wide.pair(blurred, _exact(integers)).integers == 0
    assert narrow.pair(blurred, _exact(integers)).integers == 1
    # Floats that settled on other integers have no such excuse.
    settled = _only_floats(np.array([[1.0, 2.1, 3.0]]))
    assert wide.pair(settled, _exact(integers)).integers == 1
    below = _only_floats(np.array([[1.0, 2.0, 2.9]]))  # 28.999999999999996 steps are 29
    assert wide.pair(below, _exact(np.array([[10, 20, 28]]))).integers == 1
    # Whole steps of a power of two are what a sum beyond 2^24 loses.
    halves = Judge(_scale(scale=np.full(3, 0.5)), None, np.full((1, 3), 0.7), NEVER)
    whole = _only_floats(np.array([[5.0, 10.5, 15.0]]))
    assert halves.pair(whole, _exact(integers, 0.5)).integers == 0


def test_floats_behind_a_tail_are_explained_by_the_integers_that_give_them() -> None:
    """The bound of the worst case hides one integer; the reference's own floats show it."""
    exact, wrong = _exact(np.array([[10, 20, 30]])), _exact(np.array([[10, 21, 30]]))
    assert exact.outputs is not None
    floats = _only_floats(exact.outputs + np.float32(1e-6))
    lost = np.full((1, 3), 5.0)
    for direct in (True, False):
        judge = Judge(_scale(direct=direct, bound=9.0), None, lost, NEVER, exact)
        assert judge.pair(floats, exact).integers == 0
        assert judge.pair(floats, wrong).integers == judge.pair(wrong, floats).integers == 1
        assert Judge(_scale(direct=False, bound=9.0), None, lost, NEVER).pair(floats, wrong).integers == 0


def test_order_and_offset_of_the_accelerator_are_undone() -> None:
    scale = _scale(order=np.array([2, 0, 1]), step=np.array([2, 1, 1]), offset=np.array([-3, 0, 5]))
    assert scale.integers(np.array([[10, 20, 30]])).tolist() == [[2 * 20 - 3, 30, 10 + 5]]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (np.zeros((2, 4)), r"outputs are \[2, 4\].*\[2, 3\]"),
        (np.zeros((1, 3)), r"outputs are \[1, 3\].*\[2, 3\]"),
        (np.full((2, 3), np.nan), "no finite numbers"),
        (np.full((2, 3), "a"), "no finite numbers"),
    ],
)
def test_answers_that_are_none_are_refused(outputs: NDArray[Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        floats_of_data(outputs, 2, (3,), "d.npz")
