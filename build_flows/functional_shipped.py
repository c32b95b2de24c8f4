"""The networks that ship on all test images: the functional simulator against PyTorch, integer by integer.

    python -m build_flows.functional_shipped [--golden FOLDER]

Needs the data sets (RBONN_DATA, else downloaded). Each network is exported with PyTorch's answers to all test
images, compiled for the PYNQ-Z2 as the Makefile does it, and executed by the functional simulator. Writes
``functional_shipped.json`` beside this file. ``--golden`` is a folder with exports NAME/ made before.
"""

import argparse
from pathlib import Path
from typing import Any

from rbonn_hw import api
from rbonn_hw.results import write_result

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "functional_shipped"
RESULT = HERE / "functional_shipped.json"
TARGETS = {"lfc-mnist": 2048, "cnv-cifar10": 10_000, "conv-mnist": 19_000, "resnet20-cifar10": 98_304}


def figures(exported: Path, out: Path, target_cycles: int) -> dict[str, Any]:
    """Compile an exported network, run its test images, and return what came out.

    Args:
        exported: Folder of ``rbonn export`` with answers to all test images.
        out: Build folder.
        target_cycles: Cycles between frames that the folding aims at.
    """
    api.compile(exported / "model.qonnx.onnx", out, target_cycles=target_cycles)
    document = api.simulate_functional(
        out, data=exported / "golden.npz", qonnx_frames=0, allow_mismatch=True
    ).document
    verdict = document["verdicts"]["pytorch-functional"]
    return {
        "frames": verdict["compared"],
        "frames_that_differ": verdict["frames"],
        "integers_that_differ": verdict["integers"],
        "rounded": verdict["rounded"],
        "top_1": document["accuracy"],
    }


def main() -> None:
    """Run every network and write the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--golden", type=Path, help="folder of exports that were made before")
    args = parser.parse_args()
    networks = {}
    for name, target_cycles in TARGETS.items():
        exported = (args.golden or BUILD / "export") / name
        if args.golden is None:
            api.export(name, exported)
        networks[name] = figures(exported, BUILD / name, target_cycles)
    write_result(RESULT, {"networks": networks}, {"networks": "executed"})


if __name__ == "__main__":
    main()
