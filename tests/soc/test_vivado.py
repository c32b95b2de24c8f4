"""rbonn_hw/soc/vivado.py: the folder, its Tcl under tclsh with recorded commands, and the verdict."""

import re
import shutil
from pathlib import Path

import pytest

from rbonn_hw.errors import TimingError, ToolError
from rbonn_hw.soc import vivado
from rbonn_hw.soc.sources import accelerator_stub
from rbonn_hw.toolchain import find_program, run_tool
from tests.soc.systems import small_system
from tests.soc.test_timing_report import text
from tests.soc.tools import fake_tool

COMMANDS = (
    "set_msg_config", "report_timing", "report_power",
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
    fatal = ("Synth 8-4445", "Synth 8-327", "Synth 8-6858", "Synth 8-6859", "Vivado 12-4739")
    assert run_tcl(tmp_path, 0.4, 0.02) == [
        *(f"set_msg_config -id {{{message}}} -new_severity ERROR" for message in fatal),
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
        "report_timing -setup -max_paths 1 -no_header -file path.rpt",
        "report_utilization -file utilisation.rpt",
        "report_power -file power.rpt",
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
        "accelerator.v", "alone.tcl", "alone.xdc", "constraints.xdc", "key.txt",
        "rbonn_inside.sv", "rbonn_zynq_top.sv", "settings.tcl",
        "vivado.tcl", "words.mem",
    }  # fmt: skip
    assert (tmp_path / "out" / "constraints.xdc").read_text() == (
        "create_clock -name fclk0 -period 10.000 [get_pins {u_ps7/FCLKCLK[0]}]\n"
        "set_input_jitter fclk0 0.300\n"
    )


def install_vivado(folder: Path, monkeypatch: pytest.MonkeyPatch, timing: str = "timing_met.rpt") -> None:
    """Put a ``vivado`` on the PATH that refuses as Vivado does: options, and files that are not there."""
    kept = folder / "reports"
    kept.mkdir(parents=True)
    (kept / "timing.rpt").write_text(text(timing))
    for name in ("path.rpt", "utilisation.rpt", "power.rpt"):
        (kept / name).write_text(text(name))
    script = Path(__file__).with_name("standin_vivado.tcl")
    program = folder / "vivado"
    program.write_text(f"#!/bin/sh\nexec tclsh '{script}' '{kept}' \"$@\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_folder_elsewhere_is_all_that_vivado_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_program("tclsh") is None:
        pytest.skip("tclsh is not installed")
    vivado.prepare(small_system(tmp_path / "build"), tmp_path / "out")
    elsewhere = tmp_path / "another machine" / "bits"
    shutil.copytree(tmp_path / "out", elsewhere)
    shutil.rmtree(tmp_path / "out")
    shutil.rmtree(tmp_path / "build")
    install_vivado(tmp_path / "bin", monkeypatch)

    run_tool(vivado.COMMAND, install_hint="", cwd=elsewhere)
    assert (elsewhere / "accelerator.bit").read_text() == "bits\n"
    for name in vivado.REPORTS:
        assert (elsewhere / name).is_file()
    run_tool([*vivado.COMMAND[:-1], "alone.tcl"], install_hint="", cwd=elsewhere)
    assert (elsewhere / "alone_timing.rpt").is_file()

    for name in ("words.mem", "rbonn_inside.sv", "constraints.xdc"):
        kept = (elsewhere / name).read_bytes()
        (elsewhere / name).unlink()
        with pytest.raises(ToolError, match=re.escape(name)):
            run_tool(vivado.COMMAND, install_hint="", cwd=elsewhere)
        (elsewhere / name).write_bytes(kept)


def test_alone_every_port_has_a_constraint(tmp_path: Path) -> None:
    """Both scripts under tclsh; the ports are those of the stub that Yosys has of the accelerator."""
    system = small_system(tmp_path / "build")
    run_tcl(tmp_path, 0.4, 0.02)
    folder = tmp_path / "vivado"
    lines = "\n".join(
        f'proc {name} args {{ puts stderr "{name} $args" }}'
        for name in (*COMMANDS, "create_clock", "set_property", "set_input_delay", "set_output_delay")
    )
    getter = "proc get_ports names { return $names }\n"
    (folder / "stubs.tcl").write_text(f"{lines}\n{getter}source alone.tcl\nsource alone.xdc\n")
    run_tool(["sh", "-c", "tclsh stubs.tcl 2> calls.txt"], install_hint="", cwd=folder)
    calls = (folder / "calls.txt").read_text()

    assert "read_xdc -mode out_of_context alone.xdc" in calls
    assert "synth_design -mode out_of_context -top accelerator -part xc7z020clg400-1" in calls
    assert "write_bitstream" not in calls
    constrained = {
        way: set(
            re.findall(rf"^set_{way}_delay -clock ap_clk -max [\d.]+ \{{(.*)\}}$", calls, re.MULTILINE)[
                0
            ].split()
        )
        for way in ("input", "output")
    }
    ports = re.findall(r"(input|output) (\[\d+:0\] )?(\w+)", accelerator_stub(system.interface))
    declared = {
        way: {f"{name}[*]" if bus else name for kind, bus, name in ports if kind == way} - {"ap_clk"}
        for way in ("input", "output")
    }
    assert constrained == declared
    assert "create_clock -name ap_clk -period 10.000 ap_clk" in calls


def reports(timing: str) -> dict[str, str]:
    texts = {name: text(name) for name in ("path.rpt", "utilisation.rpt", "power.rpt")}
    return {"timing.rpt": text(timing), "accelerator.bit": "bits", **texts}


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
    assert done.timing.clocks == {"fclk0": pytest.approx(1000 / 8.75, abs=0.01)}
    assert [stretch.node for stretch in done.path(system)] == ["fc0_mvau", "dwc0"]
    values, origin = done.document(system)
    assert values["details"] == {"total_w": 1.581, "dynamic_w": 1.443, "static_w": 0.138}
    assert (origin["details.total_w"], origin["timing"]) == ("estimated", "routed")
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
