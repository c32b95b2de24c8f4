"""Whole networks: cycles as simulated, and area as estimated beside what Yosys makes of it.

    python build_flows/benchmark_networks.py [NAME ..]

Each is exported, compiled with its wish, simulated by the dataflow model, whose frames end in the cycles of
the RTL, and synthesised. The area formulas were not fitted to these designs. The shell is an estimate.
Writes ``benchmark_networks.json`` beside this file, row by row; a network that was synthesised and has not
changed since is not synthesised again. ResNet-20 takes ten minutes beside other work (measured).
"""

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rbonn_hw import api
from rbonn_hw.results import Origin, read_result, write_result
from rbonn_hw.spec.summary import NAMES, SHELL

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "networks"
RESULT = HERE / "benchmark_networks.json"
FRAMES = 4
"""Frames of the dataflow model: enough for a steady rate."""


@dataclass(frozen=True, slots=True)
class Case:
    """A network and what is asked of it.

    Attributes:
        network: Name of a shipped network.
        wish: Arguments of :func:`rbonn_hw.api.compile`.
        aim: Cycles, LUTs and RAMB36 of the whole design that were aimed at; empty for none.
    """

    network: str
    wish: dict[str, Any]
    aim: dict[str, float]


CASES = {
    "resnet20-cifar10": Case(
        "resnet20-cifar10", {"fit": 0.789}, {"cycles": 20_000, "lut": 42_000, "ramb36": 112}
    ),
    "lfc-mnist": Case("lfc-mnist", {"fit": 0.752}, {"cycles": 400, "lut": 40_000, "ramb36": 126}),
    "cnv-cifar10": Case(
        "cnv-cifar10", {"target_cycles": 6_400}, {"cycles": 6_400, "lut": 45_000, "ramb36": 126}
    ),
    "cnv-cifar10-slow": Case(
        "cnv-cifar10", {"target_cycles": 32_768}, {"cycles": 32_768, "lut": 10_500, "ramb36": 44}
    ),
    "conv-mnist": Case("conv-mnist", {}, {}),
    "detect-digits": Case("detect-digits", {}, {}),
}


FIGURES: dict[str, Origin] = {
    "cycles": "simulated",
    "latency_cycles": "simulated",
    "estimated": "estimated",
    "synthesised": "synthesised",
}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def row(name: str, case: Case) -> dict[str, Any]:
    """Compile, simulate and synthesise one network, as far as that has not been done."""
    folder = BUILD / name
    api.export(case.network, folder / "export", frames="none")
    compiled = api.compile(folder / "export" / "model.qonnx.onnx", folder, allow_misfit=True, **case.wish)
    timing = api.dataflow(folder, frames=FRAMES)
    made, synthesised = folder / "compile.json", folder / "synth.json"
    if not synthesised.exists() or synthesised.stat().st_mtime < made.stat().st_mtime:
        api.synth(folder, fit=False, progress=lambda line: _say(f"{name}: {line}"))
    used = read_result(synthesised, f"rbonn synth {folder}")["resources"]
    estimated = {each: getattr(compiled.summary.accelerator, each) for each in NAMES}
    whole = {each: used[each] + getattr(SHELL, each) for each in NAMES}
    cycles = timing["ii_cycles"]
    return {
        "network": case.network,
        "wish": case.wish,
        "cycles": cycles,
        "latency_cycles": timing["latency_cycles"],
        "estimated": estimated,
        "synthesised": used,
        "estimated_per_synthesised": {
            each: round(estimated[each] / used[each], 3) for each in NAMES if used[each]
        },
        "with_shell": whole,
        "aim": case.aim,
        "aim_is_met": all({"cycles": cycles, **whole}[each] <= most for each, most in case.aim.items()),
    }


def run(argv: list[str] | None = None) -> int:
    """Measure the networks that are named, or all, and keep the rows of the others."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(CASES)}; all without one")
    names = parser.parse_args(argv).names or list(CASES)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        parser.error(f"no network {', '.join(unknown)}; choose from {', '.join(CASES)}")
    rows = read_result(RESULT, __file__)["networks"] if RESULT.exists() else {}
    for name in names:
        rows[name] = row(name, CASES[name])
        document = {
            "what": "accelerators, out of context; with_shell adds the estimated shell",
            "shell": asdict(SHELL),
            "networks": {each: rows[each] for each in CASES if each in rows},
        }
        origin = {f"networks.{each}.{figure}": kind for each in rows for figure, kind in FIGURES.items()}
        write_result(RESULT, document, {**origin, "shell": "estimated"})
        _say(f"{name}: {rows[name]['cycles']:,} cycles, {rows[name]['with_shell']} with shell")
    return 0


if __name__ == "__main__":
    sys.exit(run())
