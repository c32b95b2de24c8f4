"""rbonn synth: rows by layer, budget, cache, and the answer no."""

import json
import shutil
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.ownership import MARKER
from rbonn_hw.spec import device
from rbonn_hw.spec.device import Device
from rbonn_hw.spec.summary import Resources, Summary
from tests.full_disk import files_of_at_most

pytestmark = pytest.mark.slow

SUMMARY = Summary(
    part="xc7z020clg400-1",
    clk_period_ns=10.0,
    target_cycles=None,
    ii_cycles=1,
    latency_cycles=2,
    accelerator=Resources(ff=8, ramb36=0.5),
    dearest=(),
    bottleneck="first",
    next_step=None,
)

RTL = {
    "delay.sv": """
module delay #(parameter int unsigned Width = 8) (input logic ap_clk, input logic [Width-1:0] in_i,
                                                  output logic [Width-1:0] out_o);
  always_ff @(posedge ap_clk) out_o <= in_i;
endmodule
""",
    "table.sv": """
module lookup (input logic ap_clk, input logic [7:0] in_i, output logic [7:0] out_o);
  (* ram_style = "block" *) logic [7:0] words [256];
  initial $readmemh("words.mem", words);
  always_ff @(posedge ap_clk) out_o <= words[in_i];
endmodule
""",
    "accelerator.v": """
module accelerator (input ap_clk, input [7:0] in_i, output [7:0] out_o);
  wire [7:0] between;
  delay  first  (.ap_clk(ap_clk), .in_i(in_i), .out_o(between));
  lookup second (.ap_clk(ap_clk), .in_i(between), .out_o(out_o));
endmodule
""",
    "words.mem": "".join(f"{(n * 7) % 256:02x}\n" for n in range(256)),
}


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("build")
    (build / "rtl").mkdir()
    for name, text in RTL.items():
        (build / "rtl" / name).write_text(text)
    (build / "rtl" / "sources.txt").write_text("delay.sv\ntable.sv\naccelerator.v\n")
    nodes = [{"name": "first", "kernel": "Delay"}, {"name": "second", "kernel": "Lookup"}]
    compiled = {
        "top": "accelerator",
        "part": "xc7z020clg400-1",
        "nodes": nodes,
        "summary": SUMMARY.to_document(),
    }
    (build / "compile.json").write_text(json.dumps(compiled))
    assert main(["synth", str(build)]) == 0
    return build


def test_resources_budget_and_layers_are_written(synthesized: Path) -> None:
    result = json.loads((synthesized / "synth.json").read_text())

    assert result["resources"] == {"lut": 0, "ff": 8, "ramb36": 0.5, "dsp": 0}
    assert result["budget"] == {"lut": 53_200, "ff": 106_400, "ramb36": 140, "dsp": 220}
    assert result["share"]["ramb36"] == round(0.5 / 140, 4)
    assert [(node["name"], node["kernel"], node["ff"], node["ramb36"]) for node in result["nodes"]] == [
        ("first", "Delay", 8, 0.0),
        ("second", "Lookup", 0, 0.5),
    ]
    assert result["origin"]["resources"] == "synthesised"
    assert (synthesized / result["netlist"]).is_file()


def test_a_rerun_runs_nothing(synthesized: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (synthesized / "synth" / "netlist.json.gz").stat().st_mtime_ns

    assert main(["synth", str(synthesized)]) == 0

    assert "nothing has changed" in capsys.readouterr().out
    assert (synthesized / "synth" / "netlist.json.gz").stat().st_mtime_ns == before


def test_a_disk_that_fills_keeps_the_former_result(
    synthesized: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = tmp_path / "build"
    shutil.copytree(synthesized, build)
    before = contents(build)
    source = build / "rtl" / "delay.sv"
    source.write_bytes(b"// of today\n" + before[source])
    # It cuts the design that Yosys writes, which Yosys passes over.
    with files_of_at_most(3000):
        assert main(["synth", str(build)]) == 2

    assert "File too large; check the path, its permissions and the disk" in capsys.readouterr().err
    source.write_bytes(before[source])
    assert contents(build) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != MARKER}


def test_too_large_is_exit_code_1_with_the_excess(
    synthesized: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(device.DEVICES, "tiny", Device("tiny", "xc7", 10, 4, 1, 1))

    assert main(["synth", str(synthesized), "--part", "tiny"]) == 1

    assert "does not fit tiny: FF 8 of 4 (x 2.00)" in capsys.readouterr().err
    assert json.loads((synthesized / "synth.json").read_text())["part"] == "tiny"
    assert main(["synth", str(synthesized), "--part", "tiny", "--no-fit"]) == 0


def test_a_hopeless_design_is_not_started_unless_forced(
    synthesized: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(device.DEVICES, "tinier", Device("tinier", "xc7", 10, 3, 1, 1))
    before = (synthesized / "synth.json").read_bytes()

    assert main(["synth", str(synthesized), "--part", "tinier"]) == 1

    captured = capsys.readouterr()
    assert "more than 2 times tinier (FF 8 of 3 (x 2.67)), so synthesis is not started" in captured.err
    assert (synthesized / "synth.json").read_bytes() == before
    assert main(["synth", str(synthesized), "--part", "tinier", "--force"]) == 1
    assert "does not fit tinier: FF 8 of 3" in capsys.readouterr().err


def test_an_unknown_part_is_named(synthesized: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", str(synthesized), "--part", "xc7z020"]) == 2

    assert "did you mean" in capsys.readouterr().err


def test_a_folder_that_was_never_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", str(tmp_path)]) == 2

    assert "rbonn compile" in capsys.readouterr().err


def test_a_folder_without_its_sources(
    synthesized: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(synthesized / "compile.json", tmp_path)

    assert main(["synth", str(tmp_path)]) == 2

    assert "sources.txt" in capsys.readouterr().err
