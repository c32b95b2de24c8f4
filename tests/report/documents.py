"""Result files of an accelerator that never was: figures chosen so that each is recognizable in a report."""

import json
from pathlib import Path
from typing import Any

import numpy as np

NODES = [
    ("pad", "FMPadding", None, 8, 100, (40, 50, 0, 0)),
    ("swg", "ConvolutionInputGenerator", None, 8, 576, (126, 77, 1, 0)),
    ("mvau0", "RbonnMVAU", 16, 24, 1152, (3210, 4100, 4.5, 0)),
    ("fifo0", "RbonnFIFO", None, None, 64, (31, 27, 0, 0)),
    ("dwc0", "RbonnDWC", None, None, 64, (48, 169, 0, 0)),
    ("mvau1", "RbonnMVAU", 2, 32, 640, (810, 920, 2, 0)),
]
STREAMS = {
    "pad": (["x"], ["padded"]),
    "swg": (["padded"], ["windows"]),
    "mvau0": (["windows"], ["sums", "copy"]),
    "fifo0": (["copy"], ["kept"]),
    "dwc0": (["kept"], ["wide"]),
    "mvau1": (["sums", "wide"], ["y"]),
}
"""Streams into and out of each layer: one goes from mvau0 to mvau1, and one through two buffers."""
RESOURCES = {"lut": 4265, "ff": 5343, "ramb36": 7.5, "dsp": 0}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def write_dataflow(build: Path, key: str = "0123456789abcdef") -> None:
    """Write a dataflow simulation of the compilation of some key."""
    stages = [
        {"name": name, "module": kernel, "busy_cycles": 4 * cycles, "starved_cycles": 4608 - 4 * cycles,
         "blocked_cycles": 0}
        for name, kernel, _, _, cycles, _ in NODES
    ]  # fmt: skip
    fifos = [{"name": "fifo0", "depth_words": 64, "high_water_words": 48}]
    _write(build / "dataflow.json", {"compiled": key, "frames": 4, "stages": stages, "fifos": fifos})


def write_timeline(build: Path, key: str = "0123456789abcdef") -> None:
    """Write a timeline of four bins of the compilation of some key: mvau0 is busy, pad is blocked later."""
    layers = [
        {"name": name, "module": kernel, "busy_cycles": 4 * cycles, "starved_cycles": 0, "blocked_cycles": 0,
         "busy": [1000, 500, 0, 0], "blocked": [0, 0, 0, 1000]}
        for name, kernel, _, _, cycles, _ in NODES
    ]  # fmt: skip
    _write(
        build / "timeline.json",
        {
            "compiled": key, "level": "rtl", "frames": 4, "stall": 0.0, "seed": 0,
            "edges": [0, 1000, 2000, 3000, 4000], "layers": layers,
            "fifos": [{"name": "fifo0", "depth_words": 64, "most_words": [0, 16, 48, 65]}],
            "frame_starts": [[0, 0], [1, 1000]], "frame_ends": [[0, 2000], [1, 3999]],
        },
    )  # fmt: skip


def write_stages(build: Path, *, mismatches: int = 0) -> None:
    """Write compile, simulate and synth results, an export and a training run below ``build``."""
    part = "xc7z020clg400-1"
    _write(
        build / "compile.json",
        {
            "key": "0123456789abcdef",
            "top": "accelerator",
            "part": part,
            "clk_period_ns": 10.0,
            "input": {"shape": [8, 8, 1], "dtype": "UINT8", "lanes": 1, "beats": 64},
            "output": {"shape": [10], "dtype": "INT16", "lanes": 1, "beats": 10},
            "nodes": [
                {
                    "name": name,
                    "kernel": kernel,
                    "pe": pe,
                    "simd": simd,
                    "cycles_per_frame": cycles,
                    "area": {},
                }
                for name, kernel, pe, simd, cycles, _ in NODES
            ],
            "notes": [],
            "stage_graph": {
                "stages": [
                    {
                        "name": name,
                        "module": kernel,
                        "parameters": {"MW": cycles},
                        "inputs": STREAMS[name][0],
                        "outputs": STREAMS[name][1],
                    }
                    for name, kernel, _, _, cycles, _ in NODES
                ]
            },
            "estimated_ii_cycles": 1150,
            "summary": {"latency_cycles": 3400, "shell": {"lut": 1558, "ff": 1469, "ramb36": 0.0, "dsp": 0}},
            "wall_seconds": 12.5,
        },
    )
    _write(
        build / "simulate.json",
        {
            "frames": 40,
            "mismatches": mismatches,
            "accuracy": {"pytorch": 0.975, "qonnx": 0.975, "finn": 0.975, "rtl": 0.975},
            "pairs": {
                "pytorch-qonnx": 0,
                "pytorch-finn": 0,
                "pytorch-rtl": mismatches,
                "qonnx-finn": 0,
                "qonnx-rtl": mismatches,
                "finn-rtl": mismatches,
            },
            "compared": {"qonnx-rtl": 40},
            "ii_cycles": 1152,
            "latency_cycles": 3456,
            "fps_at_100mhz": 86805.6,
            "wall_seconds": {"qonnx": 1.5, "finn": 2.0, "rtl": 20.0},
        },
    )
    _write(
        build / "synth.json",
        {
            "part": part,
            "resources": RESOURCES,
            "budget": {"lut": 53_200, "ff": 106_400, "ramb36": 140, "dsp": 220},
            "nodes": [
                {"name": name, "lut": area[0], "ff": area[1], "ramb36": area[2], "dsp": area[3]}
                for name, _, _, _, _, area in NODES
            ],
            "warnings": [],
            "wall_seconds": 33.0,
        },
    )
    _write(build / "train" / "train.json", {"seconds": 60.0})
    (build / "train" / "metrics.csv").write_text(
        "epoch,stage,lr,loss,validation_accuracy,test_accuracy,flipped,backtracked,seconds\n"
        "1,2,0.01,1.25,,0.75,0.0,,1.5\n2,2,0.005,0.5,,0.875,0.0,,1.5\n3,2,0.001,0.25,,0.9375,0.0,,1.5\n"
    )
    _write(build / "train" / "recipe.json", {"network": "resnet_tiny", "dataset": "digits", "epochs": 30})
    _write(build / "export" / "export.json", {"wall_seconds": 4.0, "parameters": 66_624})
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (40, 1, 8, 8)).astype(np.uint8)
    labels = np.arange(40) % 10
    classes = labels.copy()
    classes[7] = 3  # the one wrong answer: 39 of 40 is 97.5 %
    np.savez(build / "export" / "golden.npz", frames=frames, labels=labels)
    np.savez(build / "outputs.npz", classes=classes)
