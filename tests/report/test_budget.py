"""A build beside a budget: each figure of its stage, what is not known, and what is over."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.cli import main
from rbonn_hw.errors import ConfigError
from rbonn_hw.ownership import MARKER, Claim
from rbonn_hw.report.budget import Budget, lines, markdown
from rbonn_hw.results import write_result

VERIFIED: dict[str, Any] = {
    "compiled": "k", "agrees": True, "levels": {"qonnx": 8, "rtl": 8}, "differences": [], "failed": {},
    "ii_cycles": 1000, "latency_cycles": 2500,
}  # fmt: skip


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    write_result(tmp_path / "compile.json", {"key": "k"}, {})
    write_result(tmp_path / "verify.json", VERIFIED, {})
    accuracy = {"functional": 0.75}
    write_result(tmp_path / "functional.json", {"compiled": "k", "mismatches": 0, "accuracy": accuracy}, {})
    limits = {"lut": 53200, "ff": 106400, "ramb36": 140, "dsp": 220}
    used = {"lut": 50000, "ff": 100, "ramb36": 7.5, "dsp": 0}
    document = {"resources": used, "budget": limits}
    write_result(tmp_path / "synth.json", document, {"resources": "synthesised"})
    return tmp_path


def _kept(build_dir: Path, **budget: float) -> dict[str, bool]:
    return {line.what: line.good for line in lines(build_dir, Budget(**budget))}  # type: ignore[arg-type]


def test_the_part_is_the_budget_of_area(build_dir: Path) -> None:
    assert _kept(build_dir) == {
        "levels that agree": True,
        "frames that differ, functional": True,
        "LUT": True,
        "FF": True,
        "RAMB36": True,
        "DSP": True,
    }


@pytest.mark.parametrize(
    ("name", "what", "fits", "over"),
    [
        ("cycles", "cycles between frames", 1000, 999),
        ("latency", "latency (cycles)", 2500, 2499),
        ("top1", "top-1", 0.75, 0.76),
        ("lut", "LUT", 50000, 49999),
        ("ramb36", "RAMB36", 7.5, 7),
        ("dsp", "DSP", 0, None),
    ],
)
def test_limits(name: str, what: str, fits: float, over: float | None, build_dir: Path) -> None:
    assert _kept(build_dir, **{name: fits})[what]
    if over is not None:
        kept = _kept(build_dir, **{name: over})
        assert [line for line, good in kept.items() if not good] == [what]


def test_what_was_not_run_is_not_kept(build_dir: Path) -> None:
    write_result(build_dir / "verify.json", {**VERIFIED, "compiled": "another"}, {})
    (build_dir / "synth.json").unlink()
    kept = _kept(build_dir, cycles=5000)
    assert [what for what, good in kept.items() if good] == ["frames that differ, functional"]
    text = markdown("model", lines(build_dir, Budget()))
    assert text.startswith("## model: FAILED\n")
    assert "| **no** | levels that agree | not known: verify was not run | all |  |" in text


def test_a_difference_names_its_layer(build_dir: Path) -> None:
    difference = {"pair": "finn-rtl", "layer": "conv0_mvau"}
    wrong = {**VERIFIED, "agrees": False, "differences": [difference], "failed": {"dataflow": "off"}}
    write_result(build_dir / "verify.json", wrong, {})
    line = lines(build_dir, Budget())[0]
    assert (line.good, line.found) == (False, "finn-rtl: conv0_mvau; dataflow gives no answer")


def test_command(build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = tmp_path / "summary.md"
    words = ["budget", str(build_dir), "--cycles", "999", "--summary", str(summary), "--json"]
    assert main(words) == 1
    assert not json.loads(capsys.readouterr().out)["kept"]
    assert "| **no** | cycles between frames | 1,000 | 999 | simulated |" in summary.read_text()
    assert main(["budget", str(build_dir), "--summary", str(summary)]) == 0
    assert summary.read_text().count("## ") == 2  # the second table stands below the first


def test_figures_of_files_that_were_edited_since_are_not_taken(
    build_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rtl = build_dir / "rtl"
    rtl.mkdir()
    (rtl / "accelerator.v").write_text("module accelerator; endmodule")
    claim = Claim(build_dir, "compile", ("rtl",))
    claim.folder.joinpath(MARKER).write_text(json.dumps({"made": {"rtl": {"by": "compile"}}}))
    claim.seal()
    assert main(["budget", str(build_dir)]) == 0
    assert not caplog.text
    (rtl / "accelerator.v").write_text("module accelerator; wire w; endmodule")
    os.utime(build_dir / "synth.json", (time.time() + 5,) * 2)  # synthesised anew
    assert main(["budget", str(build_dir)]) == 1
    assert f"{rtl / 'accelerator.v'} was changed since it was compiled" in caplog.text
    found = lines(build_dir, Budget(), ["rtl/accelerator.v"])
    assert [line.what for line in found if not line.good] == [
        "levels that agree",
        "frames that differ, functional",
    ]


def test_the_table_is_appended_to_no_result(build_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (build_dir / "synth.json").read_bytes()
    assert main(["budget", str(build_dir), "--summary", str(build_dir / "synth.json")]) == 2
    assert "is read, and the table is no JSON" in capsys.readouterr().err
    assert (build_dir / "synth.json").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("verify.json", VERIFIED | {"levels": 3}),
        ("verify.json", VERIFIED | {"ii_cycles": "x"}),
        ("functional.json", {"mismatches": "x"}),
        ("functional.json", {"mismatches": 0, "accuracy": 3}),
        ("synth.json", {"resources": 3}),
        ("synth.json", {"resources": {"lut": "x"}, "budget": []}),
    ],
)
def test_figures_of_another_type_are_refused(
    name: str, document: dict[str, Any], build_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (build_dir / name).write_text(json.dumps(document))  # as somebody writes it: without a seal
    assert main(["budget", str(build_dir), "--cycles", "5", "--top1", "0.5"]) == 2
    assert (
        f"{build_dir}: verify.json, functional.json, synth.json: a figure is none" in capsys.readouterr().err
    )


def test_bad_budgets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"top1: 90 must lie in 0 \.\. 1"):
        Budget(top1=90)
    with pytest.raises(ConfigError, match="lut: -1 is a budget"):
        Budget(lut=-1)
    with pytest.raises(ConfigError, match="lut: nan is a budget"):
        Budget(lut=float("nan"))
    assert main(["budget", str(tmp_path)]) == 2
    assert "run `rbonn compile" in capsys.readouterr().err
