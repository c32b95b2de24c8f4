"""rbonn_registers.sv over its bus: what reads, what writes, byte by byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rbonn_hw.sim.shell import ShellModel
from rbonn_hw.spec.registers import IDENT_VALUE, OFFSETS, REGISTERS, Access
from tests.rtl.pins import Pins, library
from tests.rtl.shell_jobs import ID, check_job, error_code, interrupt, read, shell, shell_spec, write

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


def test_a_reset_clears_what_software_and_jobs_left(model: ShellModel) -> None:
    for bad in (False, True):
        check_job(model, SPEC, 3)
        for name in WRITABLE:
            write(model, name, 0xFFFFFFFF)
        write(model, "CONTROL", 4)
        if bad:
            write(model, "CONTROL", 5)
            model.run_until_idle(1000)
            assert error_code(model) == 1
        assert interrupt(model)

        model.reset()

        assert {name: read(model, name) for name in OFFSETS} == dict.fromkeys(OFFSETS, 0) | AFTER_RESET
        assert not interrupt(model)


class Block(Pins):
    """The registers alone: what happens in which cycle."""

    def __init__(self, build_dir: Path) -> None:
        super().__init__(library("rbonn_registers", build_dir))
        self.clock(rst_i=1, s_axil_bready_i=1, s_axil_rready_i=1)
        self.clock(rst_i=0)

    def begin_write(self, name: str, value: int) -> None:
        """Hand over a write, which happens in the next cycle."""
        word = {"s_axil_awaddr_i": OFFSETS[name], "s_axil_wdata_i": value, "s_axil_wstrb_i": 0xF}
        self.clock(s_axil_awvalid_i=1, s_axil_wvalid_i=1, **word)
        self.drive(s_axil_awvalid_i=0, s_axil_wvalid_i=0)

    def read(self, name: str) -> int:
        """Return a register as it is in this cycle; takes two."""
        assert self.see("s_axil_arready_o")
        self.clock(s_axil_arvalid_i=1, s_axil_araddr_i=OFFSETS[name])
        self.drive(s_axil_arvalid_i=0)
        value = self.see("s_axil_rdata_o")
        self.clock()
        return value


@pytest.fixture
def block(build_dir: Path) -> Iterator[Block]:
    block = Block(build_dir)
    yield block
    block.design.close()


def test_what_the_hardware_counts_is_read_at_its_own_offset(block: Block) -> None:
    block.drive(
        frames_done_i=0x11223344, cycles_i=0x0123456789ABCDEF, in_stalls_i=0x55667788, out_stalls_i=0x99AABBCC
    )
    found = {name: block.read(name) for name in OFFSETS if OFFSETS[name] >= OFFSETS["FRAMES_DONE"]}
    assert found == {
        "FRAMES_DONE": 0x11223344,
        "CYCLES_LO": 0x89ABCDEF,
        "CYCLES_HI": 0x01234567,
        "IN_STALLS": 0x55667788,
        "OUT_STALLS": 0x99AABBCC,
    }


@pytest.mark.parametrize("flag", ["DONE", "ERROR"])
@pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
def test_a_job_that_ends_in_the_cycle_of_a_clearing_write_is_not_lost(
    late: int, flag: str, block: Block
) -> None:
    pulse = f"{flag.lower()}_i"
    for cycle in range(-3, 5):
        if cycle == -1:
            block.drive(**{pulse: int(cycle == late)})
            block.begin_write("STATUS", 6)
        else:
            block.clock(**{pulse: int(cycle == late)})
    block.drive(**{pulse: 0})

    kept = {"DONE": 2, "ERROR": 4}[flag]
    assert block.read("STATUS") == (kept if late >= 0 else 0)


@pytest.mark.parametrize("wait", range(3))
def test_busy_reads_as_one_from_the_cycle_on_in_which_start_is_answered(wait: int, block: Block) -> None:
    block.begin_write("CONTROL", 1)
    assert not block.see("s_axil_bvalid_o")
    block.clock()
    assert block.see("s_axil_bvalid_o")
    assert block.see("start_o")
    for _ in range(wait):
        block.clock()
        block.drive(busy_i=1)  # rbonn_job is busy from the cycle after the pulse on
    assert block.read("STATUS") == 1


@pytest.mark.parametrize("first", ["aw", "w"])
@pytest.mark.parametrize("apart", [1, 5])
def test_address_and_data_of_a_write_come_in_either_order(first: str, apart: int, block: Block) -> None:
    block.drive(s_axil_awaddr_i=OFFSETS["IN_BYTES"], s_axil_wdata_i=0x1234, s_axil_wstrb_i=0xF)
    for channel in (first, {"aw": "w", "w": "aw"}[first]):
        assert block.see(f"s_axil_{channel}ready_o")
        block.clock(**{f"s_axil_{channel}valid_i": 1})
        block.drive(**{f"s_axil_{channel}valid_i": 0})
        if channel == first:
            # What was handed over is kept, whatever its pins show from now on.
            block.drive(**({"s_axil_awaddr_i": 0} if first == "aw" else {"s_axil_wdata_i": 0}))
            for _ in range(apart):
                assert not block.see("s_axil_bvalid_o")
                assert not block.see(f"s_axil_{channel}ready_o")
                block.clock()
    block.clock()
    assert block.see("s_axil_bvalid_o")
    block.clock()
    assert block.read("IN_BYTES") == 0x1234
