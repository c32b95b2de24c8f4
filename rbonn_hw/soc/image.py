"""What a package needs of the image on a board, and whether a board has it."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from rbonn_hw.errors import ToolError
from rbonn_hw.host.package import Package

PROBE: Final = Path(__file__).with_name("board_probe.py")
MACHINE: Final = "armv7l"
"""The processor of a Zynq-7000, as Linux calls it."""
OLDEST_PYTHON: Final = "3.8"
OLDEST_PYNQ: Final = "3.0"
OLDEST_NUMPY: Final = "1.17"
SPARE_BYTES: Final = 16 << 20
"""What has to be left on the disk of a board [bytes]."""
WRITE_IMAGE: Final = "write the image v3.0.1 or v3.1 for the board to its card (docs/boards.md)"


@dataclass(frozen=True, slots=True)
class Image:
    """What a board says of itself.

    Attributes:
        python: Version of the Python that would run the driver.
        machine: Processor, as Linux calls it.
        board: Name of the board in the environment, or nothing.
        root: Whether commands run as root.
        pynq: Version, or nothing.
        numpy: Version, or nothing.
        xrt: Whether the library is there that pynq allocates memory with.
        xclbinutil: Whether the program is there that pynq describes memory with.
        fpga_manager: Whether the kernel can load a bitstream.
        free_bytes: Free space where the package would be [bytes].
        free_temporary_bytes: Free space for temporary files [bytes].
    """

    python: str
    machine: str
    board: str
    root: bool
    pynq: str
    numpy: str
    xrt: bool
    xclbinutil: bool
    fpga_manager: bool
    free_bytes: int
    free_temporary_bytes: int

    @classmethod
    def from_answer(cls, text: str, host: str) -> "Image":
        """Read what the probe printed.

        Raises:
            ToolError: It is not that.
        """
        try:
            found: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
            image = cls(**{field.name: found[field.name] for field in fields(cls)})
            good = all(isinstance(getattr(image, name), kind) for name, kind in _KINDS.items())
        except (LookupError, TypeError, ValueError):
            good = False
        if not good:
            raise ToolError(
                f"{host}: does not say what it is, but {text[-300:]!r}; is it a board with Linux and Python?"
            )
        return image


_KINDS: Final = {
    **dict.fromkeys(("python", "machine", "board", "pynq", "numpy"), str),
    **dict.fromkeys(("root", "xrt", "xclbinutil", "fpga_manager"), bool),
    **dict.fromkeys(("free_bytes", "free_temporary_bytes"), int),
}


def check_image(image: Image, package: Package, host: str, *, board: str | None) -> None:
    """Compare a board with what a package needs.

    Args:
        image: The board.
        package: The package.
        host: Name of the board in messages.
        board: What its user says that it is; by default what it says itself.

    Raises:
        ToolError: It cannot run the package; the message has the first reason and a way out.
    """
    size = package.path.stat().st_size + sum(map(len, package.files.values()))
    named = board or image.board
    free = min(image.free_bytes, image.free_temporary_bytes)
    for good, problem in (
        (
            image.machine == MACHINE,
            f"has a processor of {image.machine}, a {package.board} of {MACHINE}; give the board's address",
        ),
        (
            _at_least(image.python, OLDEST_PYTHON),
            f"runs Python {image.python}, the driver needs {OLDEST_PYTHON}; {WRITE_IMAGE}",
        ),
        (bool(image.pynq), f"has no pynq for the Python that ran; {WRITE_IMAGE}, or give --python"),
        (
            _at_least(image.pynq, OLDEST_PYNQ),
            f"has pynq {image.pynq}, the driver needs {OLDEST_PYNQ}; {WRITE_IMAGE}",
        ),
        (
            _at_least(image.numpy, OLDEST_NUMPY),
            f"has NumPy {image.numpy or 'not at all'}, the driver needs {OLDEST_NUMPY}; {WRITE_IMAGE}",
        ),
        (
            image.xrt and image.xclbinutil,
            f"has no XRT (lib/libxrt_core.so below XILINX_XRT, and xclbinutil) for pynq; {WRITE_IMAGE}",
        ),
        (image.fpga_manager, f"has a kernel without FPGA manager; {WRITE_IMAGE}"),
        (image.root, "runs commands without root, which pynq needs; log in as root, or give --sudo"),
        (
            bool(named),
            f"does not name its board; if it is a {package.board}, give --board {package.board}",
        ),
        (
            named.lower() == package.board.lower(),
            f"is a {named}, the package is for {package.board}; build for it, or correct it by --board",
        ),
        (
            free >= size + SPARE_BYTES,
            f"has {free >> 20} MiB free, the package takes {(size + SPARE_BYTES) >> 20}; make room there",
        ),
    ):
        if not good:
            raise ToolError(f"{host}: {problem}")


def _at_least(version: str, oldest: str) -> bool:
    """Whether a version is not older; numbers compare, what follows them does not."""
    return _numbers(version) >= _numbers(oldest)


def _numbers(version: str) -> tuple[int, ...]:
    found = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)
