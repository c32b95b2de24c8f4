"""rbonn simulate --level dataflow: the cycles of the RTL without it, and exit code 1 where nothing moves."""

import json
import shutil
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.ownership import MARKER
from rbonn_hw.results import read_result, write_result
from tests.cli.mlp_build import compile_mlp
from tests.sim.dataflow.test_simulate import fork_and_join

FIGURES = ("frames", "cycles", "ii_cycles", "latency_cycles", "fps_at_clock")


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_mlp(tmp_path_factory.mktemp("mlp"))


@pytest.mark.verilator
def test_cycles_are_those_of_the_rtl(build_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(build_dir), "--stall", "0.3", "--seed", "7", "--json"]
    assert main([*words, "--random", "6"]) == 0
    rtl = json.loads(capsys.readouterr().out)

    assert main([*words, "--level", "dataflow", "--frames", "6"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert {name: found[name] for name in FIGURES} == {name: rtl[name] for name in FIGURES}
    written = json.loads((build_dir / "dataflow.json").read_text())
    assert written["ii_cycles"] == found["ii_cycles"]
    assert written["origin"]["ii_cycles"] == "simulated"
    assert json.loads((build_dir / "compile.json").read_text())["key"] == written["compiled"]


def test_a_timeline_goes_with_it_and_a_trace_where_one_is_asked_for(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["simulate", str(build_dir), "--level", "dataflow", "--frames", "5"]
    assert main([*words, "--trace", str(tmp_path / "five.json"), "--window", "10", "69"]) == 0

    assert f"cycles 10 to 69 recorded; {tmp_path / 'five.json'} has cycles 10 to 69" in "".join(
        capsys.readouterr().out.splitlines()
    )
    timeline = json.loads((build_dir / "timeline.json").read_text())
    assert (timeline["level"], timeline["frames"], timeline["edges"][0]) == ("dataflow", 5, 10)
    assert timeline["compiled"] == json.loads((build_dir / "compile.json").read_text())["key"]
    spent = [row["busy_cycles"] + row["starved_cycles"] + row["blocked_cycles"] for row in timeline["layers"]]
    assert set(spent) == {60}
    assert timeline["origin"]["layers"] == "simulated"
    slices = [e for e in json.loads((tmp_path / "five.json").read_text())["traceEvents"] if e["ph"] == "X"]
    assert sum(event["dur"] for event in slices) == 60 * len(spent)
    assert main([*words, "--window", "999999", "1000000"]) == 2
    assert "the run ended before cycle 999999" in capsys.readouterr().err
    assert main([*words, "--trace", str(tmp_path / "five.fst")]) == 2
    assert "must end in .json" in capsys.readouterr().err


def test_standing_still_is_exit_code_1(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(build_dir, tmp_path / "other")
    (other / "dataflow.json").unlink(missing_ok=True)
    compiled = dict(read_result(other / "compile.json", "rbonn compile"))
    origin = compiled.pop("origin")
    for depth, code in ((2, 1), (20, 0)):
        document = {**compiled, "stage_graph": fork_and_join(depth).to_document()}
        write_result(other / "compile.json", document, origin)

        assert main(["simulate", str(other), "--level", "dataflow"]) == code

        assert ("FIFO wait before join is full with 2 words" in capsys.readouterr().err) == bool(code)
        assert (other / "dataflow.json").is_file() != bool(code)


def test_a_file_of_its_user_is_not_overwritten(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(build_dir, tmp_path / "other")
    marker = json.loads((other / MARKER).read_text())
    marker["made"].pop("dataflow.json", None)
    (other / MARKER).write_text(json.dumps(marker))
    (other / "dataflow.json").write_text("mine")
    assert main(["simulate", str(other), "--level", "dataflow"]) == 2
    assert "dataflow.json is a file" in capsys.readouterr().err
    assert (other / "dataflow.json").read_text() == "mine"
