"""``rbonn package`` and ``rbonn board``: a compiled network, the unmodified driver, a virtual board."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.cli.board import run_virtual
from rbonn_hw.compiler.golden import to_integers
from rbonn_hw.errors import MismatchError, ToolError
from rbonn_hw.host import Package
from rbonn_hw.sim.accelerator import simulate
from tests.cli.pixel_network import save_pixel_network

pytestmark = [pytest.mark.slow, pytest.mark.verilator]
FRAMES = 24


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pixels")
    network = save_pixel_network(folder / "pixels.onnx")
    assert main(["compile", str(network), "--out", str(folder / "build"), "--target-cycles", "400"]) == 0
    return folder / "build"


@pytest.fixture(scope="module")
def package(build_dir: Path) -> Package:
    out = build_dir / "pixels.zip"
    assert main(["package", str(build_dir), "--out", str(out), "--frames", str(FRAMES)]) == 0
    return Package.open(out)


def test_package_records_what_the_accelerator_alone_answers(build_dir: Path, package: Package) -> None:
    recorded = package.self_test
    integers = to_integers(build_dir, recorded.images.astype(np.float32))
    np.testing.assert_array_equal(package.images.integers(recorded.images), integers)
    alone = simulate(build_dir, integers)
    np.testing.assert_array_equal(recorded.integers, alone.outputs)
    assert recorded.cycles == alone.cycles
    assert len(np.unique(recorded.classes)) > 1, "a self-test of one class would show little"
    assert (package.name, package.answer.labels) == ("pixels", ("0", "1", "2"))


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
    assert "24 frames, every integer as recorded (simulated board)" in capsys.readouterr().out


def changed(package: Package, **changes: Any) -> Package:
    """Return the package with other metadata in its files."""
    document = json.loads(package.files["metadata.json"]) | changes
    return replace(package, files=package.files | {"metadata.json": json.dumps(document).encode()})


def test_a_package_of_another_network_or_build(package: Package) -> None:
    with pytest.raises(ToolError, match="IdentityError: the hardware holds network"):
        run_virtual(changed(package, network=7))
    with pytest.raises(MismatchError, match="recorded 1, and memory stalled none"):
        run_virtual(changed(package, self_test={"frames": FRAMES, "cycles": 1}))


def test_bad_arguments(
    build_dir: Path, package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: str) -> str:
        assert main(list(arguments)) == 2
        return capsys.readouterr().err

    assert "cannot be read" in refused("board", "--virtual", str(tmp_path / "none.zip"))
    assert "--stall 1.0 must lie in" in refused("board", "--virtual", str(package.path), "--stall", "1")
    assert "buffer_frames=0 must be at least 1" in refused(
        "board", "--virtual", str(package.path), "--buffer-frames", "0"
    )
    pack = ("package", str(build_dir), "--out", str(tmp_path / "x.zip"))
    assert "--frames 0 must be at least 1" in refused(*pack, "--frames", "0")
    assert "board 'Pynq-Z9' is not known" in refused(*pack, "--board", "Pynq-Z9")
    assert "give the .bit that was built" in refused(*pack, "--bit", str(tmp_path / "none.bit"))
    (tmp_path / "short.bit").write_bytes(b"\0\x09")
    assert "a .bit file starts with" in refused(*pack, "--bit", str(tmp_path / "short.bit"))
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    assert "has 2 labels, the network 3 classes" in refused(*pack, "--labels", str(tmp_path / "labels.txt"))
    np.savez(tmp_path / "floats.npz", frames=np.zeros((2, 2, 6, 6)))
    assert "frames are float64 [2, 2, 6, 6]" in refused(*pack, "--data", str(tmp_path / "floats.npz"))
    assert "expected a .npz" in refused(*pack, "--data", str(tmp_path / "labels.txt"))
    assert "run `rbonn compile" in refused("package", str(tmp_path), "--out", str(tmp_path / "x.zip"))
    assert not (tmp_path / "x.zip").exists()
