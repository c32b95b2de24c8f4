"""The folding solver on the shipped networks: the aims that were set, and what shares of an xc7z020 give.

    python build_flows/benchmark_folding.py

Cycles and area are estimated, with the shell of the whole Zynq design; nothing is generated, simulated or
synthesised. Writes ``benchmark_folding.json`` beside this file; a minute or two on 2 idle cores.
"""

import copy
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rbonn_hw import api
from rbonn_hw.compiler import finn_session
from rbonn_hw.compiler.fold_network import Folded, Wish, fold_network
from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.hardware_nodes import specialize
from rbonn_hw.compiler.infer import infer_hardware_layers
from rbonn_hw.compiler.input_meaning import declared
from rbonn_hw.compiler.summary import summarize
from rbonn_hw.results import write_result
from rbonn_hw.spec.device import device
from rbonn_hw.spec.summary import Summary

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "folding"
PART = "xc7z020clg400-1"
SHARE = 0.85
NETWORKS: dict[str, dict[int, dict[str, float]]] = {
    "resnet20-cifar10": {20_000: {"lut": 42_000, "ramb36": 112}},
    "cnv-cifar10": {6_400: {"lut": 45_000, "ramb36": 126}, 32_768: {"lut": 10_500, "ramb36": 44}},
    "lfc-mnist": {400: {"lut": 40_000, "ramb36": 126}},
}
"""By network and target cycles the resources that were aimed at."""


def layers(name: str) -> Any:
    """Return the hardware layers of a shipped network, without buffers."""
    folder = BUILD / name
    api.export(name, folder, frames="none")
    network = folder / "model.qonnx.onnx"
    found = declared(network, None)
    lowered = lower(network, input_type=found.meaning.dtype if found else "")
    return specialize(infer_hardware_layers(lowered.lowered), PART)


def figures(folded: Folded, wish: Wish) -> tuple[Summary, dict[str, Any]]:
    """Return the estimate, and what of it is written."""
    summary = summarize(
        folded.model, part=PART, clk_period_ns=10.0, target_cycles=wish.target_cycles, share=wish.share,
        next_step=folded.next_step, best_fit_cycles=folded.best_fit_cycles,
    )  # fmt: skip
    shares = summary.total.shares(device(PART))
    return summary, {
        "cycles": summary.ii_cycles,
        "latency_cycles": summary.latency_cycles,
        "resources": asdict(summary.total),
        "share": {name: round(share, 3) for name, share in shares.items()},
        "scarcest": max(shares, key=shares.__getitem__),
        "most_of_it": [layer.name for layer in summary.most_of_scarcest],
        "bottleneck": summary.bottleneck,
        "quickest_that_fits": folded.best_fit_cycles,
        "solver_seconds": folded.solver["wall_seconds"],
    }


def run() -> int:
    """Fold every network for every wish, and write the figures."""
    finn_session.start(BUILD / "finn")
    networks: dict[str, Any] = {}
    for name, targets in NETWORKS.items():
        model, rows = layers(name), {}
        shares = [round(aim["lut"] / device(PART).lut, 3) for aim in targets.values()]
        # A small share has too little block RAM for the weights.
        aimed = [Wish(None, share) for share in shares if share > 0.5]
        for wish in [Wish(None, SHARE), *aimed, *(Wish(target, 1.0) for target in targets)]:
            started = time.monotonic()
            summary, row = figures(fold_network(copy.deepcopy(model), PART, wish, {}), wish)
            row["seconds"] = round(time.monotonic() - started, 2)
            aim = targets.get(wish.target_cycles or 0)
            if aim is not None:
                used = asdict(summary.total)
                row["aim"] = {"cycles": wish.target_cycles, **aim}
                row["aim_is_met"] = summary.target_is_met and all(
                    used[each] <= most for each, most in aim.items()
                )
            label = f"fit {wish.share}" if wish.target_cycles is None else f"target {wish.target_cycles}"
            rows[label] = row
            sys.stdout.write(f"{name}, {label}: {row['cycles']:,} cycles, {row['resources']}\n")
        networks[name] = rows
    document = {"what": "folding by solver, accelerator and shell", "part": PART, "networks": networks}
    write_result(HERE / "benchmark_folding.json", document, {"networks": "estimated"})
    return 0


if __name__ == "__main__":
    sys.exit(run())
