"""``rbonn synth``: the area of a compiled accelerator, from a netlist that Yosys makes of it."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbonn_hw.spec.device import Device
    from rbonn_hw.synth.yosys import Synthesis

EXAMPLE = """example:
  rbonn synth build/demo
  rbonn synth build/demo --part xc7z010clg400-1     # would it fit the smaller part?
  rbonn synth build/demo --no-fit                   # only count
  rbonn synth build/mlp --check 20                  # simulate the netlist: minutes for a large network

Every layer is mapped on its own, out of context, without pads and clock buffers; two small LUTs are never
packed into one LUT6_2, so Vivado's figures come out lower. Exit code 1: larger than the part, or a netlist
that does not answer as the RTL does.
"""
COUNTED = ("lut", "ff", "ramb36", "dsp")


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "synth",
        help="LUT, FF, block RAM and DSP from Yosys, layer by layer",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder written by `rbonn compile`")
    parser.add_argument("--part", help="count against this part, not the one compiled for")
    parser.add_argument(
        "--fit",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="exit code 1 when the design is larger than the part (default)",
    )
    parser.add_argument(
        "--check",
        type=int,
        metavar="FRAMES",
        help="simulate the netlist with cell models: same answers, same cycles as the RTL",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Synthesize; raises DoesNotFitError or MismatchError (exit code 1) after the result is written."""
    from rich.console import Console

    from rbonn_hw.results import read_result
    from rbonn_hw.soc.sources import accelerator_files
    from rbonn_hw.spec.device import device
    from rbonn_hw.synth.utilisation import check_fits
    from rbonn_hw.synth.yosys import synthesize

    compiled = read_result(args.build_dir / "compile.json", f"rbonn compile NETWORK --out {args.build_dir}")
    budget = device(args.part or compiled["part"])
    sources, data = accelerator_files(args.build_dir)
    console = Console()
    with console.status(f"synthesizing {compiled['top']}") as status:

        def progress(line: str) -> None:
            console.print(line)
            status.update(line)

        result = synthesize(
            sources,
            compiled["top"],
            args.build_dir / "synth",
            data=data,
            per_instance=True,
            progress=progress,
        )
    _write(args.build_dir, compiled, budget, result)
    _print(console, budget, result)
    if args.check:
        _check(args.build_dir, args.check, result, console)
    if args.fit:
        check_fits(result.total, budget)
    return 0


def _check(build_dir: Path, count: int, result: "Synthesis", console: Any) -> None:
    """Simulate the netlist against the RTL and add the figures to ``synth.json``."""
    from rbonn_hw.results import read_result, write_result
    from rbonn_hw.sim.netlist import check_netlist
    from rbonn_hw.synth.netlist import write_verilog

    with console.status("compiling the netlist for simulation"):
        check = check_netlist(build_dir, write_verilog(result.netlist), count=count)
    document = read_result(build_dir / "synth.json", f"rbonn synth {build_dir}")
    origin = {**document.pop("origin"), "check": "simulated"}
    write_result(build_dir / "synth.json", {**document, "check": asdict(check)}, origin)
    console.print(
        f"{check.frames} frames: the netlist gives the same answers in the same cycles as the RTL "
        f"({check.cycles:,}; with pauses {check.stalled_cycles:,})"
    )


def _write(build_dir: Path, compiled: dict[str, Any], budget: "Device", result: "Synthesis") -> None:
    from rbonn_hw.results import write_result
    from rbonn_hw.synth.utilisation import shares

    kernels = {node["name"]: node["kernel"] for node in compiled["nodes"]}
    total = asdict(result.total)
    document = {
        "top": compiled["top"],
        "part": budget.part,
        "resources": {name: total[name] for name in COUNTED},
        "budget": {name: getattr(budget, name) for name in COUNTED},
        "share": {name: round(share, 4) for name, share in shares(result.total, budget).items()},
        "within": {name: total[name] for name in ("lutram", "srl", "ramb18")},
        "nodes": [
            {"name": name, "kernel": kernels.get(name), **asdict(used)} for name, used in result.nodes.items()
        ],
        "warnings": list(result.warnings),
        "netlist": str(result.netlist.relative_to(build_dir)),
        "wall_seconds": round(result.wall_seconds, 2),
    }
    write_result(
        build_dir / "synth.json",
        document,
        {
            "resources": "synthesised",
            "share": "synthesised",
            "within": "synthesised",
            "nodes": "synthesised",
            "wall_seconds": "measured",
        },
    )


def _print(console: Any, budget: "Device", result: "Synthesis") -> None:
    from rich.table import Table

    from rbonn_hw.synth.utilisation import shares

    table = Table(title=f"{budget.part}, synthesised by Yosys", title_justify="left")
    table.add_column("layer")
    for heading in ("LUT", "FF", "RAMB36", "DSP"):
        table.add_column(heading, justify="right")
    for name, used in result.nodes.items():
        table.add_row(name, *(f"{getattr(used, key):,}" for key in COUNTED))
    table.add_section()
    table.add_row("[bold]total", *(f"[bold]{getattr(result.total, key):,}" for key in COUNTED))
    table.add_row("budget", *(f"{getattr(budget, key):,}" for key in COUNTED))
    table.add_row("share", *(f"{share:.1%}" for share in shares(result.total, budget).values()))
    console.print(table)
    for warning in result.warnings[:5]:
        console.print(f"[yellow]{warning}")
    how = "nothing has changed since; it took" if result.cached else "took"
    console.print(f"{how} {result.wall_seconds:.1f} s; netlist in {result.netlist}")
