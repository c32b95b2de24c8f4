"""``rbonn package``: what is recorded of a compiled network, and what is refused."""

import pkgutil
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.compiler import golden
from rbonn_hw.host import Package
from rbonn_hw.results import write_result
from rbonn_hw.sim.accelerator import simulate
from rbonn_hw.soc.sources import rtl_hash
from tests.cli.pixel_network import compile_pixels, package_pixels
from tests.full_disk import files_of_at_most
from tests.host.packages import bitstream

pytestmark = [pytest.mark.slow, pytest.mark.verilator]
FRAMES = 24


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_pixels(tmp_path_factory.mktemp("pixels"))


@pytest.fixture(scope="module")
def package(build_dir: Path) -> Package:
    return package_pixels(build_dir, FRAMES)


def test_package_records_what_the_accelerator_alone_answers(build_dir: Path, package: Package) -> None:
    recorded = package.self_test
    integers = golden.to_integers(build_dir, recorded.images.astype(np.float32))
    np.testing.assert_array_equal(package.images.integers(recorded.images), integers)
    alone = simulate(build_dir, integers)
    np.testing.assert_array_equal(recorded.integers, alone.outputs)
    assert recorded.cycles == alone.cycles
    assert len(np.unique(recorded.classes)) > 1, "a self-test of one class would show little"
    assert recorded.images.shape == (FRAMES, 2, 6, 6)
    assert (package.name, package.answer.labels) == ("pixels", ("0", "1", "2"))


def test_equal_contents_are_equal_bytes(build_dir: Path, package: Package, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    pack = ["package", str(build_dir), "--name", "pixels", "--frames", str(FRAMES)]
    assert main([*pack, "--out", str(again)]) == 0
    assert again.read_bytes() == package.path.read_bytes()


def test_a_disk_that_fills_keeps_the_former_package(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["package", str(build_dir), "--out", str(tmp_path / "pixels.zip")]
    assert main([*words, "--frames", "2"]) == 0
    before = (tmp_path / "pixels.zip").read_bytes()
    with files_of_at_most(3000):
        assert main([*words, "--frames", "3"]) == 2

    assert "Traceback" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["pixels.zip"]
    assert (tmp_path / "pixels.zip").read_bytes() == before


def test_a_bitstream_of_other_rtl_is_packed_only_if_it_is_named(
    build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    build = tmp_path / "build"
    shutil.copytree(build_dir, build)
    (build / "accelerator.bit").write_bytes(bitstream())
    write_result(build / "bitstream.json", {"rtl": rtl_hash(build)}, {})
    words = ["package", str(build), "--frames", "2", "--out", str(tmp_path / "mine.zip")]
    assert main(words) == 0
    assert not caplog.text
    before = (tmp_path / "mine.zip").read_bytes()
    assert Package.open(tmp_path / "mine.zip").has_bitstream
    memory = next((build / "rtl").glob("*weight*.mem"))
    memory.write_text(f"{memory.read_text()}// edited\n")

    assert main(words) == 2

    assert f"{build / 'accelerator.bit'} was made of other RTL" in capsys.readouterr().err
    assert (tmp_path / "mine.zip").read_bytes() == before
    assert main([*words, "--bit", str(build / "accelerator.bit")]) == 0
    assert f"{memory} was changed since it was compiled" in caplog.text


def test_frames_and_labels_of_the_user(build_dir: Path, tmp_path: Path) -> None:
    frames = np.random.default_rng(5).integers(0, 256, (9, 2, 6, 6)).astype(np.uint8)
    np.savez(tmp_path / "frames.npz", frames=frames)
    (tmp_path / "labels.txt").write_text("cat\n\n dog \neel\n")
    out = tmp_path / "new" / "mine.zip"
    options = [
        "--data",
        str(tmp_path / "frames.npz"),
        "--frames",
        "7",
        "--labels",
        str(tmp_path / "labels.txt"),
    ]
    assert main(["package", str(build_dir), "--out", str(out), *options]) == 0

    package = Package.open(out)
    assert (package.name, package.answer.labels) == ("mine", ("cat", "dog", "eel"))
    np.testing.assert_array_equal(package.self_test.images, frames[:7])


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        (
            "rbonn_hw.host.frames.FrameTable.integers",
            lambda x: np.roll(x, 1, axis=1),
            "driver's table of the input",
        ),
        ("rbonn_hw.host.answer.Answer.outputs", lambda x: x + 1, "what the driver makes of them"),
        ("rbonn_hw.host.answer.Answer.classes", lambda x: (x + 1) % 3, "what the driver makes of them"),
        (
            "rbonn_hw.sim.accelerator.simulate",
            lambda result: replace(result, outputs=result.outputs + 1),
            "the accelerator's answers to the self-test are not the network's",
        ),
    ],
)
def test_what_is_not_the_network_is_not_packed_and_blamed_rightly(
    name: str,
    change: Callable[[Any], Any],
    complaint: str,
    build_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, _, attribute = name.rpartition(".")
    owner = pkgutil.resolve_name(module)
    real = getattr(owner, attribute)
    monkeypatch.setattr(owner, attribute, lambda *arguments: change(real(*arguments)))

    assert main(["package", str(build_dir), "--out", str(tmp_path / "x.zip"), "--frames", "6"]) == 1
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


def test_bad_arguments(build_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: str, folder: Path = build_dir) -> str:
        assert main(["package", str(folder), "--out", str(tmp_path / "x.zip"), *arguments]) == 2
        return capsys.readouterr().err

    assert "--frames 0 must be at least 1" in refused("--frames", "0")
    assert "board 'Pynq-Z9' is not known" in refused("--board", "Pynq-Z9")
    assert "give the .bit that was built" in refused("--bit", str(tmp_path / "none.bit"))
    (tmp_path / "short.bit").write_bytes(b"\0\x09")
    assert "a .bit file starts with" in refused("--bit", str(tmp_path / "short.bit"))
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    assert "2 labels for 3 classes" in refused("--labels", str(tmp_path / "labels.txt"))
    np.savez(tmp_path / "floats.npz", frames=np.zeros((2, 2, 6, 6)))
    assert "frames are float64; give a NumPy array of uint8" in refused(
        "--data", str(tmp_path / "floats.npz")
    )
    assert "expected a .npz" in refused("--data", str(tmp_path / "labels.txt"))
    assert "run `rbonn compile" in refused(folder=tmp_path)
    assert not (tmp_path / "x.zip").exists()
