"""``rbonn budget``: hold a build to a budget of cycles, area and accuracy, as a CI job does."""

import argparse
from dataclasses import asdict
from pathlib import Path

from rbonn_hw.cli.figures import give
from rbonn_hw.cli.terminal import terminal

EXAMPLE = """examples:
  rbonn budget build/model --cycles 20000 --top1 0.9
  rbonn budget build/model --lut 40000 --ramb36 100 --summary "$GITHUB_STEP_SUMMARY"

Reads verify.json, functional.json and synth.json of the folder: run `rbonn verify`, `rbonn simulate --level
functional` and `rbonn synth` before. A figure whose stage was not run since the network was compiled keeps no
budget. Without a limit of its own, a resource may be as much as the part has. Exit code 1: over the budget.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "budget",
        help="hold cycles, area, accuracy and agreement to a budget; for CI",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder of `rbonn compile`")
    parser.add_argument("--cycles", type=int, metavar="N", help="between frames, at most")
    parser.add_argument("--latency", type=int, metavar="N", help="cycles of the first frame, at most")
    parser.add_argument("--top1", type=float, metavar="SHARE", help="at least, such as 0.9")
    for name, what in (
        ("lut", "LUTs"),
        ("ff", "flip-flops"),
        ("ramb36", "block RAMs"),
        ("dsp", "DSP slices"),
    ):
        parser.add_argument(
            f"--{name}", type=float, metavar="N", help=f"{what} at most (default: the part's)"
        )
    parser.add_argument("--summary", type=Path, metavar="FILE", help="append the table as Markdown to it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table; exit code 0 when everything keeps its budget, else 1."""
    from rich.table import Table

    from rbonn_hw.api.edited import edited_files
    from rbonn_hw.report.budget import Budget, lines, markdown

    budget = Budget(
        cycles=args.cycles,
        latency=args.latency,
        top1=args.top1,
        lut=args.lut,
        ff=args.ff,
        ramb36=args.ramb36,
        dsp=args.dsp,
    )
    _check_summary(args)
    found = lines(args.build_dir, budget, edited_files(args.build_dir))
    table = Table(title=str(args.build_dir))
    for name in ("kept", "figure", "found", "budget", "origin"):
        table.add_column(name)
    for line in found:
        table.add_row("yes" if line.good else "NO", line.what, line.found, line.allowed, line.origin)
    terminal().print(table)
    if args.summary is not None:
        with args.summary.open("a") as file:
            file.write(markdown(args.build_dir.name, found))
    good = all(line.good for line in found)
    give(args, {"kept": good, "lines": [asdict(line) for line in found]})
    return 0 if good else 1


def _check_summary(args: argparse.Namespace) -> None:
    """Check that the table is not appended to a file that is read.

    Raises:
        ConfigError: It would be.
    """
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.report.budget import STAGES

    read = [args.build_dir / name for name in ("compile.json", *STAGES)]
    if args.summary is not None and args.summary.resolve() in [path.resolve() for path in read]:
        raise ConfigError(f"--summary {args.summary} is read, and the table is no JSON; name another file")
