"""hls/golden.py, the bench and hls/synth.py: what a user does by hand."""

import sys
from pathlib import Path

import pytest

from hls import synth
from hls.golden import EXAMPLES
from hls.netlist import single, write_design
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError, ToolError
from rbonn_hw.spec.fifo import FifoSpec
from tests.hls.csim import HLS, check, compile_csim, run_csim


def test_examples_equal_golden_models(tmp_path: Path) -> None:
    check([example() for example in EXAMPLES.values()], tmp_path)


def test_every_header_has_an_example() -> None:
    assert {path.stem for path in HLS.glob("*.hpp")} == {*EXAMPLES, "fields", "csim"}


def test_bench_reports_a_wrong_word_and_missing_vectors(tmp_path: Path) -> None:
    EXAMPLES["mvau"]().write(tmp_path)
    program = compile_csim([tmp_path / "top.cpp", HLS / "csim.cpp"], tmp_path)
    golden, given = tmp_path / "out.hex", tmp_path / "in.hex"

    said = run_csim(program, tmp_path)

    assert said == "128 words, 128 expected, 0 differ\n"
    first, *others = golden.read_text().splitlines()
    golden.write_text("\n".join([f"{int(first, 16) ^ 1:x}", *others]) + "\n")
    with pytest.raises(ToolError, match="128 words, 128 expected, 1 differ"):
        run_csim(program, tmp_path)
    golden.unlink()
    with pytest.raises(ToolError, match=r"exit 2 (.|\n)*out.hex: not found or empty"):
        run_csim(program, tmp_path)
    given.write_text("".join(given.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ToolError, match=r"exit 2 (.|\n)*in.hex: 287 words, not 31 frames of 9"):
        run_csim(program, tmp_path)


def test_kernel_without_twin_is_refused(tmp_path: Path) -> None:
    spec = FifoSpec(depth=4, lanes=1, dtype=IntType(4, signed=False), beats=3)

    with pytest.raises(SpecError, match="rbonn_fifo has no twin"):
        write_design(single("fifo", spec), tmp_path / "fifo")

    assert not (tmp_path / "fifo").exists()


@pytest.mark.parametrize(("body", "code"), [("cat top.txt", 0), ("exit 1", 1), (None, 2)])
def test_synthesis_runs_vitis_hls_or_says_that_it_is_missing(
    body: str | None,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    if body is not None:
        program = tools / "vitis_hls"
        program.write_text(f'#!/bin/sh\ntest "$1" = -f && test -f "$2" && {body}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "argv", ["synth", str(tmp_path / "out")])

    assert synth.main() == code

    said = capsys.readouterr()
    assert (tmp_path / "out" / "window" / "top.txt").read_text() == "window_top\n"
    if code == 0:
        assert said.out.startswith(f"mvau: {tmp_path}/out/mvau/vitis/solution/syn/report\n")
    else:
        assert ("vitis_hls is not on PATH" in said.err) == (code == 2)
