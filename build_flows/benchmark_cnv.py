"""Brevitas's CNV_1W1A with BNN-PYNQ's folding: cycles and area, beside the published accelerator.

    python build_flows/benchmark_cnv.py

Weights and statistics are random: neither cycles nor (but for LUT ROMs, a little) area depend on them. Writes
``benchmark_cnv.json`` beside this file; about five minutes on 2 cores.
"""

import sys
from pathlib import Path

import torch
from brevitas.export import export_qonnx
from brevitas_examples.bnn_pynq.models import model_with_cfg
from torch import nn

from rbonn_hw.cli import main
from rbonn_hw.results import read_result, write_result

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "cnv"
PUBLISHED = {
    "what": "CNV W1A1 on a PYNQ-Z1 at 100 MHz, whole design with its DMA, placed and routed by Vivado",
    "source": "Xilinx/BNN-PYNQ READMEs and notebooks",
    "ii_cycles": 32787,
    "latency_cycles": 158400,
    "resources": {"lut": 26072, "ff": 41312, "ramb36": 124, "dsp": 24},
}


def run() -> int:
    """Compile, simulate, synthesize, and write the figures."""
    torch.manual_seed(0)
    network, _ = model_with_cfg("cnv_1w1a", pretrained=False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.get_buffer("running_mean"), std=2.0)
    BUILD.mkdir(parents=True, exist_ok=True)
    frame = torch.rand(1, 3, 32, 32)
    export_qonnx(
        network.eval(), args=frame, export_path=str(BUILD / "cnv.onnx"), opset_version=13, dynamo=False
    )
    folding = ["--folding", str(HERE / "cnv_w1a1_bnn_pynq_folding.json"), "--target-cycles", "32768"]
    for arguments in (
        ["compile", str(BUILD / "cnv.onnx"), "--out", str(BUILD), *folding],
        ["simulate", str(BUILD), "--random", "5", "--finn-frames", "1"],
        ["synth", str(BUILD)],
    ):
        code = main(arguments)
        if code:
            return code
    simulated = read_result(BUILD / "simulate.json", "rbonn simulate")
    synthesized = read_result(BUILD / "synth.json", "rbonn synth")
    names = ("frames", "mismatches", "ii_cycles", "latency_cycles")
    document = {
        "what": "CNV W1A1, accelerator alone, 10 classes, xc7z020clg400-1",
        **{name: simulated[name] for name in names},
        "resources": synthesized["resources"],
        "published": PUBLISHED,
    }
    write_result(
        HERE / "benchmark_cnv.json",
        document,
        {
            "ii_cycles": "simulated",
            "latency_cycles": "simulated",
            "mismatches": "simulated",
            "resources": "synthesised",
            "published.ii_cycles": "measured",
            "published.latency_cycles": "measured",
            "published.resources": "synthesised",
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run())
