"""When, by which version and with which command a page was made."""

import datetime
import importlib.metadata
import shlex
from collections.abc import Sequence
from pathlib import Path

from rbonn_hw.errors import ToolError
from rbonn_hw.results import Document
from rbonn_hw.toolchain import ask_tool

NOT_KNOWN = "not known"


def provenance(command: Sequence[str]) -> Document:
    """Return date (UTC), version, commit of the sources and the command line."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": _version(),
        "commit": _commit(Path(__file__).resolve().parents[2]),
        "command": shlex.join(command),
    }


def _version() -> str:
    try:
        return importlib.metadata.version("rbonn-hw")
    except importlib.metadata.PackageNotFoundError:
        return NOT_KNOWN


def _commit(folder: Path) -> str:
    """Return the commit of a working tree that holds the package, marked where files differ from it."""
    if not (folder / ".git").exists():
        return f"{NOT_KNOWN}: an installed package"
    try:
        code, said = ask_tool(["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude", "*"])
    except ToolError:
        return f"{NOT_KNOWN}: no git"
    return said.strip() if code == 0 else NOT_KNOWN
