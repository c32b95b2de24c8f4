"""The options by which a command is told what a network's input means."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbonn_hw.spec.input import InputMeaning

PARTS = ("input_scale", "input_mean", "input_std", "input_range", "input_type", "input_layout")


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--input`` and the options that stand for its keys."""
    group = parser.add_argument_group(
        "meaning of the input",
        "What a file does not say itself: a uint8 pixel x becomes (x * SCALE - MEAN) / STD before the "
        "network. MEAN and STD are one number or one per channel.",
    )
    group.add_argument("--input-scale", metavar="SCALE", help="1/255 for images of 0 .. 1")
    group.add_argument("--input-mean", type=float, nargs="+", metavar="MEAN", help="after the scale")
    group.add_argument("--input-std", type=float, nargs="+", metavar="STD", help="after the mean")
    group.add_argument(
        "--input-range",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="what pixels 0 and 255 become; with --input-type FLOAT the range of floats",
    )
    group.add_argument("--input-type", metavar="TYPE", help="INT8, UINT4, BIPOLAR ..., or FLOAT")
    group.add_argument("--input-layout", choices=("CHW", "HWC"), help="axes of an image (default CHW)")
    group.add_argument("--input", type=Path, metavar="FILE", help="all of it as one JSON object")


def read_input_options(args: argparse.Namespace) -> "InputMeaning | None":
    """Return the declaration of the command line, or None if there is none.

    Raises:
        ConfigError: It contradicts itself, or the file cannot be read.
    """
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.spec.input import InputMeaning

    given = {name.removeprefix("input_"): getattr(args, name) for name in PARTS}
    given = {name: value for name, value in given.items() if value is not None}
    if args.input is None:
        return InputMeaning.from_document(_document(given)) if given else None
    if given:
        raise ConfigError(f"--input {args.input} says everything; leave --input-{next(iter(given))} away")
    try:
        text = args.input.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--input {args.input}: cannot be read ({error})") from None
    return InputMeaning.from_json(text, str(args.input))


def _document(given: dict[str, Any]) -> dict[str, Any]:
    kind = given.pop("type", None)
    if kind is not None and kind.upper() == "FLOAT":
        return {**given, "kind": "floats"}
    return given if kind is None else {**given, "kind": "integers", "dtype": kind.upper()}
