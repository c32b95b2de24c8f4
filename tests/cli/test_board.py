"""``rbonn board``: the unmodified driver of a package on the virtual board."""

from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.cli import main
from rbonn_hw.cli.board import run_virtual
from rbonn_hw.errors import MismatchError, ToolError
from rbonn_hw.host import Package
from tests.cli.pixel_network import compile_pixels, package_pixels
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
    assert "--stall 1.0 must lie in" in refused(str(package.path), "--stall", "1")
    assert "buffer_frames=0 must be at least 1" in refused(str(package.path), "--buffer-frames", "0")
