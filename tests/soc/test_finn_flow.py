"""rbonn_hw/soc/finn_flow.py and its process, with FINN's build replaced by one that records."""

import json
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.cli import main
from rbonn_hw.compiler import zynq_build
from rbonn_hw.errors import ConfigError, TimingError, ToolError
from rbonn_hw.soc import finn_flow
from tests.networks import binary_mlp
from tests.soc.systems import small_system
from tests.soc.test_timing_report import text
from tests.soc.tools import fake_tool


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, timing: str) -> Path:
    """Replace Vivado, Vitis HLS and the process of FINN; returns the file of its arguments."""
    (folder / "timing.rpt").write_text(text(timing))
    (folder / "utilisation.rpt").write_text(text("utilisation.rpt"))
    result = {name: str(folder / f"{name}.rpt") for name in ("timing", "utilisation")}
    for name in finn_flow.PROGRAMS:
        fake_tool(folder, monkeypatch, name, {})
    log = fake_tool(
        folder, monkeypatch, "python", {"result.json": json.dumps({**result, "bitstream": "x.bit"})}
    )
    monkeypatch.setattr(finn_flow, "python_command", lambda module: [str(folder / "python"), "-m", module])
    return log


def test_finn_is_run_and_its_reports_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = install(tmp_path, monkeypatch, "timing_met.rpt")
    build = tmp_path / "build"

    done = finn_flow.implement(small_system(build), build, tmp_path / "out", progress=lambda _: None)

    assert log.read_text().split() == [
        "-m", "rbonn_hw.compiler.zynq_build", str(build), str(tmp_path / "out"), "Pynq-Z2", "10",
    ]  # fmt: skip
    assert (done.tool, done.bitstream, done.timing.met) == ("finn", Path("x.bit"), True)


def test_missed_timing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "timing_missed.rpt")
    missed = finn_flow.implement(small_system(tmp_path), tmp_path, tmp_path / "out", progress=lambda _: None)
    assert missed.bitstream is None
    with pytest.raises(TimingError):
        missed.timing.check()


def test_without_vitis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tool(tmp_path, monkeypatch, "vivado", {})
    with pytest.raises(ToolError, match="needs vitis_hls: install Vitis"):
        finn_flow.implement(small_system(tmp_path), tmp_path, tmp_path / "out", progress=lambda _: None)


def test_without_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "timing_met.rpt")
    (tmp_path / "timing.rpt").unlink()
    with pytest.raises(ToolError, match="left no report"):
        finn_flow.implement(small_system(tmp_path), tmp_path, tmp_path / "out", progress=lambda _: None)


def test_the_process_gives_finn_our_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, build = binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "build"
    assert main(["compile", str(network), "--out", str(build), "--target-cycles", "50"]) == 0
    from finn.transformation.fpgadataflow import make_zynq_proj
    from qonnx.custom_op.registry import getCustomOp

    seen: list[Any] = []

    def apply(self: Any, model: Any) -> tuple[Any, bool]:
        seen.append(
            (self.platform, self.period_ns, [type(getCustomOp(node)).__name__ for node in model.graph.node])
        )
        for name in ("bitfile", "hw_handoff", "vivado_pynq_proj"):
            model.set_metadata_prop(name, f"/project/{name}")
        return model, False

    monkeypatch.setattr(make_zynq_proj.ZynqBuild, "apply", apply)
    monkeypatch.setattr("sys.argv", ["zynq_build", str(build), str(tmp_path / "out"), "Pynq-Z1", "8.0"])

    zynq_build.main()

    (platform, period_ns, kinds), *_ = seen
    assert (platform, period_ns) == ("Pynq-Z1", 8.0)
    assert kinds.count("RbonnMVAU_rtl") == 2
    found = json.loads((tmp_path / "out" / "result.json").read_text())
    assert found["bitstream"] == "/project/bitfile"
    assert found["timing"].endswith("finn_zynq_link.runs/impl_1/top_wrapper_timing_summary_routed.rpt")


def test_a_folder_that_was_never_compiled(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rbonn compile"):
        zynq_build.build(tmp_path, tmp_path, "Pynq-Z2", 10.0)
