"""Frames as a user has them: arrays, images of any mode and size, folders; and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rbonn_hw.api.given_frames import given_frames
from rbonn_hw.cli import main
from rbonn_hw.errors import ConfigError, DatasetError
from tests.cli.mlp_build import compile_mlp
from tests.cli.pixel_network import compile_pixels, save_pixel_network


@pytest.fixture(scope="module")
def colour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colour")
    network = save_pixel_network(folder / "net.onnx", channels=3)
    assert main(["compile", str(network), "--out", str(folder / "build"), "--target-cycles", "400"]) == 0
    return folder / "build"


@pytest.fixture(scope="module")
def two_channels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_pixels(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_mlp(tmp_path_factory.mktemp("vectors"))


def _frames(build_dir: Path, *data: Path, count: int | None = None) -> Any:
    return given_frames(build_dir, data, count=count, data_dir=None).frames


def _picture(path: Path, mode: str, size: tuple[int, int], colour: Any) -> Path:
    Image.new(mode, size, colour).save(path)
    return path


def test_images_of_any_mode_and_size(colour: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    _picture(tmp_path / "a.png", "RGB", (6, 6), (10, 20, 30))
    _picture(tmp_path / "b.jpg", "L", (40, 13), 128)
    _picture(tmp_path / "c.png", "RGBA", (9, 9), (100, 50, 25, 255))
    _picture(tmp_path / "inner" / "d.png", "P", (3, 5), 0)
    (tmp_path / "notes.txt").write_text("no image")

    frames = _frames(colour, tmp_path)

    assert (frames.shape, frames.dtype) == ((4, 3, 6, 6), np.uint8)
    assert [frame[:, 0, 0].tolist() for frame in frames[[0, 2, 3]]] == [
        [10, 20, 30],
        [100, 50, 25],
        [0, 0, 0],
    ]
    assert abs(int(frames[1].astype(int).mean()) - 128) < 2
    np.testing.assert_array_equal(_frames(colour, tmp_path, count=2), frames[:2])
    np.testing.assert_array_equal(_frames(colour, tmp_path / "c.png", tmp_path / "a.png"), frames[[2, 0]])


def test_arrays(two_channels: Path, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 2, 6, 6)).astype(np.uint8)
    np.save(tmp_path / "many.npy", frames)
    np.save(tmp_path / "one.npy", frames[1])
    np.savez(tmp_path / "named.npz", frames=frames, labels=np.array([2, 0, 1]))

    np.testing.assert_array_equal(_frames(two_channels, tmp_path / "many.npy"), frames)
    np.testing.assert_array_equal(_frames(two_channels, tmp_path / "many.npy", count=1), frames[:1])
    np.testing.assert_array_equal(_frames(two_channels, tmp_path / "one.npy"), frames[1:2])
    given = given_frames(two_channels, [tmp_path / "named.npz"], count=2, data_dir=None)
    np.testing.assert_array_equal(given.frames, frames[:2])
    assert given.labels is not None
    assert given.labels.tolist() == [2, 0]


def test_a_data_set_by_name(two_channels: Path) -> None:
    given = given_frames(two_channels, [Path("digits")], count=5, data_dir=None)
    assert given.frames.shape == (5, 1, 8, 8)
    assert given.labels is not None
    assert len(given.labels) == 5
    with pytest.raises(DatasetError, match="did you mean 'cifar10'"):
        given_frames(two_channels, [Path("cifar")], count=5, data_dir=None)


def test_images_for_networks_that_take_none(
    colour: Path, two_channels: Path, vectors: Path, tmp_path: Path
) -> None:
    image = _picture(tmp_path / "a.png", "RGB", (6, 6), (1, 2, 3))
    with pytest.raises(DatasetError, match=r"1 or 3 channels.*takes uint8 \[2, 6, 6\].*\.npy"):
        _frames(two_channels, image)
    with pytest.raises(DatasetError, match=r"takes uint8 \[12\]"):
        _frames(vectors, image)


BAD: dict[str, tuple[Callable[[Path], list[Path]], str]] = {
    "absent": (lambda folder: [folder / "absent.png"], "absent.png does not exist"),
    "empty folder": (lambda folder: [folder / "empty"], "holds no image"),
    "text": (lambda folder: [folder / "words.txt"], r"\.txt is not one of"),
    "damaged image": (lambda folder: [folder / "damaged.png"], "1 of 1 files cannot be read as images"),
    "damaged array": (lambda folder: [folder / "half.npy"], "cannot be read.*expected a .npy"),
    "objects": (lambda folder: [folder / "objects.npy"], "cannot be read"),
    "text array": (lambda folder: [folder / "text.npy"], "frames are <U1"),
    "nan": (lambda folder: [folder / "nan.npy"], "frame 1 holds NaN"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_data(name: str, colour: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("no")
    _picture(tmp_path / "good.png", "RGB", (50, 50), (1, 2, 3))
    (tmp_path / "damaged.png").write_bytes((tmp_path / "good.png").read_bytes()[:40])
    np.save(tmp_path / "good.npy", np.zeros((2, 3, 6, 6)))
    (tmp_path / "half.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:600])
    np.save(tmp_path / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    np.save(tmp_path / "nan.npy", np.stack([np.zeros((3, 6, 6)), np.full((3, 6, 6), np.nan)]))
    make, message = BAD[name]
    with pytest.raises(DatasetError, match=message):
        _frames(colour, *make(tmp_path))


def test_arrays_beside_other_data(colour: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one file of arrays, or images alone"):
        _frames(colour, tmp_path / "a.npz", tmp_path / "b.png")


def test_frames_of_another_shape(colour: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "small.npy", np.zeros((2, 3, 5, 5), np.uint8))
    assert main(["verify", str(colour), "--data", str(tmp_path / "small.npy"), "--levels", "qonnx,finn"]) == 2
    message = capsys.readouterr().err
    assert "[2, 3, 5, 5]" in message
    assert "[n, 3, 6, 6]" in message
