"""rbonn_hw/host/tail.py: operators against their definitions, and steps that are none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rbonn_hw.host.answer import Answer
from rbonn_hw.host.errors import FrameError, JobError, PackageError
from rbonn_hw.host.package import Package
from rbonn_hw.host.tail import INPUT, OPERATORS, Step, Tail
from tests.host.packages import FRAMES, answers, images, integers, metadata, repacked, write_toy

X = np.random.default_rng(0).normal(scale=3, size=(4, 5))


@pytest.mark.parametrize(
    ("op", "attributes", "operands", "expected"),
    [
        ("Softmax", {"axis": 1}, (), torch.softmax(torch.tensor(X), 1)),
        ("LogSoftmax", {"axis": 1}, (), torch.log_softmax(torch.tensor(X), 1)),
        ("Sigmoid", {}, (), torch.sigmoid(torch.tensor(X))),
        ("Softplus", {}, (), torch.nn.functional.softplus(torch.tensor(X), threshold=1e9)),
        ("LeakyRelu", {"alpha": 0.25}, (), torch.nn.functional.leaky_relu(torch.tensor(X), 0.25)),
        ("PRelu", {}, (np.full(5, 0.5),), torch.nn.functional.leaky_relu(torch.tensor(X), 0.5)),
        ("Clip", {}, (np.array(-1.0), np.array(2.0)), torch.clamp(torch.tensor(X), -1, 2)),
        ("Max", {}, (np.array(0.5),), torch.clamp(torch.tensor(X), 0.5)),
        ("ReduceMean", {"axes": (1,), "keepdims": 1}, (), torch.tensor(X).mean(1, keepdim=True)),
        (
            "Gemm",
            {"alpha": 0.5, "beta": 3.0, "transB": 1},
            (X[:3], np.arange(3.0)),
            torch.addmm(
                torch.arange(3.0).double(), torch.tensor(X), torch.tensor(X[:3]).T, beta=3.0, alpha=0.5
            ),
        ),
        (
            "BatchNormalization",
            {"epsilon": 0.25},
            tuple(abs(X)),
            torch.nn.functional.batch_norm(
                torch.tensor(X),
                running_mean=torch.tensor(abs(X[2])),
                running_var=torch.tensor(abs(X[3])),
                weight=torch.tensor(abs(X[0])),
                bias=torch.tensor(abs(X[1])),
                eps=0.25,
            ),
        ),
        ("ArgMax", {"axis": 1, "keepdims": 0}, (), torch.tensor(X).argmax(1)),
        ("TopK", {"axis": 1, "k": 3}, (), torch.topk(torch.tensor(X), 3).indices),
    ],
)
def test_operators(
    op: str, attributes: dict[str, Any], operands: tuple[NDArray[Any], ...], expected: torch.Tensor
) -> None:
    np.testing.assert_allclose(OPERATORS[op](attributes, X, *operands), expected.numpy(), rtol=1e-12)


def test_softmax_of_scores_beyond_the_exponential() -> None:
    tail = Tail((Step("s", "Softmax", (INPUT,), "y", {"axis": 1}),), {}, "y", INPUT)
    np.testing.assert_array_equal(tail.run(np.array([[2000, -2000]]), "y"), [[1.0, 0.0]])


def test_chunks_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbonn_hw.host.tail.CHUNK_ELEMENTS", 7)
    tail = Tail((Step("n", "Neg", (INPUT,), "y", {}),), {}, "y", "y")
    for frames in (1, 2, 10, 11):  # two at a time
        x = np.arange(3 * frames).reshape(frames, 3)
        np.testing.assert_array_equal(tail.run(x, "y"), -x)
    assert tail.run(x[:0], "y").shape == (0, 3)


def test_integers_that_no_table_has() -> None:
    table = {"source": np.array([1, 0]), "rows": np.array([0, 1]), "table": np.array([[5.0, 6], [7, 8]])}
    step = Step("t", "Table", (INPUT, *table), "y", {"first": 3, "shape": (2,)})
    tail = Tail((step,), table, "y", "y")
    np.testing.assert_array_equal(tail.run(np.array([[3, 4]]), "y"), [[6, 7]])
    for wrong in (2, 5):
        with pytest.raises(JobError, match="integers that the network cannot have"):
            tail.run(np.array([[3, wrong]]), "y")


def test_a_tail_survives_its_package(tmp_path: Path) -> None:
    steps = (
        Step("m", "MatMul", (INPUT, "w"), "a", {}),
        Step("p", "Transpose", ("a",), "b", {"perm": (0, 1)}),
        Step("s", "Softmax", ("b",), "c", {"axis": 1}),
    )
    tail = Tail(steps, {"w": np.arange(6.0).reshape(3, 2)}, "c", "b")
    outputs = answers(integers(images()))
    package = write_toy(tmp_path, answer=Answer("scores", ("no", "yes"), tail, exact=False, bound=1e-6))
    scores = package.answer.outputs(outputs)
    np.testing.assert_array_equal(scores, tail.run(outputs, "c"))
    np.testing.assert_allclose(scores.sum(axis=1), np.ones(FRAMES))
    np.testing.assert_array_equal(
        package.answer.classes(outputs), (outputs @ np.arange(6).reshape(3, 2)).argmax(1)
    )


def test_values_have_no_class() -> None:
    answer = Answer("values", (), Tail((), {}, INPUT, INPUT), exact=True, bound=0.0)
    with pytest.raises(FrameError, match=r"use scores\(\)"):
        answer.classes(np.zeros((1, 3), np.int32))


def test_steps_that_are_none(tmp_path: Path) -> None:
    def changed(package: Package, **changes: Any) -> Path:
        tail = {"steps": [], "constants": [], "output": INPUT, "ranked": INPUT} | changes
        answer = {"kind": "scores", "labels": list("abc"), "exact": True, "tail": tail}
        return repacked(package, metadata(package, answer=answer))

    package = write_toy(tmp_path)
    step = {"name": "x", "op": "Add", "inputs": [INPUT, "c0"], "output": "y", "attributes": {}}
    for changes, message in (
        ({"steps": [{**step, "op": "Exec"}]}, "'Exec', expected an operator of this driver"),
        ({"steps": [step]}, "x needs what no step makes"),
        ({"constants": ["../x"]}, r"has no tail/\.\./x\.npy"),
        ({"output": "z"}, "no step makes its output"),
        (
            {"steps": [{**step, "inputs": [INPUT]}], "output": "y", "ranked": "y"},
            "scores or labels do not fit",
        ),
        ({"steps": [{**step, "attributes": {"axis": "1"}}]}, "axis is '1', expected a number"),
    ):
        with pytest.raises(PackageError, match=message):
            Package.open(changed(package, **changes))
