"""What the pages name: commands with their options, make's targets, recipe keys, files, Python names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4,}(?![-*|] )(.*)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


def code(text: str) -> list[str]:
    """Return the lines of all code blocks and the pieces of code within sentences."""
    lines: list[str] = []
    for _, _, body in _FENCE.findall(text):
        lines += body.splitlines()
    rest = _FENCE.sub("", text)
    return [*lines, *_INDENTED.findall(rest), *_INLINE.findall(rest)]


def blocks(text: str, info: str) -> list[str]:
    """Return the bodies of the fenced blocks whose info string begins so."""
    return [body for _, found, body in _FENCE.findall(text) if found.strip().startswith(info)]


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yield the words of every call of a program, without what follows a comment, a pipe or a semicolon."""
    for line in code(text):
        for found in re.finditer(rf"(?:^|[\s;&(/])({program} [^#|;&>\n]*)", line.split("  #")[0]):
            try:
                yield shlex.split(found[1])
            except ValueError:
                yield found[1].split()


def paths(text: str) -> Iterator[str]:
    """Yield what looks like a file or folder of the project."""
    tops = "rbonn_hw|build_flows|tests|hls|notebooks|docs"
    for piece in _INLINE.findall(_FENCE.sub("", text)):
        if re.fullmatch(rf"(?:{tops})(?:/[\w.*-]+)+/?", piece):
            yield piece


def modules(text: str) -> Iterator[str]:
    """Yield dotted Python names of the project."""
    for piece in _INLINE.findall(_FENCE.sub("", text)):
        if re.fullmatch(r"rbonn_hw(?:\.\w+)+", piece):
            yield piece
