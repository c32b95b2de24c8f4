"""rbonn_registers.sv over its bus: what reads, what writes, byte by byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rbonn_hw.sim.shell import ShellModel
from rbonn_hw.spec.registers import IDENT_VALUE, OFFSETS, REGISTERS, Access
from tests.rtl.shell_jobs import ID, check_job, error_code, read, shell, shell_spec, write

pytestmark = pytest.mark.verilator

SPEC = shell_spec(8, 8, 8)
WRITABLE = ["IN_ADDR", "IN_BYTES", "OUT_ADDR", "OUT_BYTES", "FRAMES"]
AFTER_RESET = {"IDENT": IDENT_VALUE, "VERSION": 0x10000, "NETWORK": ID}


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registers")


@pytest.fixture
def model(build_dir: Path) -> Iterator[ShellModel]:
    with shell(SPEC, build_dir) as model:
        yield model


def test_the_table_names_what_is_writable() -> None:
    found = [row.name for row in REGISTERS if row.fields[0].access is Access.READ_WRITE]
    assert found == WRITABLE


def test_values_after_reset(model: ShellModel) -> None:
    assert {name: read(model, name) for name in OFFSETS} == dict.fromkeys(OFFSETS, 0) | AFTER_RESET


def test_each_writable_register_holds_its_own_value(model: ShellModel) -> None:
    values = {name: 0x89ABCDEF ^ offset * 0x01010101 for name, offset in OFFSETS.items() if name in WRITABLE}
    for name, value in values.items():
        write(model, name, value)

    assert {name: read(model, name) for name in WRITABLE} == values


@pytest.mark.parametrize("strobes", range(16))
def test_strobes_choose_bytes(strobes: int, model: ShellModel) -> None:
    mask = sum(0xFF << 8 * byte for byte in range(4) if strobes >> byte & 1)
    for name in WRITABLE:
        write(model, name, 0x01234567)
        model.write_register(OFFSETS[name], 0xFEDCBA98, strobes=strobes)
        assert read(model, name) == (0x01234567 & ~mask) | (0xFEDCBA98 & mask)


def test_read_only_registers_stay(model: ShellModel) -> None:
    for name in set(OFFSETS) - {*WRITABLE, "CONTROL"}:
        write(model, name, 0xFFFFFFFF)

    assert {name: read(model, name) for name in OFFSETS} == dict.fromkeys(OFFSETS, 0) | AFTER_RESET


def test_what_is_no_register_reads_zero_and_takes_no_writes(model: ShellModel) -> None:
    for offset in (0x3C, 0x40, 0x114, 0x7FC, 0xFFC):
        model.write_register(offset, 0xFFFFFFFF)
        assert model.read_register(offset) == 0

    assert {name: read(model, name) for name in OFFSETS} == dict.fromkeys(OFFSETS, 0) | AFTER_RESET


def test_only_what_reads_one_is_enabled_in_control(model: ShellModel) -> None:
    write(model, "CONTROL", 0xFFFFFFF6)  # all but START
    assert read(model, "CONTROL") == 4
    model.write_register(OFFSETS["CONTROL"], 0, strobes=0b1110)
    assert read(model, "CONTROL") == 4
    write(model, "CONTROL", 0)
    assert read(model, "CONTROL") == 0


def test_status_is_cleared_bit_by_bit(model: ShellModel) -> None:
    check_job(model, SPEC, 3)
    assert read(model, "STATUS") == 2
    write(model, "STATUS", 4)
    model.write_register(OFFSETS["STATUS"], 2, strobes=0b1110)
    assert read(model, "STATUS") == 2
    write(model, "STATUS", 2)
    assert read(model, "STATUS") == 0

    write(model, "IN_ADDR", 1)
    write(model, "CONTROL", 1)
    model.run_until_idle(1000)
    assert read(model, "STATUS") == 0x104
    write(model, "STATUS", 2)
    assert read(model, "STATUS") == 0x104
    write(model, "STATUS", 4)
    assert read(model, "STATUS") == 0x100  # the code stays until the next job


def test_start_clears_what_the_job_before_left(model: ShellModel) -> None:
    write(model, "IN_ADDR", 1)
    write(model, "CONTROL", 1)
    model.run_until_idle(1000)
    assert error_code(model) == 1

    check_job(model, SPEC, 3)  # would find ERROR still set
    write(model, "IN_ADDR", 1)
    write(model, "CONTROL", 1)
    model.run_until_idle(1000)
    assert error_code(model) == 1  # would find DONE still set


def test_a_strobe_that_leaves_out_start_does_not_start(model: ShellModel) -> None:
    model.write_register(OFFSETS["CONTROL"], 1, strobes=0b1110)
    model.run(100)
    assert read(model, "STATUS") == 0
