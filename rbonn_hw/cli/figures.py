"""``--json``: the figures that a verb found as one JSON object on stdout, and nothing else there."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

VERBS = (
    "train", "pack", "export", "compile", "simulate", "verify", "synth", "budget", "report", "bitstream",
    "package", "board", "deploy", "models",
)  # fmt: skip
"""Verbs that print figures."""


def add_option(verbs: "argparse._SubParsersAction[Any]") -> None:
    """Add ``--json`` to every verb that prints figures."""
    for name in VERBS:
        verbs.choices[name].add_argument(
            "--json",
            action="store_true",
            help="print the figures to stdout as one JSON object, and nothing else",
        )


def give(args: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Keep the figures of a verb for ``--json``; given twice, the last ones count."""
    args.figures = figures


def give_result(args: argparse.Namespace, path: Path, made_by: str) -> None:
    """Keep what a result file holds, as it is stored, for ``--json``."""
    from rbonn_hw.results import read_result

    if getattr(args, "json", False):
        give(args, read_result(path, made_by))


@contextlib.contextmanager
def alone_on_stdout(args: argparse.Namespace) -> Iterator[None]:
    """With ``--json``, send to stderr what is printed in the block, and print the figures when it ends.

    Where a verb ends in an error before it has figures, nothing is printed.
    """
    if not getattr(args, "json", False):
        yield
        return
    stdout = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        yield
    figures = getattr(args, "figures", None)
    if figures is not None:
        with contextlib.suppress(BrokenPipeError):  # whoever reads has read enough
            stdout.write(json.dumps(figures, indent=2) + "\n")
            stdout.flush()
