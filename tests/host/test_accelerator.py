"""rbonn_hw/host/accelerator.py on a board of Python: batches, threads, time-outs, errors."""

import contextlib
import gc
import itertools
import threading
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rbonn_hw.host import Accelerator, HostError, Package
from rbonn_hw.host.errors import (
    ClosedError,
    FrameError,
    IdentityError,
    JobError,
    JobTimeoutError,
    SelfTestError,
)
from rbonn_hw.host.selftest import run_self_test
from rbonn_hw.spec.registers import ErrorCode
from tests.host.fake_board import CYCLES_PER_FRAME, FakeBoard
from tests.host.packages import CYCLES, FRAMES, answers, images, integers, write_toy


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_toy(tmp_path_factory.mktemp("toy"))


@pytest.mark.parametrize("count", [0, 1, 4, 5, 13])
def test_batches_of_any_size(package: Package, count: int) -> None:
    board = FakeBoard(package)
    x = images(count, seed=3)
    with Accelerator(package, hardware=board, buffer_frames=4) as accelerator:
        outputs = accelerator.infer(x)
        np.testing.assert_array_equal(outputs, answers(integers(x)))
        np.testing.assert_array_equal(accelerator.run_integers(integers(x)), outputs)
        np.testing.assert_array_equal(accelerator.classify(x), outputs.argmax(axis=1))
        assert accelerator.counters.jobs == -(-count // 4)
        assert accelerator.counters.frames == count
        assert accelerator.counters.cycles == CYCLES_PER_FRAME * count
    assert board.jobs == 3 * ([4] * (count // 4) + [count % 4] * bool(count % 4))


def test_the_next_frames_are_packed_while_a_job_runs(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = FakeBoard(package)
    busy = []
    pack = type(package.input).pack

    def spy(*arguments: object) -> None:
        busy.append(board.registers["STATUS"] & 1)
        pack(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(package.input), "pack", spy)
    with Accelerator(package, hardware=board, buffer_frames=2) as accelerator:
        accelerator.infer(images(6))
    assert busy == [0, 1, 1]


def test_threads_take_turns(package: Package) -> None:
    results: dict[int, bool] = {}
    with Accelerator(package, hardware=FakeBoard(package), buffer_frames=3) as accelerator:

        def work(seed: int) -> None:
            x = images(10, seed)
            results[seed] = all(np.array_equal(accelerator.infer(x), answers(integers(x))) for _ in range(5))

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == dict.fromkeys(range(4), True)


def test_wrong_images(package: Package) -> None:
    with Accelerator(package, hardware=FakeBoard(package)) as accelerator:
        with pytest.raises(FrameError, match="float64; give a NumPy array of uint8"):
            accelerator.infer(images() / 255)
        with pytest.raises(FrameError, match=r"shape \[2, 4, 3\]; the network takes \[n, 2, 4, 3\]"):
            accelerator.classify(images()[0])
        with pytest.raises(FrameError, match="frames are list"):
            accelerator.infer([[1, 2]])
        # Of the right number of elements, a frame at a time or all together.
        for shape in [(-1, 24), (-1, 2, 3, 4), (-1, 2, 12), (-1, 1, 2, 4, 3), (2, 3, 2, 4, 3), (-1,)]:
            with pytest.raises(FrameError, match=r"the network takes \[n, 2, 4, 3\]"):
                accelerator.infer(images().reshape(shape))
        for shape in [(-1, 24), (-1, 2, 4, 3), (-1, 12, 2), (-1, 1, 4, 3, 2), (2, 3, 4, 3, 2), (-1,)]:
            with pytest.raises(FrameError, match=r"the accelerator takes \[n, 4, 3, 2\]"):
                accelerator.run_integers(integers(images()).reshape(shape))
        with pytest.raises(FrameError, match=r"hold 8 \.\. 8, but UINT3"):
            accelerator.run_integers(np.full((1, 4, 3, 2), 8))
    with pytest.raises(FrameError, match="buffer_frames=0 must be at least 1"):
        Accelerator(package, hardware=FakeBoard(package), buffer_frames=0)


def test_a_job_that_does_not_end_reports_registers(package: Package) -> None:
    board = FakeBoard(package, polls=10**9)
    with Accelerator(package, hardware=board, timeout_s=0.05) as accelerator:
        with pytest.raises(
            JobTimeoutError, match=r"job of 6 frames .* 0\.05 s.*BUSY, error 0 NONE; STATUS 0x1, FRAMES 0x6"
        ):
            accelerator.infer(images())
        assert board.registers["STATUS"] >> 8 == ErrorCode.ABORTED
        board._polls = 1
        np.testing.assert_array_equal(accelerator.infer(images()), answers(integers(images())))


@pytest.mark.parametrize("frames", [1, 6])
def test_a_job_has_as_long_whatever_its_frames(
    frames: int, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) * 0.01, sleep=lambda _: None)
    monkeypatch.setattr("rbonn_hw.host.jobs.time", clock)
    for polls, is_late in ((8, False), (20, True)):
        with Accelerator(package, hardware=FakeBoard(package, polls=polls), timeout_s=0.1) as accelerator:
            late = pytest.raises(JobTimeoutError) if is_late else contextlib.nullcontext()
            with late:
                accelerator.infer(images(frames))


def test_the_cycle_counter_has_64_bits(package: Package) -> None:
    board = FakeBoard(package)
    board.registers["CYCLES_HI"] = 3
    with Accelerator(package, hardware=board) as accelerator:
        accelerator.infer(images())
        assert accelerator.counters.cycles == 3 * 2**32 + CYCLES


def test_hardware_that_ignores_an_abort_is_not_used_again(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rbonn_hw.host.jobs.ABORT_SECONDS", 0.05)
    board = FakeBoard(package, polls=10**9, deaf=True)
    with Accelerator(package, hardware=board, timeout_s=0.05) as accelerator:
        with pytest.raises(JobTimeoutError):
            accelerator.infer(images())
        with pytest.raises(ClosedError, match="an earlier job never ended"):
            accelerator.infer(images())
        buffers = [weakref.ref(buffer) for buffer in accelerator._engine._buffers]
    del accelerator
    gc.collect()
    assert board.freed == 0, "memory that the hardware may still write to must not be given back"
    assert all(buffer() is not None for buffer in buffers), "pynq frees a buffer that nobody holds"


def test_an_error_of_the_hardware_is_named(package: Package) -> None:
    board = FakeBoard(package, fault=ErrorCode.READ_RESPONSE)
    with (
        Accelerator(package, hardware=board) as accelerator,
        pytest.raises(JobError, match=r"job of 6 frames failed: ERROR, error 3 READ_RESPONSE"),
    ):
        accelerator.infer(images())


@pytest.mark.parametrize(
    ("register", "value", "message"),
    [
        ("IDENT", 0xDEAD, r"IDENT reads 0x0000dead"),
        ("VERSION", 2 << 16, r"registers of version 2"),
        ("NETWORK", 1, r"holds network 0x00000001, the package 0xc0ffee00"),
    ],
)
def test_other_hardware_is_refused(package: Package, register: str, value: int, message: str) -> None:
    board = FakeBoard(package)
    board.registers[register] = value
    with pytest.raises(IdentityError, match=message):
        Accelerator(package, hardware=board)
    assert board.closed


def test_close_gives_everything_back(package: Package) -> None:
    board = FakeBoard(package)
    accelerator = Accelerator(package, hardware=board)
    accelerator.close()
    accelerator.close()
    assert (board.freed, board.closed) == (4, True)
    with pytest.raises(ClosedError, match="open it again"):
        accelerator.infer(images())


def test_measurement(package: Package) -> None:
    with Accelerator(package, hardware=FakeBoard(package)) as accelerator:
        found = accelerator.measure(images(20), repeats=1)
        with pytest.raises(FrameError, match="0 frames"):
            accelerator.measure(images(0))
    assert (found.frames, found.cycles_per_frame, found.clock_mhz) == (20, CYCLES_PER_FRAME, 100.0)
    assert found.accelerator_frames_per_second == 1e8 / CYCLES_PER_FRAME
    assert found.frames_per_second > 0
    assert found.latency_seconds > 0


def test_self_test(package: Package, tmp_path: Path) -> None:
    with Accelerator(package, hardware=FakeBoard(package)) as accelerator:
        report = run_self_test(accelerator)
    assert (report.frames, report.cycles, report.expected_cycles) == (FRAMES, CYCLES, CYCLES)

    recorded = package.self_test
    recorded.integers[2, 1] += 1
    try:
        with (
            Accelerator(package, hardware=FakeBoard(package)) as accelerator,
            pytest.raises(SelfTestError, match=r"1 of 6 frames differ; frame 2 gave"),
        ):
            run_self_test(accelerator)
    finally:
        recorded.integers[2, 1] -= 1


def test_self_test_sees_every_frame(package: Package) -> None:
    recorded = package.self_test.integers
    for frame in range(FRAMES):
        recorded[frame, 0] += 1
        try:
            with (
                Accelerator(package, hardware=FakeBoard(package)) as accelerator,
                pytest.raises(SelfTestError, match=f"1 of 6 frames differ; frame {frame} gave"),
            ):
                run_self_test(accelerator)
        finally:
            recorded[frame, 0] -= 1


def test_self_test_compares_cycles(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.host.fake_board.CYCLES_PER_FRAME", CYCLES_PER_FRAME + 1)
    with (
        Accelerator(package, hardware=FakeBoard(package)) as accelerator,
        pytest.raises(SelfTestError, match=r"took 606 cycles, recorded 600"),
    ):
        run_self_test(accelerator)


def test_a_board_without_pynq(package: Package) -> None:
    with pytest.raises(HostError, match="pynq cannot be imported"):
        Accelerator(package)
