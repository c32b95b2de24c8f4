"""rbonn_axi3_lite.sv pin by pin: bursts in, single accesses out, IDs and responses back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.sim.xsi import Design, Kernel
from tests.rtl.pins import library

pytestmark = pytest.mark.verilator

FIXED, INCR = 0, 1
Beats = list[tuple[int, int]]


class Bench:
    """Both sides of the bridge: a processor with AXI3, and 4 KiB of AXI4-Lite registers."""

    def __init__(self, library: Path, seed: int) -> None:
        self.design = Design(Kernel("verilator"), str(library))
        self.rng = np.random.default_rng(seed)
        self.words = dict.fromkeys(range(0, 4096, 4), 0)
        self.accesses: list[tuple[str, int]] = []
        self.bad_response: int | None = None
        self._address: int | None = None
        self._data: tuple[int, int] | None = None
        self.drive(rst_i=1)
        for _ in range(3):
            self.clock()
        self.drive(rst_i=0)

    def drive(self, **values: int) -> None:
        """Set input pins."""
        for name, value in values.items():
            self.design.getPort(name).set(value).write_back()

    def see(self, name: str) -> int:
        """Return a pin."""
        return self.design.getPort(name).read().as_unsigned()

    def clock(self) -> None:
        """Let a cycle pass, with the registers' side played at random pauses."""
        willing = dict.fromkeys(("aw", "w", "ar"), 0)
        for channel in willing:
            willing[channel] = int(self.rng.integers(2))
            self.drive(**{f"m_axil_{channel}ready_i": willing[channel]})
        self.drive(clk_i=0)
        self.design.run(1)
        fires = {channel: willing[channel] and self.see(f"m_axil_{channel}valid_o") for channel in willing}
        if fires["aw"]:
            self._address = self.see("m_axil_awaddr_o")
        if fires["w"]:
            self._data = (self.see("m_axil_wdata_o"), self.see("m_axil_wstrb_o"))
        read_address = self.see("m_axil_araddr_o")
        b_taken = self.see("m_axil_bready_o") and self.see("m_axil_bvalid_i")
        r_taken = self.see("m_axil_rready_o") and self.see("m_axil_rvalid_i")
        self.drive(clk_i=1)
        self.design.run(1)
        if b_taken:
            self.drive(m_axil_bvalid_i=0)
        if r_taken:
            self.drive(m_axil_rvalid_i=0)
        if fires["ar"]:
            self._read(read_address)
        if self._address is not None and self._data is not None:
            self._write(self._address, *self._data)
            self._address = self._data = None

    def _response(self, address: int) -> int:
        return 2 if address == self.bad_response else 0

    def _read(self, address: int) -> None:
        self.accesses.append(("read", address))
        value, response = self.words[address & ~3], self._response(address)
        self.drive(m_axil_rvalid_i=1, m_axil_rdata_i=value, m_axil_rresp_i=response)

    def _write(self, address: int, data: int, strobes: int) -> None:
        self.accesses.append(("write", address))
        mask = sum(0xFF << 8 * byte for byte in range(4) if strobes >> byte & 1)
        self.words[address & ~3] = (self.words[address & ~3] & ~mask) | (data & mask)
        self.drive(m_axil_bvalid_i=1, m_axil_bresp_i=self._response(address))

    def send(self, channel: str, **payload: int) -> None:
        """Offer a transfer until it is accepted."""
        self.drive(**{f"s_axi_{channel}{name}_i": value for name, value in payload.items()})
        self.drive(**{f"s_axi_{channel}valid_i": 1})
        for _ in range(200):
            accepted = self.see(f"s_axi_{channel}ready_o")
            self.clock()
            if accepted:
                break
        else:
            pytest.fail(f"{channel} was not accepted")
        self.drive(**{f"s_axi_{channel}valid_i": 0})

    def take(self, channel: str, *names: str) -> tuple[int, ...]:
        """Wait for a transfer, let it wait a little, and accept it."""
        patience = int(self.rng.integers(4))
        for _ in range(200):
            if self.see(f"s_axi_{channel}valid_o"):
                if patience == 0:
                    break
                patience -= 1
            self.clock()
        else:
            pytest.fail(f"nothing came on {channel}")
        found = tuple(self.see(f"s_axi_{channel}{name}_o") for name in names)
        self.drive(**{f"s_axi_{channel}ready_i": 1})
        self.clock()
        self.drive(**{f"s_axi_{channel}ready_i": 0})
        return found

    def write(self, address: int, beats: Beats, *, burst: int = INCR, size: int = 2) -> int:
        """Write a burst of (data, strobes); returns the response."""
        name = int(self.rng.integers(4096))
        self.send("aw", id=name, addr=address, size=size, burst=burst)
        for number, (data, strobes) in enumerate(beats, start=1):
            self.send("w", data=data, strb=strobes, last=int(number == len(beats)))
        answer, response = self.take("b", "id", "resp")
        assert answer == name
        return response

    def read(self, address: int, beats: int, *, burst: int = INCR, size: int = 2) -> Beats:
        """Read a burst; returns (data, response) of each beat."""
        name = int(self.rng.integers(4096))
        self.send("ar", id=name, addr=address, len=beats - 1, size=size, burst=burst)
        found = []
        for number in range(1, beats + 1):
            answer, data, response, last = self.take("r", "id", "data", "resp", "last")
            assert (answer, last) == (name, number == beats)
            found.append((data, response))
        return found


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library("rbonn_axi3_lite", tmp_path_factory.mktemp("axi3_lite"))


@pytest.fixture
def bench(bridge: Path) -> Iterator[Bench]:
    bench = Bench(bridge, seed=1)
    yield bench
    bench.design.close()


def test_single_accesses(bench: Bench) -> None:
    for address in (0, 4, 0x3C, 0xFFC):
        assert bench.write(address, [(address * 77 + 5, 0xF)]) == 0
        assert bench.read(address, 1) == [(address * 77 + 5, 0)]


@pytest.mark.parametrize("length", [2, 7, 16])
def test_bursts_become_one_access_per_beat(length: int, bench: Bench) -> None:
    beats = [(0x1000 + beat, 0xF) for beat in range(length)]

    assert bench.write(0x20, beats) == 0
    assert bench.read(0x20, length) == [(data, 0) for data, _ in beats]
    addresses = list(range(0x20, 0x20 + 4 * length, 4))
    assert bench.accesses == [("write", a) for a in addresses] + [("read", a) for a in addresses]


def test_fixed_bursts_stay_at_their_address(bench: Bench) -> None:
    bench.write(0x40, [(1, 0xF), (2, 0xF), (3, 0xF)], burst=FIXED)

    assert bench.read(0x40, 2, burst=FIXED) == [(3, 0), (3, 0)]
    assert bench.words[0x44] == 0


def test_narrow_beats_step_by_their_size_and_write_their_bytes(bench: Bench) -> None:
    bench.write(0x40, [(0x000000AA, 0b0001), (0x0000BB00, 0b0010), (0x00CC0000, 0b0100)], size=0)

    assert bench.words[0x40] == 0x00CCBBAA
    assert [address for _, address in bench.accesses] == [0x40, 0x41, 0x42]
    assert bench.read(0x40, 2, size=1) == [(0x00CCBBAA, 0)] * 2


def test_the_worst_response_of_a_burst_is_its_response(bench: Bench) -> None:
    bench.bad_response = 0x24
    assert bench.write(0x20, [(1, 0xF)] * 3) == 2
    assert bench.write(0x40, [(1, 0xF)] * 3) == 0
    assert [response for _, response in bench.read(0x20, 3)] == [0, 2, 0]
