"""``rbonn board``: run a package's self-test on a virtual board."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rbonn_hw.cli.figures import give

EXAMPLE = """example:
  rbonn board --virtual build/demo/digits.zip

The virtual board is the whole shell (registers, DMA, accelerator) in Verilator behind pynq's own interfaces;
the driver inside the package runs unchanged. pynq is installed once, in an environment of its own. For a real
board see `rbonn deploy`. Exit code 1: some answer differs.
"""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the verb."""
    parser = verbs.add_parser(
        "board",
        help="a package's self-test on a virtual board",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--virtual", type=Path, required=True, metavar="PACKAGE", help="zip of `rbonn package`"
    )
    parser.add_argument(
        "--pynq", metavar="VERSION", help="pynq to run under: that of the images, 3.0.1 (default), or 4.0.0"
    )
    parser.add_argument("--stall", type=float, default=0.0, help="chance per cycle that the memory pauses")
    parser.add_argument("--buffer-frames", type=int, help="frames per job (default: as many as fit 1 MiB)")
    parser.add_argument("--timeout", type=float, default=600.0, help="longest time of a job [s]")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the self-test; exit code 0 when all answers agree, else 1."""
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.host.package import Package

    if not 0.0 <= args.stall < 1.0 or args.timeout <= 0:
        raise ConfigError(f"--stall {args.stall} must lie in 0 .. 0.99, --timeout {args.timeout} above 0")
    try:
        package = Package.open(args.virtual)
    except HostError as error:
        raise ConfigError(str(error)) from None
    options = ["--timeout", str(args.timeout)]
    if args.buffer_frames is not None:
        options += ["--buffer-frames", str(args.buffer_frames)]
    report = run_virtual(package, stall=args.stall, options=options, release=args.pynq)
    give(args, report)
    software = report["software"]
    print(f"{report['network']}: {report['frames']} frames, every integer as recorded (simulated board)")
    print(f"pynq {software['pynq']}, NumPy {software['numpy']}, Python {software['python']}")
    print(
        f"{report['cycles']} cycles, the accelerator alone {report['expected_cycles']}; "
        f"stalls in {report['in_stalls']}, out {report['out_stalls']}"
    )
    return 0


def run_virtual(
    package: Any, *, stall: float = 0.0, options: Sequence[str] = (), release: str | None = None
) -> dict[str, Any]:
    """Run the self-test of a package by its own driver on a virtual board, and return its report.

    Args:
        package: The package.
        stall: Chance per cycle that the memory pauses.
        options: Further options of ``python -m rbonn_host``.
        release: Version of pynq; by default that of the images.

    Raises:
        MismatchError: An answer or the cycle counter differs.
        ConfigError: The package's design is not what it says.
        ToolError: The driver failed otherwise; the message is its own.
    """
    from rbonn_hw import drafts
    from rbonn_hw.sim.shell import open_shell
    from rbonn_hw.sim.shell_server import serving
    from rbonn_hw.soc.package import DRIVER_NAME
    from rbonn_hw.soc.pynq_venv import DEFAULT_RELEASE, pynq_python
    from rbonn_hw.soc.virtual_design import unpack, unpack_design

    design = unpack_design(package)
    python = pynq_python(print, release or DEFAULT_RELEASE)
    with drafts.scratch("board") as folder:
        unpack(package.files, folder / "package")
        with open_shell(design, stall=stall) as model, serving(model) as address:
            where = [address, str(model.base_address), str(len(model.memory))]
            return _drive([python, "-m", DRIVER_NAME, ".", "--virtual", *where, *options], folder / "package")


def _drive(command: Sequence[str | Path], folder: Path) -> dict[str, Any]:
    from rbonn_hw.errors import MismatchError, ToolError
    from rbonn_hw.toolchain import run_tool

    try:
        output = run_tool(command, install_hint="remove the cache folder and try again", cwd=folder)
    except ToolError as error:
        for line in str(error).splitlines():
            if line.startswith("SelfTestError: "):
                raise MismatchError(line.removeprefix("SelfTestError: ")) from None
        raise
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    return report
