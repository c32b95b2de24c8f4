"""What the driver uses of pynq (overlay, registers, clocks, memory), in front of the board of Python."""

from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.host.package import IP_NAME, Package
from tests.host.fake_board import FakeBoard


@dataclass
class Overlay:
    """A loaded design.

    Attributes:
        device: Where it is loaded.
        ip_dict: Register blocks as the .hwh has them.
        loaded: Names of the files that were there to load.
        freed: Somebody gave it back.
    """

    device: Any
    ip_dict: dict[str, dict[str, int]]
    loaded: list[str]
    freed: bool = False

    def free(self) -> None:
        """Note it."""
        self.freed = True


@dataclass
class Clocks:
    """Clock registers of a board that makes ``actual_mhz`` of whatever it is asked for."""

    actual_mhz: float
    asked_mhz: list[float] = field(default_factory=list)

    @property
    def fclk0_mhz(self) -> float:
        """What runs."""
        return self.actual_mhz

    @fclk0_mhz.setter
    def fclk0_mhz(self, value: float) -> None:
        self.asked_mhz.append(value)


class Array:
    """An allocated array: NumPy's view of a buffer, and pynq's methods."""

    def __init__(self, board: FakeBoard, size: int) -> None:
        self._buffer = board.allocate(size)
        self.device_address = self._buffer.address
        self.flush = self._buffer.flush
        self.invalidate = self._buffer.invalidate
        self.freebuffer = self._buffer.free

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.uint8]:
        return self._buffer.array


class FakePynq(ModuleType):
    """The module, as ``import pynq`` finds it.

    Args:
        package: The package that the board will run.
        base_address: Where the overlay finds the registers.
        clock_mhz: FCLK0, whatever it is set to [MHz].
    """

    def __init__(
        self, package: Package, *, base_address: int | None = None, clock_mhz: float = 100.0
    ) -> None:
        super().__init__("pynq")
        self.__version__ = "3.0.1"
        self.board = FakeBoard(package)
        self.overlays: list[Overlay] = []
        self.Clocks = Clocks(clock_mhz)
        self._registers = (
            package.base_address if base_address is None else base_address,
            package.registers.span_bytes,
        )

    def Overlay(self, file: str, device: Any = None) -> Overlay:  # noqa: N802 - pynq's name
        """Load a design."""
        found = dict(zip(("phys_addr", "addr_range"), self._registers, strict=True))
        names = sorted(path.name for path in Path(file).parent.iterdir())
        overlay = Overlay(device, {IP_NAME: found}, [Path(file).name, *names])
        self.overlays.append(overlay)
        return overlay

    def MMIO(self, base: int, span: int, device: Any = None) -> FakeBoard:  # noqa: N802 - pynq's name
        """Return the registers."""
        assert (base, span) == self._registers
        return self.board

    def allocate(self, shape: tuple[int], dtype: Any, target: Any = None) -> Array:
        """Return memory."""
        assert dtype is np.uint8
        return Array(self.board, shape[0])
