"""rbonn_counters.sv against what its header says, counted afterwards over the recorded pins."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.rtl.pins import Pins, library

pytestmark = pytest.mark.verilator

PINS = ("in_valid_i", "in_ready_i", "in_done_i", "out_valid_i", "out_ready_i")


@pytest.fixture(scope="module")
def pins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pins]:
    pins = Pins(library("rbonn_counters", tmp_path_factory.mktemp("counters")))
    yield pins
    pins.design.close()


def expected(trace: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return cycles, input stalls and output stalls of pins [cycles, 5], in the order of PINS."""
    in_valid, in_ready, in_done, out_valid, out_ready = trace.T
    began = np.flatnonzero(in_valid & in_ready)
    if not len(began):
        return 0, 0, int((out_valid & ~out_ready).sum())
    later = np.arange(len(trace)) > began[0]
    answered = np.flatnonzero(out_valid & out_ready & (np.arange(len(trace)) >= began[0]))
    cycles = answered[-1] - began[0] + 1 if len(answered) else 0
    in_stalls = later & ~in_done & in_ready & ~in_valid
    return int(cycles), int(in_stalls.sum()), int((out_valid & ~out_ready).sum())


@pytest.mark.parametrize("seed", range(12))
def test_counts_are_those_of_the_recorded_pins(seed: int, pins: Pins) -> None:
    rng = np.random.default_rng(seed)
    length = int(rng.integers(1, 120))
    trace = rng.random((length, len(PINS))) < rng.uniform(0.1, 0.9, len(PINS))
    trace[:, 2] = np.arange(length) >= rng.integers(length // 2, length + 1)  # once done, always done
    pins.clock(clear_i=1, **dict.fromkeys(PINS, 1))
    for row in trace:
        pins.clock(clear_i=0, **{name: int(value) for name, value in zip(PINS, row, strict=True)})

    found = tuple(pins.see(name) for name in ("cycles_o", "in_stalls_o", "out_stalls_o"))

    assert found == expected(trace)


def test_clear_beats_everything_else(pins: Pins) -> None:
    for _ in range(3):
        pins.clock(clear_i=0, in_valid_i=1, in_ready_i=1, in_done_i=0, out_valid_i=1, out_ready_i=1)
    assert pins.see("cycles_o") >= 3
    pins.clock(clear_i=1, in_valid_i=1, in_ready_i=1, in_done_i=0, out_valid_i=1, out_ready_i=0)
    assert [pins.see(name) for name in ("cycles_o", "in_stalls_o", "out_stalls_o")] == [0, 0, 0]
    # An input beat in the cycle of the clear was none.
    pins.clock(clear_i=0, in_valid_i=0, in_ready_i=1, in_done_i=0, out_valid_i=1, out_ready_i=1)
    assert [pins.see(name) for name in ("cycles_o", "in_stalls_o")] == [0, 0]


def test_cycles_carry_into_their_upper_half(tmp_path: Path) -> None:
    late = Pins(library("counters_late", tmp_path, Path(__file__).parent))
    late.drive(clear_i=0, in_valid_i=1, in_ready_i=1, in_done_i=0, out_valid_i=1, out_ready_i=1)
    for passed in range(1, 6):
        late.clock()
        assert late.see("cycles_o") == 0xFFFF_FFFD + passed
    late.design.close()
