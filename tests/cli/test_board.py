"""``rbonn board``: the unmodified driver of a package on the virtual board."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.api.virtual_board import run_virtual
from rbonn_hw.cli import main
from rbonn_hw.errors import MismatchError, ToolError
from rbonn_hw.host import Package
from rbonn_hw.results import write_text
from rbonn_hw.sim.shell import open_shell
from rbonn_hw.sim.shell_server import serving
from rbonn_hw.soc.pynq_venv import pynq_python
from rbonn_hw.soc.virtual_design import unpack, unpack_design
from rbonn_hw.toolchain import run_tool
from tests.cli.pixel_network import compile_pixels, package_pixels, save_pixel_network
from tests.host.packages import metadata, repacked

pytestmark = [pytest.mark.slow, pytest.mark.verilator]
FRAMES = 24


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return package_pixels(compile_pixels(tmp_path_factory.mktemp("pixels")), FRAMES)


@pytest.mark.parametrize("release", ["3.0.1", "4.0.0"])
def test_the_driver_runs_under_the_pynq_of_the_images_and_under_the_newest(
    package: Package, release: str
) -> None:
    report = run_virtual(package, release=release)
    assert report["software"]["pynq"] == release
    assert report["cycles"] == report["expected_cycles"] == package.self_test.cycles
    assert report["clock_mhz"] == 100.0


def test_the_virtual_board_answers_as_the_accelerator_alone(
    package: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_virtual(package)
    assert (report["frames"], report["jobs"]) == (FRAMES, 1)
    assert report["cycles"] == report["expected_cycles"] == package.self_test.cycles
    assert (report["in_stalls"], report["out_stalls"], report["clock_mhz"]) == (0, 0, 100.0)

    many = run_virtual(package, options=["--buffer-frames", "7"])
    assert (many["frames"], many["jobs"]) == (FRAMES, 4)
    assert many["cycles"] > report["cycles"], "each job begins with an empty accelerator"

    assert main(["board", "--virtual", str(package.path), "--stall", "0.4"]) == 0
    said = capsys.readouterr().out
    assert "24 frames, every integer as recorded (simulated board)" in said
    assert "pynq 3.0.1, NumPy 1.2" in said


ONE_AFTER_ANOTHER = """
import json, sys, time
from pathlib import Path
from rbonn_host import Accelerator, Package
from rbonn_host.selftest import run_self_test
from rbonn_host.virtual import VirtualDevice
for number in range(int(sys.argv[2])):
    turn = Path(sys.argv[1]) / str(number)
    while not turn.with_suffix(".ready").exists():
        time.sleep(0.05)
    address, base, size = turn.with_suffix(".ready").read_text().split()
    package = Package.open(turn)
    device = VirtualDevice(address, int(base), int(size), package.board)
    with Accelerator(package, device=device) as accelerator:
        cycles = run_self_test(accelerator).cycles
    turn.with_suffix(".done").touch()
    print(json.dumps([package.network, cycles]))
"""


def test_packages_one_after_another_in_one_process(package: Package, tmp_path: Path) -> None:
    """Under pynq 3.0, which closes its device with every overlay; each simulation lives for its turn."""
    network = save_pixel_network(tmp_path / "small.onnx", channels=1, size=4, classes=2)
    assert main(["compile", str(network), "--out", str(tmp_path / "small")]) == 0
    turns = (package, package_pixels(tmp_path / "small", 3), package)
    command: list[str | Path] = [
        pynq_python(print, "3.0.1"),
        "-c",
        ONE_AFTER_ANOTHER,
        tmp_path,
        str(len(turns)),
    ]
    for number, one in enumerate(turns):
        unpack(one.files, tmp_path / str(number))
    with ThreadPoolExecutor(1) as pool:
        driver = pool.submit(run_tool, command, install_hint="", cwd=tmp_path / "0")
        for number, one in enumerate(turns):
            with open_shell(unpack_design(one)) as model, serving(model) as address:
                where = f"{address} {model.base_address} {len(model.memory)}"
                write_text(tmp_path / f"{number}.ready", where)
                while not (tmp_path / f"{number}.done").exists() and not driver.done():
                    time.sleep(0.05)
        found = [json.loads(line) for line in driver.result().splitlines()]
    assert found == [[one.network, one.self_test.cycles] for one in turns]
    assert found[0][0] != found[1][0]


def changed(package: Package, **changes: Any) -> Package:
    """Return the package with other metadata."""
    return Package.open(repacked(package, metadata(package, **changes)))


def test_a_package_of_another_network_or_build(package: Package) -> None:
    with pytest.raises(ToolError, match="IdentityError: the hardware holds network"):
        run_virtual(changed(package, network=7))
    with pytest.raises(MismatchError, match="recorded 1, and memory stalled none"):
        run_virtual(changed(package, self_test={"frames": FRAMES, "cycles": 1}))


def test_bad_arguments(package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: str) -> str:
        assert main(["board", "--virtual", *arguments]) == 2
        return capsys.readouterr().err

    assert "cannot be read" in refused(str(tmp_path / "none.zip"))
    assert "pynq 2.7 is none of 3.0.1" in refused(str(package.path), "--pynq", "2.7")
    assert "stall: 1.0 must lie in" in refused(str(package.path), "--stall", "1")
    assert "buffer_frames=0 must be at least 1" in refused(str(package.path), "--buffer-frames", "0")
