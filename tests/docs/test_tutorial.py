"""The tutorial's steps that are marked to run, as they stand there, and the other pages' programs."""

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from tests.docs.named import ROOT, blocks

DOCS = ROOT / "docs"


@pytest.mark.slow
@pytest.mark.verilator
def test_the_tutorial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "build_flows").mkdir()
    shutil.copy(ROOT / "build_flows" / "demo_digits.json", tmp_path / "build_flows")
    monkeypatch.chdir(tmp_path)
    steps = blocks((DOCS / "tutorial.md").read_text(), "{ .sh .run }")
    verbs = []
    printed = ""
    for line in "".join(steps).splitlines():
        words = shlex.split(line)
        verbs.append(words[1])
        assert main(words[1:]) == 0, line
        printed += capsys.readouterr().out

    assert verbs == ["doctor", "train", "export", "compile", "simulate", "package"]
    assert "pytorch-rtl: 0 of 40 frames differ" in printed
    accuracy = re.search(r"top-1 ([\d.]+)% on the test split after 8 epochs", printed)
    assert accuracy is not None
    assert float(accuracy[1]) > 90
    assert re.search(r"40 frames, \d+ cycles: II \d+, latency \d+ cycles \(simulated\)", printed)
    assert (tmp_path / "build" / "digits" / "digits.zip").is_file()


@pytest.mark.verilator
def test_one_kernel_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = blocks((DOCS / "howto" / "one_kernel.md").read_text(), "python one_kernel.py")
    (tmp_path / "one_kernel.py").write_text(program)
    monkeypatch.chdir(tmp_path)
    runpy.run_path("one_kernel.py")
    assert re.fullmatch(r"12 cycles, Area\(lut=\d+, .*\)\n", capsys.readouterr().out)
