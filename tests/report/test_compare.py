"""rbonn report A B: what changed from one build to another."""

import json
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from tests.report.documents import write_stages


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, Path]:
    """Two builds; the second is twice as quick, larger, and has a block of another name."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        write_stages(folder)
    simulated = json.loads((second / "simulate.json").read_text())
    simulated |= {"ii_cycles": 576, "fps_at_100mhz": 173611.2}
    (second / "simulate.json").write_text(json.dumps(simulated))
    synthesized = json.loads((second / "synth.json").read_text())
    synthesized["resources"]["lut"] = 8530
    (second / "synth.json").write_text(json.dumps(synthesized))
    for name in ("compile.json", "synth.json"):
        text = (second / name).read_text()
        (second / name).write_text(text.replace('"mvau1"', '"mvau7"'))
    return first, second


def test_figures_of_both_and_their_change(
    builds: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = builds

    assert main(["report", str(first), str(second)]) == 0

    found = json.loads((second / "compare.json").read_text())
    rows = {row["name"]: row for row in found["figures"]}
    rate, area, same = rows["frames/s at 100 MHz"], rows["LUT"], rows["Flip-flops"]
    assert (rate["first"], rate["second"], rate["verdict"]) == (86805.6, 173611.2, "better")
    assert rate["percent"] == pytest.approx(100)
    assert (area["first"], area["second"], area["verdict"]) == (4265, 8530, "worse")
    assert (same["percent"], same["verdict"]) == (0, "")
    assert rows["DSP"]["percent"] is None
    assert rows["cycles between frames (II)"]["verdict"] == "better"
    blocks = {row["name"]: row for row in found["blocks"]}
    assert blocks["mvau0"]["lut"] == [3210, 3210]
    assert (blocks["mvau1"]["lut"], blocks["mvau7"]["lut"]) == ([810, None], [None, 810])
    assert found["made"]["command"] == f"rbonn report {first} {second}"
    assert "+100.0 % better" in capsys.readouterr().out
    assert not (first / "compare.json").exists()


def test_the_page_needs_nothing_beside_it(builds: tuple[Path, Path]) -> None:
    first, second = builds
    main(["report", str(first), str(second)])

    page = (second / "compare.html").read_text()

    assert "http" not in page
    assert "src=" not in page
    assert "+100.0 %" in page
    assert ">mvau7</td>" in page


def test_folders_of_one_build_are_refused_for_two(
    builds: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = builds

    assert main(["report", str(first), str(second), "--train", str(first / "train")]) == 2

    assert "--train and --export are of one build" in capsys.readouterr().err
    assert not (second / "compare.json").exists()


def test_a_build_without_results_is_named(
    builds: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = builds
    (first / "synth.json").unlink()

    assert main(["report", str(first), str(second)]) == 2

    assert f"rbonn synth {first}" in capsys.readouterr().err
    assert not (second / "compare.html").exists()
