"""rbonn_dma_write.sv on the memory bus of the shell."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.sim.memory_bus import Channel, MemoryTiming
from rbonn_hw.spec.dma import bursts
from tests.rtl.shell_jobs import OUT_START, check_job, lint, shell, shell_spec

pytestmark = pytest.mark.verilator

SPEC = shell_spec(8, 8, 8)
SLOW = shell_spec(1, 2, 6)


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dma_write")


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(
    ("offset", "frames"),
    [(0, 16), (0, 1), (8, 16), (0x78, 2), (0xFF8, 40), (0xF80, 16), (0xF88, 512), (0xFFC0, 40)],
)
def test_bursts_are_those_of_the_specification(
    offset: int, frames: int, stall: float, build_dir: Path
) -> None:
    with shell(SPEC, build_dir, MemoryTiming(latency=5, stall=stall)) as model:
        check_job(model, SPEC, frames, {"OUT_ADDR": OUT_START + offset})

        seen = [(int(address), int(beats)) for _, address, beats in model.log(Channel.WRITE_ADDRESS)]
        first = model.base_address + OUT_START + offset
        assert seen == [(b.address, b.beats) for b in bursts(first, 8 * frames)]


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 25, 63, 64])
def test_strobes_end_with_the_buffer(frames: int, build_dir: Path) -> None:
    with shell(SLOW, build_dir) as model:
        check_job(model, SLOW, frames)

        strobes = model.log(Channel.WRITE_DATA)[:, 2]
        assert (strobes[:-1] == 0xFF).all()
        assert strobes[-1] == (1 << (6 * frames - 8 * (len(strobes) - 1))) - 1


def test_a_beat_per_cycle_across_the_latency(build_dir: Path) -> None:
    with shell(SPEC, build_dir, MemoryTiming(latency=100, outstanding=16)) as model:
        check_job(model, SPEC, 4000)

        beats = model.log(Channel.WRITE_DATA)[:, 0]
        np.testing.assert_array_equal(np.diff(beats), 1)


def test_a_slow_stream_does_not_pause_in_mid_burst(build_dir: Path) -> None:
    with shell(SLOW, build_dir) as model:
        check_job(model, SLOW, 400)  # eight cycles for a beat of the bus

        requests, beats = model.log(Channel.WRITE_ADDRESS), model.log(Channel.WRITE_DATA)[:, 0]
        ends = np.cumsum(requests[:, 2])
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
            np.testing.assert_array_equal(np.diff(beats[start:end]), 1)


def test_at_most_15_bursts_wait_for_their_response(build_dir: Path) -> None:
    spec = replace(SPEC, read_depth_words=1024)  # reads outlast the latency as well
    with shell(spec, build_dir, MemoryTiming(latency=400, outstanding=64)) as model:
        check_job(model, spec, 1000)

        first_response = model.log(Channel.WRITE_RESPONSE)[0, 0]
        assert (model.log(Channel.WRITE_ADDRESS)[:, 0] < first_response).sum() == 15


def test_a_fifo_of_less_than_two_bursts_fails_elaboration() -> None:
    with pytest.raises(ToolError, match="Depth=31 must be at least 32"):
        lint("rbonn_dma_write", Depth=31)
