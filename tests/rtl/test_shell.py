"""rbonn_shell.sv between a memory and a processor: whole jobs, every byte, and everything that can go wrong.

Below the shell: rbonn_job.sv, rbonn_frame_gate.sv, rbonn_frame_reader.sv,
rbonn_frame_writer.sv.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.sim.design import Design, StreamPins
from rbonn_hw.sim.memory_bus import Channel, MemoryTiming
from rbonn_hw.sim.model import build
from rbonn_hw.sim.shell import ShellModel, build_shell
from rbonn_hw.spec.registers import ErrorCode
from rbonn_hw.spec.shell import ShellSpec
from tests.rtl.shell_jobs import (
    ABORT,
    BUSY,
    IRQ_ENABLE,
    MEMORY_BYTES,
    OUT_START,
    START,
    STUBS,
    check_job,
    cycles,
    defines,
    error_code,
    interrupt,
    lint,
    read,
    shell,
    shell_spec,
    start_job,
    write,
)

pytestmark = pytest.mark.verilator

BEAT = shell_spec(8, 8, 8)
ODD = shell_spec(3, 5, 15)
SPECS = [
    pytest.param(shell_spec(1, 2, 6), id="bytes-to-halves"),
    pytest.param(ODD, id="3-to-5-bytes"),
    pytest.param(shell_spec(16, 1, 48), id="wider-than-the-bus"),
    pytest.param(BEAT, id="as-wide-as-the-bus"),
    pytest.param(shell_spec(1, 11, 11), id="answer-wider-than-the-bus"),
]
TIMINGS = [
    pytest.param(MemoryTiming(latency=0), id="fast"),
    pytest.param(MemoryTiming(latency=25, stall=0.4, seed=1), id="stalling"),
    pytest.param(MemoryTiming(latency=60, stall=0.1, outstanding=1, seed=2), id="one-by-one"),
]


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shell")


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("spec", SPECS)
def test_jobs_of_any_length_one_after_the_other(
    spec: ShellSpec, timing: MemoryTiming, build_dir: Path
) -> None:
    with shell(spec, build_dir, timing) as model:
        # Odd lengths leave bytes in the width converters, which the next job must not see.
        for frames in (1, 2, 3, 7, 40, 1, 333):
            check_job(model, spec, frames)


@pytest.mark.parametrize("timing", TIMINGS)
def test_buffers_that_cross_pages_at_any_offset(timing: MemoryTiming, build_dir: Path) -> None:
    with shell(ODD, build_dir, timing) as model:
        for offset in (0x08, 0x78, 0xFF8, 0xF88, 0xFC0):
            change = {"IN_ADDR": 0x1000 + offset, "OUT_ADDR": OUT_START + 0x2000 - offset}
            check_job(model, ODD, 11, change)


def test_cycles_are_those_of_the_accelerator_alone(build_dir: Path) -> None:
    spec, frames = shell_spec(1, 2, 6), 50
    alone = build(
        Design(
            top="accelerator",
            sources=(STUBS / "accelerator.sv",),
            inputs=(StreamPins("s_axis_0_tvalid", "s_axis_0_tready", "s_axis_0_tdata", 8),),
            outputs=(StreamPins("m_axis_0_tvalid", "m_axis_0_tready", "m_axis_0_tdata", 16),),
            clock="ap_clk",
            reset="ap_rst_n",
            reset_active_low=True,
        ),
        build_dir,
    ).run([np.zeros((6 * frames, 1), dtype=np.uint8)], [3 * frames])

    with shell(spec, build_dir) as model:
        for _ in range(2):
            check_job(model, spec, frames)
            assert cycles(model) == alone.cycles
            assert (read(model, "IN_STALLS"), read(model, "OUT_STALLS")) == (0, 0)


@pytest.mark.parametrize("latency", [0, 30])
def test_the_accelerator_leaves_its_reset_with_its_first_beat(latency: int, build_dir: Path) -> None:
    options = [*defines(BEAT), "+define+WARM_UP=100"]
    library = build_shell(BEAT, [STUBS / "accelerator.sv"], build_dir, options=options)
    with ShellModel(
        library, build_dir, timing=MemoryTiming(latency=latency), memory_bytes=MEMORY_BYTES
    ) as model:
        for _ in range(2):
            check_job(model, BEAT, 50)
            assert cycles(model) == 100 + 49


@pytest.mark.parametrize("period", [1, 8])
def test_a_job_whose_answers_come_first_ends_with_its_last_input(period: int, build_dir: Path) -> None:
    options = [*defines(BEAT), f"+define+EARLY={period}"]
    library = build_shell(BEAT, [STUBS / "accelerator.sv"], build_dir, options=options)
    timing = MemoryTiming(latency=60, outstanding=1)
    with ShellModel(library, build_dir, timing=timing, memory_bytes=MEMORY_BYTES) as model:
        for _ in range(2):
            seen = len(model.log(Channel.READ_DATA))
            start_job(model, BEAT, 200)

            assert model.run_until_idle(100_000) > 199 * period
            assert error_code(model) is ErrorCode.NONE
            assert len(model.log(Channel.READ_DATA)) == seen + 200
            assert not model.memory[OUT_START : OUT_START + 8 * 200].any()

        # What an accelerator shows during its reset is no answer that waits.
        start_job(model, BEAT, 200, {"IN_ADDR": 4})
        model.run_until_idle(1000)
        assert error_code(model) is ErrorCode.UNALIGNED
        assert (cycles(model), read(model, "OUT_STALLS")) == (0, 0)


@pytest.mark.parametrize("timing", TIMINGS)
def test_every_cycle_is_a_beat_or_a_stall(timing: MemoryTiming, build_dir: Path) -> None:
    # This accelerator is wires, so a cycle moves a beat, lacks input, or waits for the output.
    with shell(BEAT, build_dir, timing) as model:
        check_job(model, BEAT, 3000)

        lacking, waiting = read(model, "IN_STALLS"), read(model, "OUT_STALLS")
        # Where the output is full input may lack besides, a cycle that neither counter has.
        assert 3000 + lacking + waiting <= cycles(model) <= 3000 + lacking + 2 * waiting

    roomy = replace(BEAT, write_depth_words=4096)
    with shell(roomy, build_dir, timing) as model:
        check_job(model, roomy, 3000)

        assert cycles(model) == 3000 + read(model, "IN_STALLS")
        assert read(model, "OUT_STALLS") == 0


def test_a_beat_per_cycle_in_and_out(build_dir: Path) -> None:
    with shell(BEAT, build_dir, MemoryTiming(latency=60)) as model:
        check_job(model, BEAT, 8000)

        assert cycles(model) == 8000


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("outside", [False, True], ids=["SLVERR", "DECERR"])
@pytest.mark.parametrize("code", [ErrorCode.READ_RESPONSE, ErrorCode.WRITE_RESPONSE])
def test_an_error_response_ends_the_job(
    code: ErrorCode, outside: bool, timing: MemoryTiming, build_dir: Path
) -> None:
    reads = code is ErrorCode.READ_RESPONSE
    with shell(BEAT, build_dir, timing) as model:
        fail = model.fail_reads if reads else model.fail_writes
        change = {"IN_ADDR" if reads else "OUT_ADDR": MEMORY_BYTES - 0x400} if outside else {}
        if not outside:
            fail(model.base_address + (0x400 if reads else OUT_START + 0x400), 8)
        start_job(model, BEAT, 1000, change)
        model.run_until_idle(100_000)

        assert error_code(model) is code
        assert read(model, "FRAMES_DONE") < 1000
        assert_quiet(model)
        fail(0, 0)
        check_job(model, BEAT, 20)


@pytest.mark.parametrize("timing", TIMINGS)
def test_an_abort_at_any_time_drains_and_leaves_nothing_behind(timing: MemoryTiming, build_dir: Path) -> None:
    with shell(ODD, build_dir, timing) as model:
        for delay in [*range(0, 140, 3), 300, 800]:
            start_job(model, ODD, 333)
            model.run(delay)
            write(model, "CONTROL", ABORT)
            model.run_until_idle(10_000)

            assert error_code(model) is ErrorCode.ABORTED
            assert read(model, "FRAMES_DONE") < 333
            assert_quiet(model)
            check_job(model, ODD, 5)


def assert_quiet(model: ShellModel) -> None:
    """Check that every burst was answered in full, that no further one comes, and nothing counts any more."""
    before = [len(model.log(channel)) for channel in Channel]
    counted = (cycles(model), read(model, "IN_STALLS"), read(model, "OUT_STALLS"))
    model.run(300)
    assert [len(model.log(channel)) for channel in Channel] == before
    assert (cycles(model), read(model, "IN_STALLS"), read(model, "OUT_STALLS")) == counted
    assert model.log(Channel.READ_ADDRESS)[:, 2].sum() == len(model.log(Channel.READ_DATA))
    assert model.log(Channel.WRITE_ADDRESS)[:, 2].sum() == len(model.log(Channel.WRITE_DATA))
    assert len(model.log(Channel.WRITE_ADDRESS)) == len(model.log(Channel.WRITE_RESPONSE))


def test_a_reset_in_mid_transfer(build_dir: Path) -> None:
    with shell(ODD, build_dir, MemoryTiming(stall=0.2)) as model:
        for delay in (30, 60, 200):
            start_job(model, ODD, 333)
            model.run(delay)
            model.reset()

            assert read(model, "STATUS") == 0
            check_job(model, ODD, 5)


def test_start_while_busy_and_abort_while_idle_do_nothing(build_dir: Path) -> None:
    with shell(ODD, build_dir) as model:
        write(model, "CONTROL", ABORT)
        model.run_until_idle(1000)
        assert read(model, "STATUS") == 0

        expected = start_job(model, ODD, 300)
        write(model, "CONTROL", START)
        assert read(model, "STATUS") == BUSY
        write(model, "IN_ADDR", 0)
        write(model, "FRAMES", 1)
        model.run_until_idle(100_000)
        assert error_code(model) is ErrorCode.NONE
        np.testing.assert_array_equal(model.memory, expected)
        assert read(model, "FRAMES") == 300


def test_the_interrupt_follows_the_end_of_a_job(build_dir: Path) -> None:
    with shell(ODD, build_dir) as model:
        check_job(model, ODD, 2)
        assert not interrupt(model)
        write(model, "CONTROL", IRQ_ENABLE)
        assert interrupt(model)
        write(model, "STATUS", 2)
        assert not interrupt(model)

        write(model, "FRAMES", 0)
        write(model, "CONTROL", START | IRQ_ENABLE)
        model.run_until_idle(1000)
        assert error_code(model) is ErrorCode.LENGTH
        assert interrupt(model)
        write(model, "CONTROL", 0)
        assert not interrupt(model)


@pytest.mark.parametrize(("parameter", "value"), [("InBits", 12), ("OutBits", 20), ("ReadDepth", 16)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int) -> None:
    with pytest.raises(ToolError, match=f"={value} .*must be"):
        lint("rbonn_shell", **{parameter: value})
