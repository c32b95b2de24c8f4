"""rbonn_hw/sim/shell.py on a small build folder: answers, cycles, and bad input."""

import json
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ConfigError, DeadlockError, SimulationError
from rbonn_hw.packing import pack
from rbonn_hw.sim.accelerator import simulate
from rbonn_hw.sim.memory_bus import Channel, MemoryTiming
from rbonn_hw.sim.shell import ShellModel, open_shell
from rbonn_hw.spec.registers import OFFSETS
from tests.sim.test_accelerator import answers, frames, write_build

pytestmark = pytest.mark.verilator
FRAMES = 12
OUT = 0x1000


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("build"), key="0123456789abcdef")


def start(model: ShellModel, length_bytes: int = 2 * FRAMES) -> None:
    for name, value in {
        "IN_ADDR": model.base_address,
        "IN_BYTES": length_bytes,
        "OUT_ADDR": model.base_address + OUT,
        "OUT_BYTES": FRAMES,
        "FRAMES": FRAMES,
        "CONTROL": 1,
    }.items():
        model.write_register(OFFSETS[name], value)


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_answers_and_cycles_are_those_of_the_accelerator_alone(stall: float, build_dir: Path) -> None:
    x = frames(FRAMES)
    with open_shell(build_dir, latency=9, stall=stall, seed=3, memory_bytes=0x2000) as model:
        model.memory[: 2 * FRAMES] = pack(x.reshape(-1, 3), 2).ravel()
        start(model)
        took = model.run_until_idle()

        expected = pack(answers(x).reshape(-1, 3), 2).ravel()
        np.testing.assert_array_equal(model.memory[OUT : OUT + FRAMES] & 0x3F, expected)
        assert model.read_register(OFFSETS["NETWORK"]) == 0x01234567
        assert 0 < took < model.cycles
        if not stall:
            assert model.read_register(OFFSETS["CYCLES_LO"]) == simulate(build_dir, x).cycles


def test_a_job_that_does_not_end_is_reported(build_dir: Path) -> None:
    with open_shell(build_dir, latency=100_000) as model:
        start(model)

        with pytest.raises(DeadlockError, match=r"busy after 500 cycles"):
            model.run_until_idle(500)


def test_the_log_tells_channel_address_and_cycle(build_dir: Path) -> None:
    with open_shell(build_dir, latency=9) as model:
        assert model.log(Channel.READ_DATA).shape == (0, 3)
        start(model)
        model.run_until_idle()

        ((cycle, address, beats),) = model.log(Channel.READ_ADDRESS)
        assert (address, beats) == (model.base_address, 3)
        np.testing.assert_array_equal(model.log(Channel.READ_DATA)[0], [cycle + 10, address, 0])
        model.reset()
        assert len(model.log(Channel.READ_ADDRESS)) == 0


def test_a_closed_model_says_so(build_dir: Path) -> None:
    model = open_shell(build_dir)
    model.close()
    model.close()

    with pytest.raises(SimulationError, match="is closed; open it again"):
        model.read_register(0)


def test_a_missing_memory_file_is_reported(tmp_path: Path) -> None:
    folder = write_build(tmp_path, key="0123456789abcdef")
    (folder / "rtl" / "mask.mem").unlink()

    with pytest.raises(SimulationError, match=r"mask\.mem"):
        open_shell(folder)


def test_a_folder_without_accelerator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `rbonn compile NETWORK"):
        open_shell(tmp_path)
    folder = write_build(tmp_path)
    with pytest.raises(ConfigError, match="key None, but needs a digest"):
        open_shell(folder)
    assert "key" not in json.loads((folder / "compile.json").read_text())


@pytest.mark.parametrize(
    ("memory_bytes", "base_address"), [(4097, 0), (4096, 8), (8192, 2**32 - 4096), (0, 0)]
)
def test_a_memory_that_is_not_whole_pages(memory_bytes: int, base_address: int, build_dir: Path) -> None:
    with pytest.raises(ConfigError, match="must be whole pages"):
        open_shell(build_dir, memory_bytes=memory_bytes, base_address=base_address)


def test_timing_out_of_range() -> None:
    with pytest.raises(ConfigError, match=r"stall=1.0 must be at least 0 and below 1"):
        MemoryTiming(stall=1.0)
    with pytest.raises(ConfigError, match=r"latency=-1 must be at least 0, outstanding=8 at least 1"):
        MemoryTiming(latency=-1)
