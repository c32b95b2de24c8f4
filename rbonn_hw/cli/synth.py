"""``rbonn synth``: the area of a compiled accelerator, from a netlist that Yosys makes of it."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give
from rbonn_hw.cli.terminal import terminal

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
    parser.add_argument(
        "--force", action="store_true", help="start although it is estimated at more than twice the part"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Synthesize; raises DoesNotFitError or MismatchError (exit code 1) after the result is written."""
    from rich.text import Text

    from rbonn_hw import api
    from rbonn_hw.synth.utilisation import check_fits

    console = terminal(soft_wrap=False)
    started = time.monotonic()
    with console.status("reading") as status:

        def progress(line: str) -> None:
            console.print(f"{time.monotonic() - started:6.0f} s  {line}")
            status.update(Text(line))

        done = api.synth(
            args.build_dir, part=args.part, fit=False, force=args.force, check=args.check, progress=progress
        )
    give(args, done.document)
    _print(console, done.device, done.result)
    if args.check:
        check = done.document["check"]
        console.print(
            f"{check['frames']} frames: the netlist gives the same answers in the same cycles as the RTL "
            f"({check['cycles']:,}; with pauses {check['stalled_cycles']:,})"
        )
    if args.fit:
        check_fits(done.result.total, done.device)
    return 0


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
    table.add_row("total", *(f"{getattr(result.total, key):,}" for key in COUNTED), style="bold")
    table.add_row("budget", *(f"{getattr(budget, key):,}" for key in COUNTED))
    table.add_row("share", *(f"{share:.1%}" for share in shares(result.total, budget).values()))
    console.print(table)
    for warning in result.warnings[:5]:
        console.print(warning, style="yellow")
    how = "nothing has changed since; it took" if result.cached else "took"
    console.print(f"{how} {result.wall_seconds:.1f} s; netlist in {result.netlist}")
