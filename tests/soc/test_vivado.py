"""rbonn_hw/soc/vivado.py: the folder, its Tcl under tclsh with recorded commands, and the verdict."""

import shutil
from pathlib import Path

import pytest

from rbonn_hw.errors import TimingError, ToolError
from rbonn_hw.soc import vivado
from rbonn_hw.toolchain import find_program, run_tool
from tests.soc.systems import small_system
from tests.soc.test_timing_report import text
from tests.soc.tools import fake_tool

COMMANDS = (
    "set_part", "read_verilog", "read_xdc", "synth_design", "opt_design", "place_design", "phys_opt_design",
    "route_design", "report_timing_summary", "report_utilization", "report_drc", "write_checkpoint",
    "write_bitstream",
)  # fmt: skip
STUBS = """
proc get_timing_paths {kind args} { return [list $kind] }
proc get_property {name path} { global recorded; return $recorded($path) }
foreach command {%s} { proc $command args "puts stderr \\"$command \\$args\\"" }
array set recorded {%s}
source vivado.tcl
"""


def run_tcl(folder: Path, setup: float, hold: float, *, allow: bool = False) -> list[str]:
    """Run the script under tclsh; returns the Vivado commands that it called."""
    if find_program("tclsh") is None:
        pytest.skip("tclsh is not installed")
    vivado.prepare(small_system(folder / "build"), folder / "vivado", allow_timing_failure=allow)
    stubs = STUBS % (" ".join(COMMANDS), f"-setup {setup} -hold {hold}")
    (folder / "vivado" / "stubs.tcl").write_text(stubs)
    run_tool(["sh", "-c", "tclsh stubs.tcl 2> calls.txt"], install_hint="", cwd=folder / "vivado")
    return (folder / "vivado" / "calls.txt").read_text().splitlines()


def test_the_script_reads_implements_reports_and_writes(tmp_path: Path) -> None:
    assert run_tcl(tmp_path, 0.4, 0.02) == [
        "set_part xc7z020clg400-1",
        "read_verilog -sv rbonn_inside.sv",
        "read_verilog -sv rbonn_zynq_top.sv",
        "read_verilog -sv accelerator.v",
        "read_xdc constraints.xdc",
        (
            "synth_design -top rbonn_zynq_top -part xc7z020clg400-1 -include_dirs . -generic {InBits=32'd8 "
            "InBeats=32'd1 OutBits=32'd16 OutBeats=32'd1 NetworkId=32'd4027435774 ReadDepth=32'd128 "
            "WriteDepth=32'd64} -flatten_hierarchy rebuilt"
        ),
        "opt_design ",
        "place_design ",
        "phys_opt_design ",
        "route_design ",
        "report_timing_summary -no_header -file timing.rpt",
        "report_utilization -file utilisation.rpt",
        "report_drc -file drc.rpt",
        "write_checkpoint -force routed.dcp",
        "write_bitstream -force accelerator.bit",
    ]


@pytest.mark.parametrize(("setup", "hold"), [(-0.1, 0.1), (0.1, -0.1)])
def test_no_bitstream_without_slack_unless_asked_for(tmp_path: Path, setup: float, hold: float) -> None:
    assert "write_bitstream" not in " ".join(run_tcl(tmp_path, setup, hold))
    assert run_tcl(tmp_path, setup, hold, allow=True)[-1] == "write_bitstream -force accelerator.bit"


def test_the_folder_has_everything_that_the_script_reads(tmp_path: Path) -> None:
    vivado.prepare(small_system(tmp_path / "build"), tmp_path / "out")

    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "accelerator.v", "constraints.xdc", "key.txt", "rbonn_inside.sv", "rbonn_zynq_top.sv", "settings.tcl",
        "vivado.tcl", "words.mem",
    }  # fmt: skip
    assert (tmp_path / "out" / "constraints.xdc").read_text() == (
        "create_clock -name fclk0 -period 10.000 [get_pins {u_ps7/FCLKCLK[0]}]\n"
    )


def reports(timing: str) -> dict[str, str]:
    return {"timing.rpt": text(timing), "utilisation.rpt": text("utilisation.rpt"), "accelerator.bit": "bits"}


def test_vivado_is_run_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = small_system(tmp_path / "build")
    vivado.prepare(system, tmp_path / "out")
    log = fake_tool(tmp_path / "bin", monkeypatch, "vivado", reports("timing_met.rpt"))
    told: list[str] = []

    done = vivado.implement(system, tmp_path / "out", progress=told.append)

    expected = "-mode batch -nojournal -log vivado.log -source vivado.tcl"
    assert log.read_text().split() == expected.split()
    assert done.bitstream is not None
    assert done.bitstream.read_text() == "bits"
    assert (done.timing.slack_ns, done.resources["lut"], done.origin) == (1.25, 9120, "routed")
    assert told == ["Vivado: synthesis, place and route"]
    log.unlink()
    assert vivado.implement(system, tmp_path / "out", progress=told.append) == done
    assert not log.exists(), "nothing had changed"


def test_missed_timing_is_refused_unless_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = small_system(tmp_path / "build")
    vivado.prepare(system, tmp_path / "out")
    fake_tool(tmp_path / "bin", monkeypatch, "vivado", reports("timing_missed.rpt"))

    missed = vivado.implement(system, tmp_path / "out", progress=print)
    assert missed.bitstream is None
    with pytest.raises(TimingError, match="timing is missed"):
        missed.timing.check()
    allowed = vivado.implement(system, tmp_path / "out", allow_timing_failure=True, progress=print)
    assert not allowed.timing.met


def test_vivado_that_fails_or_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = small_system(tmp_path / "build")
    vivado.prepare(system, tmp_path / "out")
    fake_tool(tmp_path / "bin", monkeypatch, "vivado", {})
    with pytest.raises(ToolError, match=r"wrote no .*timing\.rpt"):
        vivado.implement(system, tmp_path / "out", progress=print)
    fake_tool(tmp_path / "bin", monkeypatch, "vivado", {}, exit_code=1)
    with pytest.raises(ToolError, match="exit 1 from: vivado"):
        vivado.implement(system, tmp_path / "out", progress=print)
    shutil.rmtree(tmp_path / "bin")
    with pytest.raises(ToolError, match="'vivado' not found: install Vivado"):
        vivado.implement(system, tmp_path / "out", progress=print)
