"""Google docstrings as data."""

import inspect
import itertools
import re
from dataclasses import dataclass

_ROLE = re.compile(r":(?:class|func|mod|data|meth|attr):`~?([\w.]+)`")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring taken apart.

    Attributes:
        text: What stands before the first section.
        attributes: Meaning of each attribute or argument, by name.
    """

    text: str
    attributes: dict[str, str]


def docstring(of: object) -> Docstring:
    """Return the docstring of an object, in Markdown."""
    lines = _markdown(inspect.getdoc(of) or "").split("\n")
    heads = [number for number, line in enumerate(lines) if re.fullmatch(r"[A-Z][a-z]+:", line)]
    text = "\n".join(lines[: heads[0]] if heads else lines).strip()
    attributes: dict[str, str] = {}
    for head, end in itertools.pairwise([*heads, len(lines)]):
        if lines[head] in ("Attributes:", "Args:"):
            attributes.update(_entries(lines[head + 1 : end]))
    return Docstring(text, attributes)


def _entries(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        entry = re.fullmatch(r" {4}(\w+): (.*)", line)
        if entry:
            name = entry[1]
            found[name] = entry[2]
        elif line.strip():
            found[name] += " " + line.strip()
    return found


def _markdown(text: str) -> str:
    return _ROLE.sub(r"`\1`", text).replace("``", "`")
