"""The estimate of a compiled accelerator, against the folding's own arithmetic and the RTL's cycles."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rbonn_hw.compiler.build import CompileOptions, compile_network
from rbonn_hw.errors import ConfigError, DoesNotFitError, TargetMissedError
from rbonn_hw.spec.device import device
from rbonn_hw.spec.summary import LayerCost, NextStep, Resources, Summary, excess
from tests.compiler.frontend.networks import export
from tests.networks import binary_mlp


def compiled(network: Path, out: Path, target_cycles: int) -> Summary:
    """Compile, and read the summary back from the file."""
    compile_network(network, out, CompileOptions(target_cycles=target_cycles), lambda _: None)
    return Summary.from_document(json.loads((out / "compile.json").read_text())["summary"])


def test_figures_are_the_sums_of_the_layers(tmp_path: Path) -> None:
    summary = compiled(binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "out", 40)

    nodes = json.loads((tmp_path / "out" / "compile.json").read_text())["nodes"]
    for name in ("lut", "ff", "ramb36", "dsp"):
        assert getattr(summary.accelerator, name) == sum(node["area"][name] for node in nodes)
    slowest = max(nodes, key=lambda node: node["cycles_per_frame"])
    assert (summary.bottleneck, summary.ii_cycles) == (slowest["name"], slowest["cycles_per_frame"])
    assert summary.frames_per_second == pytest.approx(1e8 / slowest["cycles_per_frame"])
    assert len(summary.dearest) == min(5, len(nodes))
    luts = [layer.resources.lut for layer in summary.dearest]
    assert luts == sorted((node["area"]["lut"] for node in nodes), reverse=True)[:5]
    summary.check()


def test_next_step_is_the_next_divisor_of_the_slowest_layer(tmp_path: Path) -> None:
    """12 inputs, 8 neurons: 96 bits of weights a frame; 12 x 8 / 2 is 48 cycles, the next divisor pair 32."""
    network = binary_mlp(tmp_path / "mlp.onnx")
    summary = compiled(network, tmp_path / "out", 48)

    assert summary.ii_cycles == 48
    assert summary.next_step is not None
    assert summary.next_step.layers == ("fc0_mvau",)
    assert summary.next_step.ii_cycles == 32
    again = compiled(network, tmp_path / "quicker", 32)
    assert again.ii_cycles == 32
    more = summary.next_step.more
    # Buffers and width converters are in the price; register stages are not.
    assert summary.accelerator + more == again.accelerator
    assert more.lut > 0


def test_nothing_is_quicker_than_everything_at_once(tmp_path: Path) -> None:
    summary = compiled(binary_mlp(tmp_path / "mlp.onnx", inputs=4, hidden=4, classes=2), tmp_path / "out", 1)
    assert summary.ii_cycles == 1
    assert summary.next_step is None


@pytest.mark.verilator
@pytest.mark.slow
def test_latency_is_near_that_of_the_rtl(tmp_path: Path) -> None:
    import numpy as np
    from torch import nn

    from rbonn_hw.sim.accelerator import simulate
    from tests.compiler.frontend.networks import binary_conv, binary_linear, integers, sign

    body = nn.Sequential(
        integers(8, 128.0), binary_conv(1, 4, 3), nn.BatchNorm2d(4), sign(), nn.MaxPool2d(2),
        binary_conv(4, 6, 3), nn.BatchNorm2d(6), sign(), nn.Flatten(), binary_linear(24, 3),
    )  # fmt: skip
    network = export(body, (1, 1, 10, 10), tmp_path / "net.onnx")
    summary = compiled(network, tmp_path / "out", 400)

    result = simulate(tmp_path / "out", np.zeros((3, 10, 10, 1), np.int64))

    assert summary.latency_cycles == pytest.approx(result.latency_cycles, rel=0.1)


SUMMARY = Summary(
    part="xc7z020clg400-1",
    clk_period_ns=10.0,
    target_cycles=100,
    ii_cycles=100,
    latency_cycles=250,
    accelerator=Resources(lut=53_200 - 1_000, ff=5, ramb36=140.0, dsp=3),
    shell=Resources(lut=1_000),
    dearest=(LayerCost(name="a", kernel="RbonnMVAU", cycles_per_frame=100, resources=Resources(lut=9)),),
    bottleneck="a",
    next_step=NextStep(layers=("a",), ii_cycles=50, more=Resources(lut=7, ramb36=-0.5)),
)


def test_exactly_full_and_exactly_as_fast_as_wanted_is_well() -> None:
    SUMMARY.check()
    replace(SUMMARY, target_cycles=None, ii_cycles=10**9).check()


def test_larger_than_the_part_with_its_shell() -> None:
    with pytest.raises(DoesNotFitError, match=r"LUT 53,201 of 53,200 \(x 1.00\)"):
        replace(SUMMARY, shell=Resources(lut=1_001)).check()
    in_the_way = (
        LayerCost(name="b", kernel="RbonnMVAU", cycles_per_frame=3, resources=Resources(lut=8_500)),
    )
    large = replace(SUMMARY, shell=Resources(lut=1_001), most_of_scarcest=in_the_way)
    with pytest.raises(DoesNotFitError, match=r"most LUT: b \(8,500\); no folding fits"):
        large.check()
    with pytest.raises(DoesNotFitError, match=r"the quickest that fits takes 777 cycles .*--fit 1"):
        replace(large, best_fit_cycles=777).check()
    with pytest.raises(DoesNotFitError, match="no folding is smaller"):
        replace(large, target_cycles=None).check()
    with pytest.raises(DoesNotFitError, match="larger than 90% of xc7z020"):
        replace(SUMMARY, allowed_share=0.9).check()
    with pytest.raises(DoesNotFitError, match=r"RAMB36 140.5 of 140"):
        replace(SUMMARY, shell=Resources(ramb36=0.5)).check()
    assert excess(SUMMARY.total, device("xc7z010clg400-1"), 4.0) == []
    assert "LUT" in excess(SUMMARY.total, device("xc7z010clg400-1"), 2.5)[0]


def test_slower_than_wanted() -> None:
    with pytest.raises(TargetMissedError, match=r"target of 99 cycles .* a takes 100 .*next: 50 cycles"):
        replace(SUMMARY, target_cycles=99).check()
    with pytest.raises(TargetMissedError, match="no folding is quicker"):
        replace(SUMMARY, target_cycles=99, next_step=None).check()


def test_document_and_back() -> None:
    document = json.loads(json.dumps(SUMMARY.to_document()))

    assert Summary.from_document(document) == SUMMARY
    assert document["frames_per_second"] == 1e6
    assert document["latency_us"] == 2.5
    assert document["share"]["lut"] == 1.0
    assert document["fits"]
    assert document["target_is_met"]
    with pytest.raises(ConfigError, match="another version"):
        Summary.from_document({"part": "x"})
