"""rbonn_dma_read.sv and its planner rbonn_burst.sv on the memory bus of the shell."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.sim.memory_bus import Channel, MemoryTiming
from rbonn_hw.spec.dma import bursts
from tests.rtl.shell_jobs import check_job, lint, shell, shell_spec

pytestmark = pytest.mark.verilator

SPEC = shell_spec(8, 8, 8)
SLOW = shell_spec(1, 2, 6)


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dma_read")


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(
    ("offset", "frames"),
    [
        (0, 16),
        (0, 1),
        (8, 15),
        (8, 16),
        (0x78, 1),
        (0x78, 2),
        (0xFF8, 40),
        (0xF80, 16),
        (0xF88, 512),
        (0xFFC0, 40),
    ],
)
def test_bursts_are_those_of_the_specification(
    offset: int, frames: int, stall: float, build_dir: Path
) -> None:
    with shell(SPEC, build_dir, MemoryTiming(latency=5, stall=stall)) as model:
        check_job(model, SPEC, frames, {"IN_ADDR": offset})

        seen = [(int(address), int(beats)) for _, address, beats in model.log(Channel.READ_ADDRESS)]
        assert seen == [(b.address, b.beats) for b in bursts(model.base_address + offset, 8 * frames)]


def test_a_beat_per_cycle_across_the_latency(build_dir: Path) -> None:
    with shell(SPEC, build_dir, MemoryTiming(latency=100)) as model:
        check_job(model, SPEC, 4000)

        beats = model.log(Channel.READ_DATA)[:, 0]
        np.testing.assert_array_equal(np.diff(beats), 1)


def test_bursts_in_flight_fill_the_fifo_and_no_more(build_dir: Path) -> None:
    with shell(SPEC, build_dir, MemoryTiming(latency=400, outstanding=64)) as model:
        check_job(model, SPEC, 1000)

        first_beat = model.log(Channel.READ_DATA)[0, 0]
        requests = model.log(Channel.READ_ADDRESS)
        assert requests[requests[:, 0] < first_beat, 2].sum() == SPEC.read_depth_words


def test_data_is_taken_without_a_pause_however_slow_the_accelerator(build_dir: Path) -> None:
    with shell(SLOW, build_dir, MemoryTiming(latency=10)) as model:
        check_job(model, SLOW, 400)  # eight cycles for a beat of the bus

        requests, beats = model.log(Channel.READ_ADDRESS), model.log(Channel.READ_DATA)[:, 0]
        ends = np.cumsum(requests[:, 2])
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
            np.testing.assert_array_equal(np.diff(beats[start:end]), 1)
        # The bus waited for the accelerator, but for what the FIFO holds.
        assert beats[-1] - beats[0] > 8 * (len(beats) - SLOW.read_depth_words - 32)


def test_a_fifo_of_less_than_two_bursts_fails_elaboration() -> None:
    with pytest.raises(ToolError, match="Depth=31 must be at least 32"):
        lint("rbonn_dma_read", Depth=31)
