"""--json: the figures of a verb, as they are stored, and nothing else on stdout."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw import api, cli
from rbonn_hw.api.simulating import Simulated
from rbonn_hw.cli import deploy, figures, main
from rbonn_hw.results import read_result, write_result
from tests.networks import binary_mlp
from tests.report.documents import write_stages

Said = pytest.CaptureFixture[str]


def printed(capsys: Said, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a verb with --json, and return what it prints; its messages go to stderr."""
    assert main([*words, "--json"]) == code
    said = capsys.readouterr()
    assert said.err
    document: dict[str, Any] = json.loads(said.out)
    return document


def test_every_verb_that_prints_figures_has_it() -> None:
    assert set(cli.VERBS) - set(figures.VERBS) == {"doctor", "new"}


def test_compile(tmp_path: Path, capsys: Said) -> None:
    network, out = binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "out"
    command = ["compile", str(network), "--out", str(out), "--target-cycles", "40"]

    made = printed(capsys, *command)

    assert made == read_result(out / "compile.json", "rbonn compile")
    assert made["origin"]["summary"] == "estimated"
    assert printed(capsys, *command) == made
    assert main(["-q", *command, "--json"]) == 0
    said = capsys.readouterr()
    assert (json.loads(said.out), said.err) == (made, "")
    # The answer no has figures, too.
    folding = tmp_path / "folding.json"
    folding.write_text('{"fc0_mvau": {"PE": 1, "SIMD": 4}}')
    options = ["--folding", str(folding), "--target-cycles", "20"]
    slow = printed(capsys, "compile", str(network), "--out", str(out), *options, code=1)
    assert slow["summary"]["ii_cycles"] > 20
    assert not slow["summary"]["target_is_met"]


def test_report(tmp_path: Path, capsys: Said) -> None:
    write_stages(tmp_path, mismatches=3)
    made = printed(capsys, "report", str(tmp_path), code=1)
    assert made == read_result(tmp_path / "report.json", "rbonn report")
    assert made["mismatches"] == 3


def test_an_error_prints_nothing(tmp_path: Path, capsys: Said) -> None:
    assert main(["report", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "compile.json does not exist" in said.err


def test_simulate(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    figures_found: dict[str, Any] = {
        "frames": 2, "cycles": 9, "ii_cycles": 3, "latency_cycles": 4, "verdicts": {}, "partial": False,
        "float_bound": None, "integer_step": 1.0, "mismatches": 1, "dataflow_error_cycles": None,
        "instances": 1, "simulated_cycles": 9, "cycles_per_second": 1000,
    }  # fmt: skip
    monkeypatch.setattr(api, "simulate", lambda *_, **__: Simulated(tmp_path, figures_found, False))
    assert printed(capsys, "simulate", str(tmp_path), code=1) == figures_found


def test_board_and_deploy(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.host.packages import bitstream, write_toy

    package = str(write_toy(tmp_path, bitstream=bitstream()).path)
    report = {
        "network": "toy", "frames": 6, "cycles": 600, "expected_cycles": 600, "in_stalls": 1, "out_stalls": 2,
        "software": {"pynq": "3.0.1", "numpy": "2", "python": "3.10"},
        "measured": {"frames_per_second": 10.0, "latency_seconds": 0.1},
    }  # fmt: skip
    monkeypatch.setattr(api, "board", lambda *_, **__: report)
    monkeypatch.setattr(deploy, "deploy", lambda *_: report)
    assert printed(capsys, "board", "--virtual", package) == report
    assert printed(capsys, "deploy", "pynq", package) == report


def test_figures_given_twice(tmp_path: Path, capsys: Said) -> None:
    """Of a verb that calls another one, the last figures count; those of the other are its own."""
    write_result(tmp_path / "a.json", {"cycles": 3}, {"cycles": "simulated"})
    args = argparse.Namespace(json=True)
    with figures.alone_on_stdout(args):
        sys.stdout.write("hello\n")
        figures.give(args, {"cycles": 2})
        figures.give_result(args, tmp_path / "a.json", "x")
    said = capsys.readouterr()
    assert json.loads(said.out) == {"cycles": 3, "origin": {"cycles": "simulated"}}
    assert said.err == "hello\n"


def test_synth(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbonn_hw.api.synthesis import Synthesized
    from rbonn_hw.spec.device import device
    from rbonn_hw.synth.utilisation import Utilisation
    from rbonn_hw.synth.yosys import Synthesis

    result = Synthesis(Utilisation(), {}, tmp_path / "n.json", (), wall_seconds=1.0)
    stored = {"resources": {"lut": 0}, "origin": {"resources": "synthesised"}}
    done = Synthesized(tmp_path, stored, result, device("xc7z020clg400-1"))
    monkeypatch.setattr(api, "synth", lambda *_, **__: done)
    assert printed(capsys, "synth", str(tmp_path)) == stored
