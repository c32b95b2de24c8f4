"""``rbonn report``: everything the stages found out, in one table, one JSON file and one HTML page."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give_result
from rbonn_hw.cli.terminal import terminal

if TYPE_CHECKING:
    from rbonn_hw.report.boxes import Found

EXAMPLE = """example:
  rbonn report build/demo
  rbonn report build/demo --train build/demo/train --export build/demo/export
  rbonn report build/before build/after

Writes BUILD_DIR/report.json and report.html; of two builds, compare.json and compare.html in the second.
Exit code 1: two implementations differ on a frame.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "report",
        help="one page: accuracy, speed, fit, agreement",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("build_dir", type=Path, help="folder with compile.json, simulate.json and synth.json")
    parser.add_argument("other", type=Path, nargs="?", help="a second build, to compare with the first")
    parser.add_argument("--train", type=Path, metavar="DIR", help="folder written by `rbonn train`")
    parser.add_argument("--export", type=Path, metavar="DIR", help="folder written by `rbonn export`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the report; raises MismatchError (exit code 1) afterwards when implementations differ."""
    from rbonn_hw.at_work import at_work
    from rbonn_hw.errors import MismatchError
    from rbonn_hw.ownership import Claim
    from rbonn_hw.report.collect import Stages, join
    from rbonn_hw.report.page import render
    from rbonn_hw.report.provenance import provenance
    from rbonn_hw.results import write_result, write_text

    if args.other is not None:
        return _compare(args)
    with at_work(args.build_dir, "report"):
        stages = Stages.read(args.build_dir, args.train, args.export)
        report, origin = join(stages)
        report["made"] = provenance(_command(args))
        report["confusion"] = _confusion(args, report)
        report["clock"] = _clock(args.build_dir)
        found = _found(args, stages.exported)
        if found is not None:
            report["detection"] = {"map_half": found.precision.half, "map": found.precision.mean}
            origin |= {"detection.map_half": "simulated", "detection.map": "simulated"}
        page = render(report, origin, *_samples(args, report), found)
        Claim(args.build_dir, "report", ("report.json", "report.html")).record()
        write_result(args.build_dir / "report.json", report, origin)
        write_text(args.build_dir / "report.html", page)
    give_result(args, args.build_dir / "report.json", "rbonn report")
    _print(terminal(soft_wrap=False), report, origin)
    print(f"wrote {args.build_dir / 'report.json'} and {args.build_dir / 'report.html'}")
    if report["mismatches"]:
        raise MismatchError(
            f"{report['mismatches']} of {report['frames']} frames differ between implementations; "
            f"`rbonn simulate {args.build_dir} --frames 1 --waveform one.fst` shows the first"
        )
    return 0


def _compare(args: argparse.Namespace) -> int:
    """Write what changed from the first build to the second, in the second."""
    from rbonn_hw.at_work import at_work
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.ownership import Claim
    from rbonn_hw.report.collect import Stages, join
    from rbonn_hw.report.compare import compare, render
    from rbonn_hw.report.provenance import provenance
    from rbonn_hw.results import write_result, write_text

    if args.train or args.export:
        raise ConfigError("--train and --export are of one build; leave them out to compare two")
    first, second = args.build_dir, args.other
    with at_work(second, "report"):
        reports = [join(Stages.read(folder, None, None)) for folder in (first, second)]
        comparison = compare(*reports)
        comparison["made"] = provenance(["rbonn", "report", str(first), str(second)])
        page = render(comparison, (first, second))
        Claim(second, "report", ("compare.json", "compare.html"), inputs=(first / "compile.json",)).record()
        write_result(second / "compare.json", comparison, {"blocks": "synthesised"})
        write_text(second / "compare.html", page)
    give_result(args, second / "compare.json", "rbonn report")
    for row in comparison["figures"]:
        change = "" if row["percent"] is None else f"{row['percent']:+.1f} %"
        print(f"{row['name']:32} {row['first']!s:>12} {row['second']!s:>12} {change:>10} {row['verdict']}")
    print(f"wrote {second / 'compare.json'} and {second / 'compare.html'}")
    return 0


def _command(args: argparse.Namespace) -> list[str]:
    """Return the command line that asks for this page."""
    given = {name: getattr(args, name) for name in ("train", "export")}
    options = [word for name, folder in given.items() if folder for word in (f"--{name}", str(folder))]
    return ["rbonn", "report", str(args.build_dir), *options]


def _clock(build_dir: Path) -> dict[str, Any]:
    """Return what a bitstream of this RTL says of its clock."""
    from rbonn_hw.report.clock import clock
    from rbonn_hw.soc.sources import rtl_hash

    return clock(build_dir, rtl_hash(build_dir) if (build_dir / "bitstream.json").is_file() else "")


def _confusion(args: argparse.Namespace, report: dict[str, Any]) -> dict[str, Any]:
    """Return what is taken for what when the simulated frames were those of the export."""
    from rbonn_hw.report.confusion import read_confusion

    if args.export is None or not report["accuracy"]:
        return {}
    return read_confusion(args.export / "golden.npz", args.build_dir / "outputs.npz")


def _samples(args: argparse.Namespace, report: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return pictures when the simulated frames were those of the export: then they have an accuracy."""
    from rbonn_hw.report.frames import read_samples

    if args.export is None or not report["accuracy"]:
        return [], []
    return read_samples(args.export / "golden.npz", args.build_dir / "outputs.npz")


def _found(args: argparse.Namespace, exported: dict[str, Any]) -> "Found | None":
    from rbonn_hw.report.boxes import read

    if args.export is None:
        return None
    return read(exported, args.export / "golden.npz", args.build_dir / "outputs.npz")


def _print(console: Any, report: dict[str, Any], origin: Mapping[str, str]) -> None:
    from rich.table import Table

    table = Table(show_header=False, title=report["part"], title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("origin", style="dim")
    for name, accuracy in report["accuracy"].items():
        count = max(
            (n for pair, n in report.get("compared", {}).items() if name in pair.split("-")), default=0
        )
        share = f" (first {count:,} frames)" if 0 < count < report["frames"] else ""
        table.add_row(f"top-1, {name}{share}", f"{accuracy:.2%}", origin[f"accuracy.{name}"])
    for name, text in (("map_half", "mAP@0.5, rtl"), ("map", "mAP@0.5:0.95, rtl")):
        if "detection" in report:
            table.add_row(text, f"{report['detection'][name]:.2%}", origin[f"detection.{name}"])
    table.add_row("frames", f"{report['frames']:,}", "")
    for pair, differing in report["pairs"].items():
        table.add_row(f"frames that differ, {pair}", f"{differing:,}", origin[f"pairs.{pair}"])
    table.add_section()
    table.add_row("cycles between frames (II)", _number(report["ii_cycles"]), origin["ii_cycles"])
    table.add_row("first-frame latency (cycles)", _number(report["latency_cycles"]), origin["latency_cycles"])
    table.add_row("frames/s at 100 MHz", _number(report["fps_at_100mhz"]), origin["fps_at_100mhz"])
    table.add_section()
    for name, used in report["resources"].items():
        budget = report["budget"][name]
        table.add_row(
            name.upper(), f"{used:,} of {budget:,} ({used / budget:.1%})", origin[f"resources.{name}"]
        )
    table.add_section()
    for stage, seconds in report["wall_seconds"].items():
        table.add_row(f"{stage} (s)", f"{seconds:,.1f}", origin["wall_seconds"])
    table.add_row("all stages (s)", f"{sum(report['wall_seconds'].values()):,.1f}", "measured")
    console.print(table)


def _number(value: float | None) -> str:
    return "one frame only" if value is None else f"{value:,}"
