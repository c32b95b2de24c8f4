"""rbonn_hw/sim/accelerator.py on a small build folder: answers, cycles, and bad input."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import ConfigError, DeadlockError, ShapeError, SimulationError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.accelerator import simulate

pytestmark = pytest.mark.verilator
RTL = Path(__file__).parent / "rtl"
MASK = 0b01_11_10
FRAMES = 12
INTERFACE: dict[str, Any] = {
    "top": "accelerator",
    "part": "xc7z020clg400-1",
    "clk_period_ns": 10.0,
    "estimated_ii_cycles": 4000,
    "input": {"shape": [2, 3], "dtype": "UINT2", "lanes": 3, "beats": 2},
    "output": {"shape": [3], "dtype": "INT2", "lanes": 3, "beats": 1},
    "nodes": [],
    "probes": [{"label": "first -> second", "valid": "stream0_tvalid", "ready": "stream0_tready"}],
}


def write_build(folder: Path, **changes: Any) -> Path:
    (folder / "rtl").mkdir(exist_ok=True)
    shutil.copyfile(RTL / "accelerator.v", folder / "rtl" / "accelerator.v")
    (folder / "rtl" / "sources.txt").write_text("accelerator.v\n")
    (folder / "rtl" / "mask.mem").write_text(f"{MASK:02x}\n")
    (folder / "compile.json").write_text(json.dumps(INTERFACE | changes))
    return folder


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("build"))


def frames(count: int = FRAMES) -> Ints:
    return np.random.default_rng(0).integers(0, 4, (count, 2, 3))


def answers(x: Ints) -> Ints:
    fields = x[:, 1, :] ^ np.array([MASK & 3, MASK >> 2 & 3, MASK >> 4])
    signed: Ints = np.where(fields > 1, fields - 4, fields)
    return signed


def test_instances_share_the_frames_and_the_first_one_counts(build_dir: Path) -> None:
    alone, done = simulate(build_dir, frames()), list[int]()

    run = simulate(build_dir, frames(), instances=5, progress=done.append)

    np.testing.assert_array_equal(run.outputs, answers(frames()))
    # Twelve frames in five: three, three, two, two, two.
    np.testing.assert_array_equal(run.frame_end_cycles, 2 + 2 * np.arange(3))
    assert (run.instances, run.ii_cycles, run.latency_cycles) == (5, 2, alone.latency_cycles)
    assert (alone.instances, alone.simulated_cycles) == (1, alone.cycles)
    assert run.simulated_cycles == 5 * (alone.cycles - 2 * FRAMES) + 2 * FRAMES
    assert done[-1] == FRAMES
    assert done == sorted(done)
    few = simulate(build_dir, frames(2), instances=9)
    assert (few.instances, few.ii_cycles) == (2, None)
    with pytest.raises(ConfigError, match="instances=0 must be at least 1"):
        simulate(build_dir, frames(), instances=0)


def test_instances_pause_each_in_its_own_way(build_dir: Path) -> None:
    run = simulate(build_dir, frames(), instances=2, stall=0.5, seed=3)
    np.testing.assert_array_equal(run.outputs, answers(frames()))
    first = simulate(build_dir, frames()[:6], stall=0.5, seed=3)
    second = simulate(build_dir, frames()[6:], stall=0.5, seed=4)
    np.testing.assert_array_equal(run.frame_end_cycles, first.frame_end_cycles)
    assert run.simulated_cycles == first.simulated_cycles + second.simulated_cycles


def test_answers_and_cycles(build_dir: Path) -> None:
    run = simulate(build_dir, frames())

    np.testing.assert_array_equal(run.outputs, answers(frames()))
    np.testing.assert_array_equal(run.frame_end_cycles, 2 + 2 * np.arange(FRAMES))
    assert (run.ii_cycles, run.steady, run.mean_interval_cycles) == (2, True, 2.0)
    assert run.latency_cycles == 3
    assert run.cycles == 2 * FRAMES + 1


def test_pauses_change_cycles_only(build_dir: Path) -> None:
    told: list[int] = []
    run = simulate(build_dir, frames(), stall=0.5, seed=2, progress=told.append)

    np.testing.assert_array_equal(run.outputs, answers(frames()))
    assert told == list(range(1, FRAMES + 1))
    assert not run.steady
    assert run.ii_cycles is not None
    assert run.mean_interval_cycles is not None
    assert run.ii_cycles > run.mean_interval_cycles > 2


def test_one_frame_has_no_interval(build_dir: Path) -> None:
    run = simulate(build_dir, frames(1))
    assert (run.ii_cycles, run.mean_interval_cycles, run.steady) == (None, None, False)
    assert run.cycles == run.latency_cycles == 3


def test_a_deadlock_names_internal_streams(tmp_path: Path) -> None:
    output = {"shape": [2, 3], "dtype": "INT2", "lanes": 3, "beats": 2}
    with pytest.raises(DeadlockError) as caught:
        simulate(write_build(tmp_path, output=output), frames(), idle_limit=500)
    assert f"m_axis_0 waits for data ({FRAMES} of {2 * FRAMES} beats)" in str(caught.value)
    assert "first -> second: ready, not valid" in str(caught.value)


def test_a_missing_memory_file_is_an_error(tmp_path: Path) -> None:
    (write_build(tmp_path) / "rtl" / "mask.mem").unlink()
    with pytest.raises(SimulationError, match=r"mask\.mem.*not found"):
        simulate(tmp_path, frames())


def test_frames_of_another_network(build_dir: Path) -> None:
    with pytest.raises(ShapeError, match=r"shape \[12, 3, 2\].* takes \[n, 2, 3\]"):
        simulate(build_dir, frames().transpose(0, 2, 1))
    with pytest.raises(ShapeError, match=r"n at least 1"):
        simulate(build_dir, frames(0))
    with pytest.raises(ShapeError, match=r"hold 0 \.\. 12, but UINT2 is 0 \.\. 3"):
        simulate(build_dir, frames() * 4)


def test_a_folder_without_an_accelerator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rbonn compile NETWORK"):
        simulate(tmp_path, frames())
    write_build(tmp_path, input={"shape": [2, 3], "dtype": "UINT2", "lanes": 3, "beats": 5})
    with pytest.raises(ConfigError, match=r"lanes=3 times beats=5 must be the 6 elements"):
        simulate(tmp_path, frames())
    without_top = {key: value for key, value in INTERFACE.items() if key != "top"}
    (tmp_path / "compile.json").write_text(json.dumps(without_top))
    with pytest.raises(ConfigError, match="does not describe an accelerator"):
        simulate(tmp_path, frames())
    (write_build(tmp_path) / "rtl" / "sources.txt").unlink()
    with pytest.raises(ConfigError, match=r"sources\.txt does not exist"):
        simulate(tmp_path, frames())
