"""The command line of the scripts ``build_flows/study_*.py``: each calls :func:`main`."""

import argparse
import sys
from pathlib import Path

from rbonn_hw.cli.parsing import Parser
from rbonn_hw.cli.terminal import terminal
from rbonn_hw.errors import RbonnError
from rbonn_hw.processes import programs_end_with_us
from rbonn_hw.train.study import Run, Study

EPILOG = """A run that is finished is not repeated, one that was interrupted is continued: run it again.
The result (JSON) and its picture (PNG) are written beside the script when every run is done."""


def main(study: Study, script: Path, argv: list[str] | None = None) -> int:
    """Run a study and write its result and its picture beside ``script``; return the exit code."""
    parser = Parser(
        prog=f"python build_flows/{script.name}",
        description=study.question,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", type=Path, help="default: $RBONN_DATA, else ~/.cache/rbonn")
    parser.add_argument("--out", type=Path, help=f"folder of the runs (default build/studies/{study.name})")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (default %(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 (default %(default)s)")
    args = parser.parse_args(argv)
    interrupted = f"{script.name}: interrupted; run the same command again to continue"
    try:
        with programs_end_with_us(interrupted):
            return _run(study, script, args)
    except RbonnError as error:
        print(f"{script.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return 2


def _run(study: Study, script: Path, args: argparse.Namespace) -> int:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from rbonn_hw.report import study_plot
    from rbonn_hw.results import read_result
    from rbonn_hw.train import data
    from rbonn_hw.train import study as training

    provenance = data.load(study.base.dataset, args.data_dir).provenance
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal()) as bar:
        task = bar.add_task(study.name, total=len(study.arms) * len(study.seeds))

        def show(run: Run) -> None:
            bar.advance(task)
            bar.console.print(f"{run.label}, seed {run.seed}: {run.accuracy:.2%} after {run.seconds:.0f} s")

        out = args.out or Path("build/studies") / study.name
        runs = training.run_all(study, args.data_dir, out, jobs=args.jobs, device=args.device, on_run=show)
    path = script.with_suffix(".json")
    training.write(study, runs, provenance, args.device, path)
    document = read_result(path, f"python build_flows/{script.name}")
    study_plot.write(document, script.with_suffix(".png"))
    for label, arm in document["arms"].items():
        print(f"{label:30} {arm['mean']:.2%} +- {arm['standard_deviation']:.2%}  {arm['difference']:+.2%}")
    print(f"wrote {path} and {script.with_suffix('.png')}")
    return 0
