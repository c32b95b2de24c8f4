"""The buses of a simulated shell: how the memory behaves, its log, and the C interface of the harness."""

import ctypes
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from rbonn_hw.errors import ConfigError


class Channel(IntEnum):
    """One of the five channels of the memory bus."""

    READ_ADDRESS = 0
    READ_DATA = 1
    WRITE_ADDRESS = 2
    WRITE_DATA = 3
    WRITE_RESPONSE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTiming:
    """How the memory behaves.

    Attributes:
        latency: From an accepted address to its first data, or from the last data to the response [cycles].
        stall: Chance per cycle that a channel pauses, 0 <= stall < 1.
        outstanding: Bursts that each direction takes before it answers one.
        seed: Seeds the pauses, so that a failure repeats.
    """

    latency: int = 20
    stall: float = 0.0
    outstanding: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.latency < 0 or self.outstanding < 1:
            raise ConfigError(
                f"latency={self.latency} must be at least 0, outstanding={self.outstanding} at least 1"
            )
        if not 0.0 <= self.stall < 1.0:
            raise ConfigError(f"stall={self.stall} must be at least 0 and below 1, such as 0.3")


def load_shell(path: Path) -> ctypes.CDLL:
    """Load a shared library that contains ``harness/shell_model.cpp``, and declare its functions."""
    library = ctypes.CDLL(str(path))
    model, number, text = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p
    value = ctypes.POINTER(ctypes.c_uint32)
    setup = [ctypes.c_void_p, number, number, number, ctypes.c_double, number, number]
    for name, result, arguments in (
        ("new", model, setup),
        ("delete", None, [model]),
        ("reset", text, [model]),
        ("read", text, [model, ctypes.c_uint32, value]),
        ("write", text, [model, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32]),
        ("run", text, [model, number]),
        ("run_until_idle", text, [model, number, value]),
        ("interrupt", ctypes.c_int, [model]),
        ("cycles", number, [model]),
        ("fail", None, [model, ctypes.c_int, number, number]),
        ("log", number, [model, ctypes.c_int, ctypes.c_void_p]),
    ):
        function = getattr(library, f"rbonn_shell_{name}")
        function.restype, function.argtypes = result, arguments
    return library
