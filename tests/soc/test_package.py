"""rbonn_hw/soc/package.py: whole or not at all, the same bytes every time, and nothing that does not fit."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from rbonn_hw.errors import ConfigError, ShapeError, SpecError
from rbonn_hw.host.answer import Answer
from rbonn_hw.host.errors import BitstreamError, PackageError, WrongBoardError
from rbonn_hw.host.tail import INPUT, Step, Tail
from rbonn_hw.soc.package import write_package
from rbonn_hw.spec.boards import board
from tests.host.packages import bitstream, content, write_build, write_toy


def test_equal_contents_give_equal_bytes(tmp_path: Path) -> None:
    first = write_toy(tmp_path / "a", bitstream=bitstream()).path.read_bytes()
    second = write_toy(tmp_path / "b", bitstream=bitstream()).path.read_bytes()
    assert first == second


def test_what_is_inside(tmp_path: Path) -> None:
    package = write_toy(tmp_path, bitstream=bitstream())
    names = set(package.files)
    assert {
        "accelerator.bit", "accelerator.hwh", "metadata.json", "classify.ipynb", "LICENSES.txt",
        "selftest/images.npy", "selftest/integers.npy", "selftest/classes.npy", "design/compile.json",
        "design/rtl/sources.txt", "rbonn_host/__init__.py", "rbonn_host/__main__.py", "rbonn_host/virtual.py",
    } <= names  # fmt: skip
    nbformat.validate(nbformat.reads(package.files["classify.ipynb"].decode(), as_version=4))
    licences = package.files["LICENSES.txt"].decode()
    assert licences.count("Redistribution and use in source and binary forms") >= 2
    assert set(json.loads(package.files["design/compile.json"])) >= {"top", "part", "key"}
    with zipfile.ZipFile(package.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist()), "the order of a folder is nobody's promise"


@pytest.mark.parametrize(
    ("bit", "error"),
    [(bitstream()[:-4], BitstreamError), (bitstream("7z010clg400"), WrongBoardError)],
)
def test_a_bad_bitstream_leaves_the_old_package(tmp_path: Path, bit: bytes, error: type[Exception]) -> None:
    old = write_toy(tmp_path).path.read_bytes()
    with pytest.raises(error):
        write_toy(tmp_path, bitstream=bit)
    assert (tmp_path / "toy.zip").read_bytes() == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "toy.zip"]


def test_builds_that_do_not_fit_the_board(tmp_path: Path) -> None:
    write_build(tmp_path, part="xc7z010clg400-1")
    with pytest.raises(ConfigError, match=r"compiled for xc7z010clg400-1, Pynq-Z2 has xc7z020clg400-1"):
        write_package(tmp_path, content(), tmp_path / "x.zip")
    write_build(tmp_path, clk_period_ns=2.0)
    with pytest.raises(SpecError, match="500 MHz is beyond Pynq-Z2"):
        write_package(tmp_path, content(), tmp_path / "x.zip")
    with pytest.raises(SpecError, match="did you mean 'Pynq-Z2'"):
        board("pynq-z3x"[:-1])
    assert not (tmp_path / "x.zip").exists()


def test_content_that_contradicts_itself(tmp_path: Path) -> None:
    recorded = content().recorded
    with pytest.raises(ShapeError, match="6 images, 5 answers"):
        replace(recorded, integers=recorded.integers[:5])
    with pytest.raises(PackageError, match="scores or labels do not fit the output"):
        write_toy(tmp_path, answer=replace(content().answer, labels=("a", "b")))
    with pytest.raises(ConfigError, match=r"compile\.json does not exist"):
        write_package(tmp_path / "none", content(), tmp_path / "x.zip")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ConfigError, match="give a path that can be written"):
        write_package(write_build(tmp_path / "b"), content(), blocked / "x.zip")


def test_scores_and_classes(tmp_path: Path) -> None:
    steps = (Step("scale", "Mul", (INPUT, "s"), "a", {}), Step("offset", "Add", ("a", "o"), "b", {}))
    constants = {"s": np.array([1.0, -1.0, 0.5], np.float32), "o": np.array([0, 0, 4], np.float32)}
    answer = Answer("scores", tuple("abc"), Tail(steps, constants, "b", "b"), exact=True, bound=0.0)
    by_score = write_toy(tmp_path, answer=answer)
    integers = np.array([[1, 2, 3], [1, -9, 3], [9, 2, 3]])
    assert by_score.answer.classes(integers).tolist() == [2, 1, 0]
    assert by_score.answer.outputs(integers).tolist() == [[1, -2, 5.5], [1, 9, 5.5], [9, -2, 5.5]]
    by_class = write_toy(tmp_path, answer=Answer("class", tuple("abc"), None, exact=True, bound=0.0))
    assert by_class.answer.classes(np.array([[2], [0]])).tolist() == [2, 0]
