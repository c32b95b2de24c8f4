"""The virtual board: a package in, the report of its own self-test out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api.progress import Progress, silent

if TYPE_CHECKING:
    from rbonn_hw.host.package import Package


def board(
    package: Path | str,
    *,
    stall: float = 0.0,
    buffer_frames: int | None = None,
    timeout_s: float = 600.0,
    pynq: str | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run a package's self-test on a virtual board: its own driver under pynq, over the simulated shell.

    Args:
        package: Zip of :func:`rbonn_hw.api.package`.
        stall: Chance per cycle that the memory pauses, 0 .. 0.99.
        buffer_frames: Frames per job; None for as many as fit 1 MiB.
        timeout_s: Longest time of a job [s].
        pynq: Release to run under; None for that of the images. It is installed on first use.
        progress: Called with a line of text when pynq has to be installed.

    Returns:
        The driver's report: frames, cycles, expected_cycles, in_stalls, out_stalls, software.

    Raises:
        ConfigError: The package cannot be opened, or a setting is out of its range.
        MismatchError: An answer or the cycle counter differs.
        ToolError: The driver failed otherwise; the message is its own.
    """
    from rbonn_hw.errors import ConfigError
    from rbonn_hw.host.errors import HostError
    from rbonn_hw.host.package import Package

    if not 0.0 <= stall < 1.0 or not timeout_s > 0:
        raise ConfigError(f"stall: {stall} must lie in 0 .. 0.99, timeout: {timeout_s} above 0")
    try:
        opened = Package.open(Path(package))
    except HostError as error:
        raise ConfigError(str(error)) from None
    options = ["--timeout", str(timeout_s)]
    if buffer_frames is not None:
        options += ["--buffer-frames", str(buffer_frames)]
    return run_virtual(opened, stall=stall, options=options, release=pynq, progress=progress)


def run_virtual(
    package: "Package",
    *,
    stall: float = 0.0,
    options: Sequence[str] = (),
    release: str | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run the self-test of a package by its own driver on a virtual board, and return its report.

    Args:
        package: The package.
        stall: Chance per cycle that the memory pauses.
        options: Further options of ``python -m rbonn_host``.
        release: Version of pynq; by default that of the images.
        progress: Called with a line of text when pynq has to be installed.

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
    python = pynq_python(progress, release or DEFAULT_RELEASE)
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
