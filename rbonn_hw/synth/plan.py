"""Cuts an elaborated design into jobs of about equal size, one mapping process each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rbonn_hw.errors import ToolError


@dataclass(frozen=True, slots=True)
class Job:
    """Modules that one process maps.

    Attributes:
        modules: RTLIL names of the modules that stay whole.
        weight: Lines of RTLIL in them and below: a guess of the work.
    """

    modules: tuple[str, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Modules of an RTLIL file: their sizes [lines] and whom they instantiate."""

    lines: Mapping[str, int]
    children: Mapping[str, tuple[tuple[str, str], ...]]  # module -> (instance, module) of its submodules

    def weight(self, module: str) -> int:
        """Return the lines of ``module`` and everything below it."""
        return self.lines[module] + sum(self.weight(child) for _, child in self.children[module])


def read_hierarchy(rtlil: str) -> Hierarchy:
    """Read modules and instances from the text of an RTLIL file."""
    lines: dict[str, int] = {}
    cells: dict[str, list[tuple[str, str]]] = {}
    current = ""
    for line in rtlil.splitlines():
        if line.startswith("module "):
            current = line.split()[1]
            lines[current], cells[current] = 0, []
        elif current:
            lines[current] += 1
            if found := re.match(r"\s*cell (\\\S+) (\S+)$", line):
                cells[current].append((found[2], found[1]))
    children = {
        module: tuple((name.lstrip("\\"), kind) for name, kind in inside if kind in lines)
        for module, inside in cells.items()
    }
    return Hierarchy(lines, children)


def make_jobs(hierarchy: Hierarchy, top: str, count: int) -> list[Job]:
    """Distribute the modules instantiated by ``top`` over at most ``count`` jobs, heaviest first.

    Raises:
        ToolError: The design has no such module.
    """
    root = f"\\{top}"
    if root not in hierarchy.lines:
        raise ToolError(f"top {top!r} is not among the elaborated modules {sorted(hierarchy.lines)[:8]}")
    parts = sorted(
        {module for _, module in hierarchy.children[root]}, key=lambda m: (-hierarchy.weight(m), m)
    )
    bins: list[list[str]] = [[] for _ in range(min(count, len(parts)))]
    for module in parts:  # the largest into the emptiest bin: within 4/3 of the best split
        min(bins, key=lambda held: _total(hierarchy, held)).append(module)
    jobs = [Job(tuple(held), _total(hierarchy, held)) for held in bins]
    return sorted(jobs, key=lambda job: -job.weight)


def _total(hierarchy: Hierarchy, modules: Iterable[str]) -> int:
    return sum(hierarchy.weight(module) for module in modules)
