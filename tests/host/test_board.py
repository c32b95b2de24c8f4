"""rbonn_hw/host/board.py with a pynq of Python: which board it is, what is loaded, clock and registers."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.host import Accelerator, Package
from rbonn_hw.host.__main__ import main
from rbonn_hw.host.errors import BitstreamError, ClockError, HandoffError, WrongBoardError
from rbonn_hw.soc.package import write_package
from tests.host.fake_pynq import FakePynq
from tests.host.packages import answers, bitstream, content, images, integers, write_build, write_toy

Install = Callable[..., FakePynq]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_toy(tmp_path_factory.mktemp("toy"), bitstream=bitstream())


@pytest.fixture
def install(package: Package, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return what makes a machine with pynq of this one; it names no board unless a test says so."""
    monkeypatch.delenv("BOARD", raising=False)

    def installed(**options: Any) -> FakePynq:
        pynq = FakePynq(package, **options)
        monkeypatch.setitem(sys.modules, "pynq", pynq)
        return pynq

    return installed


def test_an_image_of_pynq_names_its_board(
    package: Package, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    pynq = install()
    monkeypatch.setenv("BOARD", "Pynq-Z2")
    with Accelerator(package) as accelerator:
        np.testing.assert_array_equal(accelerator.infer(images()), answers(integers(images())))
        assert accelerator.clock_mhz == 100.0
    (overlay,) = pynq.overlays
    assert overlay.loaded == ["accelerator.bit", "accelerator.bit", "accelerator.hwh"]
    assert (overlay.freed, pynq.board.freed, pynq.Clocks.asked_mhz) == (True, 4, [100.0])


def test_an_unnamed_board_gets_no_bitstream_until_somebody_names_it(
    package: Package, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    pynq = install()
    message = r"for board Pynq-Z2, and nothing says which board .*Accelerator\(package, board='Pynq-Z2'\)"
    for unnamed in (None, ""):
        if unnamed is not None:
            monkeypatch.setenv("BOARD", unnamed)
        with pytest.raises(WrongBoardError, match=message):
            Accelerator(package)
    assert pynq.overlays == []

    with Accelerator(package, board="PYNQ-Z2") as accelerator:
        assert len(accelerator.classify(images())) == len(images())


def test_another_board_gets_no_bitstream(
    package: Package, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    pynq = install()
    monkeypatch.setenv("BOARD", "Ultra96")
    with pytest.raises(WrongBoardError, match=r"is for board Pynq-Z2, this is Ultra96"):
        Accelerator(package)
    with pytest.raises(WrongBoardError, match=r"is for board Pynq-Z2, this is Pynq-Z1"):
        Accelerator(package, board="Pynq-Z1")
    assert pynq.overlays == []
    Accelerator(package, board="Pynq-Z2").close()  # whoever names the board knows better than the system


def test_the_self_test_takes_the_name_too(
    package: Package, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install()
    assert main([str(package.path)]) == 2
    assert "WrongBoardError: " in capsys.readouterr().err
    assert main([str(package.path), "--board", "Pynq-Z2"]) == 0
    assert '"frames": 6' in capsys.readouterr().out


def test_a_package_without_bitstream(tmp_path: Path, install: Install) -> None:
    pynq = install()
    with pytest.raises(BitstreamError, match="holds no bitstream; run `rbonn bitstream`"):
        Accelerator(write_toy(tmp_path), board="Pynq-Z2")
    assert pynq.overlays == []


def test_registers_that_pynq_finds_elsewhere(package: Package, install: Install) -> None:
    pynq = install(base_address=0x4000_0000)
    with pytest.raises(HandoffError, match=r"pynq finds rbonn_shell_0 at \(1073741824, 4096\)"):
        Accelerator(package, board="Pynq-Z2")
    assert pynq.overlays[0].freed


def test_a_clock_that_is_too_fast(package: Package, install: Install) -> None:
    pynq = install(clock_mhz=101.5)
    with pytest.raises(ClockError, match=r"runs at 101\.5 MHz, the design is built for 100\.0 MHz"):
        Accelerator(package, board="Pynq-Z2")
    assert pynq.overlays[0].freed
    install(clock_mhz=90.9)
    with Accelerator(package, board="Pynq-Z2") as accelerator:
        assert accelerator.clock_mhz == 90.9


@pytest.mark.parametrize(("wanted", "most"), [(25.0, 25.25), (200.0, 202.0)])
def test_the_clock_may_be_too_fast_by_a_share(
    wanted: float, most: float, install: Install, tmp_path: Path
) -> None:
    build = write_build(tmp_path / "build", clk_period_ns=1000.0 / wanted)
    package = write_package(build, content(bitstream=bitstream()), tmp_path / "toy.zip")
    install(clock_mhz=most)
    Accelerator(package, board="Pynq-Z2").close()
    install(clock_mhz=1.002 * most)
    with pytest.raises(ClockError, match=f"the design is built for {wanted} MHz"):
        Accelerator(package, board="Pynq-Z2")
