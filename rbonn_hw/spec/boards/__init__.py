"""Known boards, one file each; a new one is a file like ``pynq_z2.py`` and its name in :data:`_FILES`."""

import difflib
from importlib import import_module
from typing import Final

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.board import Board

_FILES: Final = ("pynq_z2", "pynq_z1")
_ROWS: Final[tuple[Board, ...]] = tuple(
    import_module(f"rbonn_hw.spec.boards.{name}").BOARD for name in _FILES
)
BOARDS: Final = {row.name: row for row in _ROWS}
"""Known boards by name."""


def board(name: str) -> Board:
    """Return the board called ``name``; upper and lower case are one.

    Raises:
        SpecError: No such board is known; the message has the nearest names.
    """
    by_lower = {key.lower(): row for key, row in BOARDS.items()}
    if name.lower() not in by_lower:
        near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
        hint = f"did you mean {by_lower[near[0]].name!r}?" if near else f"known: {', '.join(BOARDS)}."
        raise SpecError(
            f"board {name!r} is not known; {hint} A new board is one file in rbonn_hw/spec/boards"
        )
    return by_lower[name.lower()]
