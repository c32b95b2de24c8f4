"""A PYNQ board with the package's design on it: registers and memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .errors import BitstreamError, ClockError, HandoffError, PackageError, WrongBoardError
from .package import IP_NAME, STEM, Package
from .streams import Array

CLOCK_TOLERANCE = 0.01
"""By how much FCLK0 may exceed the clock that the design was built for."""


class Buffer(Protocol):
    """Memory that processor and accelerator share.

    Attributes:
        array: The bytes as the processor sees them, uint8.
        address: Where the accelerator sees them.
    """

    array: Array
    address: int

    def flush(self) -> None:
        """Make what the processor wrote visible to the accelerator."""

    def invalidate(self) -> None:
        """Make what the accelerator wrote visible to the processor."""

    def free(self) -> None:
        """Give the memory back."""


class Board(Protocol):
    """What the driver needs of a board."""

    clock_mhz: float

    def read(self, offset: int) -> int:
        """Return the register at a byte offset."""

    def write(self, offset: int, value: int) -> None:
        """Write the register at a byte offset."""

    def allocate(self, size_bytes: int) -> Buffer:
        """Return contiguous memory."""

    def close(self) -> None:
        """Give everything back."""


class PynqBuffer:
    """A buffer that pynq allocated."""

    def __init__(self, array: Any) -> None:
        self._owner = array
        self.array: Array = np.asarray(array)
        self.address = int(array.device_address)

    def flush(self) -> None:
        """Write the processor's cache to memory."""
        self._owner.flush()

    def invalidate(self) -> None:
        """Forget the processor's cache."""
        self._owner.invalidate()

    def free(self) -> None:
        """Give the memory back to pynq."""
        self.array = np.empty(0, np.uint8)
        self._owner.freebuffer()


class PynqBoard:
    """Loads the design of a package with pynq, and sets its clock.

    Args:
        package: The package.
        device: pynq device; by default the board this runs on.
        name: What this board is; by default what the device or the system calls it.

    Raises:
        PackageError: pynq is not installed.
        BitstreamError: The package has no bitstream, and the device needs one.
        WrongBoardError: The package is for another board, or nothing says which board this is.
        HandoffError: pynq finds other registers in the .hwh than the package names.
        ClockError: FCLK0 cannot be set to the design's clock.
    """

    def __init__(self, package: Package, device: Any = None, name: str | None = None) -> None:
        try:
            import pynq
        except ImportError as error:
            raise PackageError(f"pynq cannot be imported ({error}); run this on a PYNQ board") from None
        needs_bitstream = getattr(device, "needs_bitstream", True)
        if needs_bitstream and not package.has_bitstream:
            raise BitstreamError(
                f"{package.path}: holds no bitstream; run `rbonn bitstream` and `rbonn package` where its "
                "tools are installed, or try the package with `rbonn board --virtual`"
            )
        # PYNQ images set BOARD. It is read here, because the driver is installed alone.
        check_board(package, name or getattr(device, "board_name", None) or os.environ.get("BOARD"))  # noqa: TID251
        with tempfile.TemporaryDirectory() as folder:
            for suffix in (".hwh", ".bit"):
                content = package.files.get(STEM + suffix)
                if content is not None:
                    (Path(folder) / (STEM + suffix)).write_bytes(content)
            file = Path(folder) / f"{STEM}{'.bit' if needs_bitstream else '.hwh'}"
            self._overlay = pynq.Overlay(str(file), device=device)
        self._device = self._overlay.device
        try:
            self._mmio = self._registers(pynq, package)
            self.clock_mhz = self._set_clock(pynq, package.clock_mhz)
        except BaseException:
            self.close()
            raise

    def _registers(self, pynq: Any, package: Package) -> Any:
        entry = self._overlay.ip_dict.get(IP_NAME, {})
        found = entry.get("phys_addr"), entry.get("addr_range")
        if found != (package.base_address, package.registers.span_bytes):
            raise HandoffError(f"pynq finds {IP_NAME} at {found}, the package has {package.base_address:#x}")
        return pynq.MMIO(*found, device=self._device)

    def _set_clock(self, pynq: Any, clock_mhz: float) -> float:
        clocks = pynq.Clocks
        clocks.fclk0_mhz = clock_mhz
        actual = float(clocks.fclk0_mhz)
        if actual > clock_mhz * (1 + CLOCK_TOLERANCE):
            raise ClockError(
                f"FCLK0 runs at {actual} MHz, the design is built for {clock_mhz} MHz; build it for a clock "
                "that divides the board's PLL"
            )
        return actual

    def read(self, offset: int) -> int:
        """Return the register at a byte offset."""
        return int(self._mmio.read(offset))

    def write(self, offset: int, value: int) -> None:
        """Write the register at a byte offset."""
        self._mmio.write(offset, value)

    def allocate(self, size_bytes: int) -> PynqBuffer:
        """Return contiguous memory."""
        import pynq

        return PynqBuffer(pynq.allocate(shape=(size_bytes,), dtype=np.uint8, target=self._device))

    def close(self) -> None:
        """Drop the overlay; the design stays on the device."""
        self._overlay.free()


def check_board(package: Package, name: str | None) -> None:
    """Compare the package's board with the board this runs on: another board's bitstream may do it harm.

    Raises:
        WrongBoardError: They differ, or the name of this one is not known.
    """
    if not name:
        raise WrongBoardError(
            f"{package.path}: is for board {package.board}, and nothing says which board this is (PYNQ sets "
            f"BOARD in the environment of a login shell); if it is one, say so: "
            f"Accelerator(package, board={package.board!r}), or --board {package.board}"
        )
    if name.lower() != package.board.lower():
        raise WrongBoardError(
            f"{package.path}: is for board {package.board}, this is {name}; build and package for this board"
        )
