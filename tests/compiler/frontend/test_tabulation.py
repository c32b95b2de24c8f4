"""Tables are evaluated in parts: every integer of the range once, in order."""

import numpy as np
import pytest

from rbonn_hw.compiler.frontend import tabulation
from rbonn_hw.compiler.frontend.tabulation import Region, Tabulator
from rbonn_hw.compiler.frontend.values import plain
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType

CHANNELS, LOW, HIGH = 3, -7, 9


@pytest.mark.parametrize("elements", [1, 3, 6, 48, 60, 1 << 20])
@pytest.mark.parametrize("grid", [None, (2, 1)])
@pytest.mark.parametrize("averaged", [None, Window(kernel=(1, 4), stride=(1, 4))])
def test_parts_are_the_whole_range(
    elements: int, grid: tuple[int, int] | None, averaged: Window | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabulation, "CHUNK_ELEMENTS", elements)
    source = plain("x", "x", (1, CHANNELS, 5, 5), IntType(5, signed=True), (LOW, HIGH), 1.0)

    parts = list(Tabulator._chunks(Region(source, (), "y", averaged, grid), LOW, HIGH))

    assert np.concatenate(parts).tolist() == list(range(LOW, HIGH + 1))
    positions = CHANNELS * (2 if grid else 1) * (4 if averaged else 1)
    assert max(map(len, parts)) == min(HIGH - LOW + 1, max(1, elements // positions))
