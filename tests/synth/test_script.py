"""The prices and times of look-up tables that a synthesis maps with, against the cells that Yosys ships."""

import re
from importlib.util import find_spec
from pathlib import Path

from rbonn_hw.synth.script import LUT_PRICES

TABLE = [[int(number) for number in line.split()] for line in LUT_PRICES.splitlines()]


def _times(name: str, cells: str) -> list[int]:
    """Return how long each input of a cell takes, the quickest first [ps]."""
    (body,) = re.findall(rf"^module {re.escape(name)}\b(.*?)^endmodule", cells, re.DOTALL | re.MULTILINE)
    sums = re.findall(r"\(I\d => O\) = ([^;]*);", re.sub(r"/\*.*?\*/|//[^\n]*", "", body))
    return sorted(sum(int(term) for term in terms.split("+")) for terms in sums)


def test_times_are_those_of_yosys() -> None:
    package = find_spec("pyosys")
    assert package is not None
    assert package.origin is not None
    cells = (Path(package.origin).parent / "share" / "xilinx" / "cells_sim.v").read_text()
    names = [*(f"LUT{inputs}" for inputs in range(1, 7)), "\\$__ABC9_LUT7", "\\$__ABC9_LUT8"]

    assert [row[2:] for row in TABLE] == [_times(name, cells) for name in names]


def test_every_function_costs_the_sites_that_it_takes() -> None:
    sites = {**dict.fromkeys(range(1, 7), 1), 7: 2, 8: 4}

    assert {inputs: price / TABLE[0][1] for inputs, price, *_ in TABLE} == sites
