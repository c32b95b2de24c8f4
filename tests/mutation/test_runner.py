"""A verdict on a fault is one of tests that ran to their end with the fault in place, and of nothing else."""

from pathlib import Path

import pytest

from tests.mutation import runner
from tests.mutation.runner import CannotRunError, examine
from tests.mutation.table import Mutation

FAULT = Mutation("host", "two", "product.py", "VALUE = 1", "VALUE = 2", ("test_product.py",))
HEAD = "import os, pathlib, signal\nimport pytest, product\n\n\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runner, "LOADED", ())
    (tmp_path / "product.py").write_text("VALUE = 1\n")
    return tmp_path


def _test(tree: Path, body: str) -> None:
    (tree / "test_product.py").write_text(f"{HEAD}def test_value():\n    {body}\n")


def test_noticed_and_not(tree: Path) -> None:
    _test(tree, "assert product.VALUE == 1")
    noticed = examine(FAULT, tree)
    assert (noticed.test, noticed.said.split(" + ")[0]) == ("test_product.py::test_value", "assert 2 == 1")
    _test(tree, "assert product.VALUE > 0")
    assert examine(FAULT, tree).test == ""
    assert (tree / "product.py").read_text() == "VALUE = 1\n"


def test_a_crash_is_noticed(tree: Path) -> None:
    _test(tree, "os.kill(os.getpid(), signal.SIGSEGV)")
    assert examine(FAULT, tree).said == "ended by SIGSEGV"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM)", "ends with -15"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ends with -9"),
        ("os.kill(os.getpid(), signal.SIGINT)", "ends with 2"),
        ("os._exit(0)", "ends with 0, 0 tests passed"),
        ("os._exit(1)", "ends with 1, 0 tests passed"),
        ("pytest.skip('no tool')", "ends with 0, 0 tests passed"),
        ("pathlib.Path('product.py').write_text('VALUE = 1')", "was changed while its tests ran"),
    ],
)
def test_tests_that_do_not_come_to_their_end_are_no_verdict(body: str, said: str, tree: Path) -> None:
    _test(tree, body)
    with pytest.raises(CannotRunError, match=said):
        examine(FAULT, tree)
    assert (tree / "product.py").read_text() == "VALUE = 1\n"
