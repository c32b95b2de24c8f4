"""Waveform files: written beside their place, and over a former waveform alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rbonn_hw import drafts
from rbonn_hw.ownership import check_file

_HEADER = bytes([0]) + (329).to_bytes(8, "big")
"""An FST file begins with its header block: type 0, and its length."""


def check_waveform(path: Path) -> None:
    """Check that a waveform may be written.

    Raises:
        ConfigError: The path is a folder, or a file that is no waveform.
    """
    check_file(path, "simulate", is_ours=_is_waveform(path))


@contextlib.contextmanager
def drawn(path: Path | None) -> Iterator[Path | None]:
    """Give a file to draw into, which takes the place of ``path`` when the block ends; None for none."""
    if path is None:
        yield None
        return
    check_waveform(path)
    with drafts.file_beside(path) as draft:
        yield draft


def _is_waveform(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER
