"""rbonn_job.sv and rbonn_scale.sv: jobs refused before they touch memory. Good jobs: test_shell.py."""

from dataclasses import replace
from pathlib import Path

import pytest

from rbonn_hw.sim.memory_bus import Channel
from rbonn_hw.sim.shell import DEFAULT_BASE_ADDRESS
from rbonn_hw.spec.registers import ErrorCode
from tests.rtl.pins import Pins, library
from tests.rtl.shell_jobs import OUT_START, START, check_job, error_code, shell, shell_spec, start_job, write

pytestmark = pytest.mark.verilator

ODD = shell_spec(3, 5, 15)


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("job")


REFUSED = [
    ({"IN_ADDR": 4}, ErrorCode.UNALIGNED),
    ({"OUT_ADDR": OUT_START + 1}, ErrorCode.UNALIGNED),
    ({"OUT_ADDR": OUT_START + 2, "FRAMES": 0}, ErrorCode.UNALIGNED),
    ({"IN_BYTES": 44}, ErrorCode.LENGTH),
    ({"OUT_BYTES": 46}, ErrorCode.LENGTH),
    ({"FRAMES": 4}, ErrorCode.LENGTH),
    ({"FRAMES": 0}, ErrorCode.LENGTH),
    ({"FRAMES": 0, "IN_BYTES": 0, "OUT_BYTES": 0}, ErrorCode.LENGTH),
    # 15 * FRAMES is 2**32 + 44 and looks right in 32 bits.
    ({"FRAMES": (2**32 + 44) // 15, "IN_BYTES": 44, "OUT_BYTES": 44}, ErrorCode.LENGTH),
    # The same where the product has passed 2**32 before its last bit.
    ({"FRAMES": 2 * ((2**32 + 14) // 15), "IN_BYTES": 28, "OUT_BYTES": 28}, ErrorCode.LENGTH),
    # The buffer would end behind the last address.
    ({"IN_ADDR": 2**32 - DEFAULT_BASE_ADDRESS - 8}, ErrorCode.LENGTH),
    ({"OUT_ADDR": 2**32 - DEFAULT_BASE_ADDRESS - 8}, ErrorCode.LENGTH),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_a_bad_job_is_refused_before_it_touches_memory(
    change: dict[str, int], code: ErrorCode, build_dir: Path
) -> None:
    assert (2**32 + 44) % 15 == (2**32 + 14) % 15 == 0
    with shell(ODD, build_dir) as model:
        start_job(model, ODD, 3, change)
        model.run_until_idle(1000)

        assert error_code(model) is code
        assert [len(model.log(channel)) for channel in Channel] == [0] * 5
        check_job(model, ODD, 3)


@pytest.mark.parametrize(("in_bytes", "out_bytes"), [(15, 1), (1, 15)])
def test_either_length_beyond_32_bits_is_refused(in_bytes: int, out_bytes: int, build_dir: Path) -> None:
    spec = replace(shell_spec(1, 1, 1), in_beats=in_bytes, out_beats=out_bytes)
    frames = (2**32 + 44) // 15  # 15 * frames looks like 44
    lengths = {15: 44, 1: frames}
    with shell(spec, build_dir) as model:
        for name, value in {
            "IN_ADDR": model.base_address,
            "IN_BYTES": lengths[in_bytes],
            "OUT_ADDR": model.base_address,
            "OUT_BYTES": lengths[out_bytes],
            "FRAMES": frames,
        }.items():
            write(model, name, value)
        write(model, "CONTROL", START)
        model.run_until_idle(1000)

        assert error_code(model) is ErrorCode.LENGTH
        assert [len(model.log(channel)) for channel in Channel] == [0] * 5


@pytest.mark.parametrize("together", range(1, 8))
def test_of_what_ends_a_job_in_one_cycle_an_error_of_the_memory_is_told(
    together: int, build_dir: Path
) -> None:
    pins = Pins(library("rbonn_job", build_dir))
    pins.clock(rst_i=1, read_idle_i=1, write_idle_i=1)
    job = {"in_bytes_i": 64, "out_bytes_i": 8, "frames_i": 1}
    pins.clock(rst_i=0, start_i=1, **job)
    pins.drive(start_i=0)
    while not pins.see("launch_o"):
        pins.clock()
    pins.clock()
    causes = {"read_error_i": ErrorCode.READ_RESPONSE, "write_error_i": ErrorCode.WRITE_RESPONSE}
    causes["abort_i"] = ErrorCode.ABORTED
    given = [name for bit, name in enumerate(causes) if together >> bit & 1]
    pins.clock(read_idle_i=0, write_idle_i=0, **dict.fromkeys(given, 1))
    pins.clock(read_idle_i=1, write_idle_i=1, **dict.fromkeys(given, 0))
    while not pins.see("error_o"):
        assert pins.see("busy_o")
        pins.clock()
    assert pins.see("error_code_o") == causes[given[0]]
    pins.design.close()
