"""rbonn bitstream: everything before place and route for real, the rest with tools that record."""

import json
import shutil
import signal
from pathlib import Path

import pytest

import rbonn_hw.cli
from rbonn_hw import drafts
from rbonn_hw.cli import main
from rbonn_hw.ownership import MARKER, Claim
from rbonn_hw.soc import open_flow
from rbonn_hw.toolchain import CHIPDB_VARIABLE, PRJXRAY_VARIABLE
from tests.cli.killed_bitstream import kill_when, working_in
from tests.full_disk import files_of_at_most
from tests.sim.test_accelerator import write_build
from tests.soc.test_vivado import reports
from tests.soc.tools import fake_tool, install_open_tools
from tests.synth.yosys_json import findings, library, types

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for variable in (PRJXRAY_VARIABLE, CHIPDB_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("build"), key="f00dcafe12345678")


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record what is packed, instead of packing it."""
    calls: list[list[str]] = []

    def record(arguments: list[str]) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(rbonn_hw.cli, "main", record)
    return calls


def test_without_a_tool_everything_before_it_is_made(
    build_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bitstream", str(build_dir)]) == 2

    said = capsys.readouterr().out
    assert "tool: none is installed" in said
    assert "vivado: install Vivado" in said
    assert "nextpnr-xilinx, or nextpnr-himbaechel" in said
    result = json.loads((build_dir / "bitstream.json").read_text())
    assert (result["tool"], result["bitstream"], result["board"]) == (None, None, "Pynq-Z2")
    assert 500 < result["resources"]["lut"] < 3000
    assert 1 < result["logic_delay"]["delay_ns"] < 6
    assert result["origin"] == {
        "resources": "synthesised", "utilisation": "synthesised", "logic_delay": "estimated",
        "frame_rates": "estimated",
    }  # fmt: skip
    assert (result["frame_rates"]["fps_at_100mhz"], result["frame_rates"]["fps_at_clock"]) == (25000, 25000)
    assert "25,000.0 at 100 MHz, asked for and not promised: nothing is placed and routed\n" in said
    assert (result["logic_delay"]["from"], result["logic_delay"]["to"]) == ("shell", "shell")
    netlist = build_dir / "bitstream" / "open" / open_flow.NETLIST
    assert (types(netlist)["PS7"], types(netlist)["BUFG"]) == (1, 1)
    assert findings(netlist, library()) == []
    assert (build_dir / "bitstream" / "vivado" / "vivado.tcl").is_file()
    assert not (build_dir / "accelerator.bit").exists()


@pytest.mark.parametrize("most_bytes", [3000, 100_000])  # no Vivado project; a project, and no netlist
def test_a_disk_that_fills_keeps_the_former_result(
    most_bytes: int, build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = tmp_path / "build"
    assert main(["bitstream", str(build_dir)]) == 2  # for want of tools alone
    shutil.copytree(build_dir, build)
    for key in build.rglob("key.txt"):
        key.write_text("of other tools")  # all steps anew, of the same RTL: a result of other RTL is dropped
    before = {path: path.read_bytes() for path in build.rglob("*") if path.is_file()}
    with files_of_at_most(most_bytes):
        assert main(["bitstream", str(build)]) == 2

    assert "File too large" in capsys.readouterr().err
    vivado = build / "bitstream" / "vivado"
    for path, content in before.items():
        if path.name != MARKER and (most_bytes == 3000 or vivado not in path.parents):
            assert path.read_bytes() == content, path
    assert not [*build.rglob(f"{drafts.PREFIX}*")]


def test_the_open_tools_are_chosen_when_they_are_there(
    build_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    install_open_tools(tmp_path, monkeypatch)

    assert main(["bitstream", str(build_dir), "--board", "pynq-z1"]) == 0

    assert "tool: nextpnr-himbaechel 0.10" in capsys.readouterr().out
    assert (build_dir / "accelerator.bit").read_text().startswith("bits of")
    out = str(build_dir / f"{build_dir.name}.zip")
    assert packed == [["package", str(build_dir), "--board", "Pynq-Z1", "--out", out]]
    result = json.loads((build_dir / "bitstream.json").read_text())
    assert result["timing"]["fmax_mhz"] == pytest.approx(112.36)
    assert result["origin"]["timing"] == "estimated"


def test_vivado_that_misses_timing_is_the_answer_no(
    build_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake_tool(tmp_path, monkeypatch, "vivado", reports("timing_missed.rpt"))
    (build_dir / "accelerator.bit").write_text("of an earlier network")

    assert main(["bitstream", str(build_dir)]) == 1
    assert "timing is missed" in capsys.readouterr().err
    assert not packed
    assert not (build_dir / "accelerator.bit").exists()

    assert main(["bitstream", str(build_dir), "--allow-timing-failure"]) == 0
    assert "WARNING: it misses 100 MHz" in capsys.readouterr().out
    assert len(packed) == 1
    assert "set allow_timing_failure 1" in (build_dir / "bitstream/vivado/settings.tcl").read_text()


def test_a_bitstream_of_rtl_before_it_was_edited_does_not_stay(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: list[list[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "build").mkdir()
    build = write_build(tmp_path / "build", key="f00dcafe12345678")
    Claim(build, "compile", ("rtl",)).seal()
    fake_tool(tmp_path, monkeypatch, "vivado", reports("timing_met.rpt"))
    assert main(["bitstream", str(build)]) == 0
    assert not caplog.text
    first = json.loads((build / "bitstream.json").read_text())["rtl"]
    fake_tool(tmp_path, monkeypatch, "vivado", {})  # which makes nothing
    assert main(["bitstream", str(build)]) == 0  # nothing changed
    assert (build / "accelerator.bit").exists()

    rtl = build / "rtl" / "accelerator.v"
    rtl.write_text(f"{rtl.read_text()}// edited")
    assert main(["bitstream", str(build)]) == 2
    assert not (build / "accelerator.bit").exists()
    assert f"{rtl} was changed since it was compiled; what it holds now is taken" in caplog.text
    fake_tool(tmp_path, monkeypatch, "vivado", reports("timing_met.rpt"))
    assert main(["bitstream", str(build)]) == 0
    assert json.loads((build / "bitstream.json").read_text())["rtl"] != first


def test_a_tool_asked_for_by_name_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = write_build(tmp_path, key="f00dcafe12345678")
    for name in ("accelerator.bit", "bitstream.json"):
        (build / name).write_text("of an earlier run")
    before = {path: path.stat().st_mtime_ns for path in build.rglob("*")}
    for tool, missing in (
        ("vivado", "'vivado' not found"),
        ("finn", "needs vivado and vitis_hls"),
        ("openxc7", "the open flow lacks nextpnr-xilinx, or nextpnr-himbaechel"),
    ):
        assert main(["bitstream", str(build), "--tool", tool]) == 2
        said = capsys.readouterr()
        assert missing in said.err
        assert "reading" not in said.out  # no synthesis was begun
    assert {path: path.stat().st_mtime_ns for path in build.rglob("*")} == before


def test_what_place_and_route_refuses_leaves_the_area(
    build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_open_tools(tmp_path, monkeypatch, unroutable=["1"])
    for former in ("accelerator.bit", "bitstream.json"):  # of this network: they would stay
        (build_dir / former).unlink(missing_ok=True)
    assert main(["bitstream", str(build_dir), "--tool", "openxc7"]) == 2
    assert "Routing design failed" in capsys.readouterr().err
    result = json.loads((build_dir / "bitstream.json").read_text())
    assert (result["tool"], result["bitstream"]) == ("openxc7", None)
    assert result["origin"]["resources"] == "synthesised"


def test_bad_input(build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bitstream", str(tmp_path)]) == 2
    assert "rbonn compile" in capsys.readouterr().err
    assert main(["bitstream", str(build_dir), "--board", "Pynq-Z3"]) == 2
    assert "did you mean" in capsys.readouterr().err
    write_build(tmp_path, part="xc7z010clg400-1", key="f00dcafe12345678")
    assert main(["bitstream", str(tmp_path)]) == 1
    assert "compiled for xc7z010clg400-1" in capsys.readouterr().err


def test_a_report_that_says_nothing_is_no_success(
    build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(build_dir / "bitstream" / "vivado_run", ignore_errors=True)
    fake_tool(tmp_path, monkeypatch, "vivado", {**reports("timing_met.rpt"), "timing.rpt": ""})
    for _ in range(2):  # nor is it one when it is found again
        assert main(["bitstream", str(build_dir)]) == 2
        assert "no design timing summary" in capsys.readouterr().err


def test_killed_in_synthesis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = tmp_path / "build"
    build.mkdir()
    write_build(build, key="f00dcafe12345678")
    install_open_tools(tmp_path / "tools", monkeypatch)

    code, said = kill_when(lambda: bool(working_in(build)), build, signal.SIGINT)

    assert (code, working_in(build)) == (2, [])
    assert "interrupted; run the same command again" in said
    assert not (build / "bitstream.json").exists()


def test_killed_in_place_and_route(
    build_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls = install_open_tools(tmp_path, monkeypatch, seconds=300)

    def places() -> bool:
        return calls.is_file() and "--json" in calls.read_text()

    code, _ = kill_when(places, build_dir, signal.SIGTERM)
    assert (code, working_in(build_dir)) == (2, [])
    assert not [*build_dir.rglob(f"{drafts.PREFIX}*")]

    calls.with_name("settings.json").write_text("{}")
    assert main(["bitstream", str(build_dir), "--tool", "openxc7"]) == 0
    said = capsys.readouterr().out
    assert "place and route with seed 1" in said
    assert "mapped part" not in said
    assert len(packed) == 1
    assert main(["bitstream", str(build_dir), "--tool", "openxc7"]) == 0
    assert "place and route with seed" not in capsys.readouterr().out


def test_seeds_and_what_limits_the_clock(
    build_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = {"1": 91.0, "2": 96.5}
    install_open_tools(tmp_path, monkeypatch, fmax=slow)
    assert main(["bitstream", str(build_dir), "--tool", "openxc7", "--seeds", "2"]) == 1
    said = capsys.readouterr()
    assert "2 of 2 seeds routed: 91.0 to 96.5 MHz; seed 2 is kept" in said.out
    assert "LUT             3 of 53,200 (0.0%) LUT sites" in said.out
    assert "timing is missed" in said.err
    assert "the clock is limited by" in said.err
    result = json.loads((build_dir / "bitstream.json").read_text())
    assert (result["bitstream"], result["version"]) == (None, "nextpnr-himbaechel 0.10-8-g7c0c1c40")
    assert [run["fmax_mhz"] for run in result["seeds"]] == [96.5, 91.0]
    assert result["frame_rates"]["clock"].startswith("100 MHz, missed (estimated by nextpnr-himbaechel")
    assert result["timing"]["limit"].startswith("the clock is limited by")
    assert result["utilisation"]["lut"] == {
        "used": 3, "of": 53_200, "counts": result["utilisation"]["lut"]["counts"]
    }  # fmt: skip
    assert not packed
    assert main(["bitstream", str(build_dir), "--seeds", "0"]) == 2
    assert "at least one placement" in capsys.readouterr().err
