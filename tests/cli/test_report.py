"""rbonn report: figures arrive unchanged with their origin; the verdict decides the exit code."""

import json
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from tests.report.documents import RESOURCES, write_stages


def test_every_figure_of_the_demo_arrives_with_its_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stages(tmp_path)

    code = main(
        ["report", str(tmp_path), "--train", str(tmp_path / "train"), "--export", str(tmp_path / "export")]
    )

    assert code == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["frames"], report["mismatches"]) == (40, 0)
    assert report["accuracy"] == dict.fromkeys(("pytorch", "qonnx", "finn", "rtl"), 0.975)
    assert (report["ii_cycles"], report["latency_cycles"], report["fps_at_100mhz"]) == (1152, 3456, 86805.6)
    assert report["resources"] == RESOURCES
    assert report["wall_seconds"] == {
        "train": 60.0, "export": 4.0, "compile": 12.5, "simulate": 23.5, "synth": 33.0,
    }  # fmt: skip
    assert report["network"]["dataset"] == "digits"
    assert [layer["lut"] for layer in report["layers"]] == [40, 126, 3210, 31, 48, 810]
    assert report["origin"]["accuracy.rtl"] == "simulated"
    assert report["origin"]["accuracy.pytorch"] == "executed"
    assert report["origin"]["resources.lut"] == "synthesised"
    assert "86,805.6" in capsys.readouterr().out


def test_differing_frames_are_reported_first_and_refused_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stages(tmp_path, mismatches=3)

    assert main(["report", str(tmp_path)]) == 1

    assert json.loads((tmp_path / "report.json").read_text())["mismatches"] == 3
    assert "not the trained network" in (tmp_path / "report.html").read_text()
    assert "3 of 40 frames differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("compile.json", "rbonn compile"),
        ("simulate.json", "rbonn simulate"),
        ("synth.json", "rbonn synth"),
        ("train/train.json", "rbonn train"),
        ("export/export.json", "rbonn export"),
        ("export/golden.npz", "rbonn export"),
    ],
)
def test_a_missing_stage_names_its_command(
    file: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stages(tmp_path)
    (tmp_path / file).unlink()

    code = main(
        ["report", str(tmp_path), "--train", str(tmp_path / "train"), "--export", str(tmp_path / "export")]
    )

    assert code == 2
    assert command in capsys.readouterr().err
    assert not (tmp_path / "report.json").exists()


def test_a_synthesis_of_another_build_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stages(tmp_path)
    document = json.loads((tmp_path / "synth.json").read_text())
    document["nodes"].pop()
    (tmp_path / "synth.json").write_text(json.dumps(document))

    assert main(["report", str(tmp_path)]) == 2

    assert "knows no layer 'mvau1'" in capsys.readouterr().err


def test_a_result_of_another_version_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stages(tmp_path)
    (tmp_path / "simulate.json").write_text('{"frames": 1}')

    assert main(["report", str(tmp_path)]) == 2

    assert "simulate.json has no 'mismatches'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "figure"), [("train/train.json", "seconds"), ("export/export.json", "parameters")]
)
def test_a_stage_that_says_nothing_is_named(
    file: str, figure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stages(tmp_path)
    (tmp_path / file).write_text("{}")
    command = [
        "report",
        str(tmp_path),
        "--train",
        str(tmp_path / "train"),
        "--export",
        str(tmp_path / "export"),
    ]
    assert main(command) == 2
    assert f"{Path(file).name} has no '{figure}'" in capsys.readouterr().err
