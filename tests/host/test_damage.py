"""Packages damaged at random and on purpose: each is refused by name, or is the same package after all."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.cli import main
from rbonn_hw.errors import ConfigError
from rbonn_hw.host import HostError, Package
from rbonn_hw.host import manifest as manifests
from rbonn_hw.host.errors import PackageError
from rbonn_hw.soc.virtual_design import unpack_design
from tests.host.packages import bitstream, metadata, repacked, write_toy, write_zip

WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 7, 10**40, 1.5, 1e308, float("inf"), float("nan"), "", "x", "\ud800", [], [[]], [None],
    [-1], ["x"], [1e400], {}, {"x": 1},
)  # fmt: skip
Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write_toy(tmp_path_factory.mktemp("toy"), bitstream=bitstream())


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return the content with a bit flipped, a piece missing, doubled or overwritten, or cut off."""
    at = rng.randrange(len(content))
    length = min(rng.choice((1, 4, 64, 1000)), len(content) - at)
    match rng.randrange(6):
        case 0:
            return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
        case 1:
            return content[:at]
        case 2:
            return content[:at] + content[at + length :]
        case 3:
            return content[: at + length] + content[at:]
        case 4:
            return content[:at] + bytes(length) + content[at + length :]
        case _:
            return content[:at] + rng.randbytes(length) + content[at + length :]


def test_bytes_of_the_zip(package: Package, tmp_path: Path) -> None:
    rng, raw, refused = random.Random(0), package.path.read_bytes(), 0
    path = tmp_path / "x.zip"
    for _ in range(250):
        path.write_bytes(damaged(raw, rng))
        try:
            same = Package.open(path)
        except HostError:
            refused += 1
        else:
            assert same.files == package.files, "damage that is not seen"
    assert refused > 180


@pytest.mark.parametrize(
    "name", ["metadata.json", "accelerator.hwh", "accelerator.bit", "selftest/images.npy"]
)
def test_bytes_of_a_file_that_the_manifest_confirms(package: Package, name: str) -> None:
    """Whoever made the manifest, the file is still read with care."""
    rng = random.Random(1)
    for _ in range(40):
        changed = damaged(package.files[name], rng)
        try:
            Package.open(repacked(package, {name: changed}))
        except HostError:
            continue


def test_bytes_of_the_manifest(package: Package, tmp_path: Path) -> None:
    rng = random.Random(2)
    for _ in range(60):
        changed = damaged(package.files[manifests.NAME], rng)
        path = write_zip(tmp_path / "x.zip", {**package.files, manifests.NAME: changed})
        try:
            assert Package.open(path).name == package.name  # its author, or white space
        except HostError:
            continue


def places(document: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every field of a document; of long lists the first only."""
    if path:
        yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    if isinstance(document, list) and document:
        yield from places(document[0], (*path, 0))


def replaced(document: Any, path: Path_, value: Any) -> Any:
    """Return a copy of the document with another value there."""
    copy = json.loads(json.dumps(document))
    node = copy
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return copy


def test_fields_of_every_wrong_type(package: Package) -> None:
    document = json.loads(package.files["metadata.json"])
    cases = [(path, value) for path in places(document) for value in WRONG]
    for path, value in random.Random(3).sample(cases, 350):
        content = json.dumps(replaced(document, path, value)).encode()
        changed = repacked(package, {"metadata.json": content})
        try:
            opened = Package.open(changed)
            opened.answer.classes(opened.self_test.integers)
            opened.images.integers(opened.self_test.images)
        except HostError:
            continue


def test_fields_of_the_design(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    document = json.loads(package.files["design/compile.json"])
    cases = [(path, value) for path in places(document) for value in WRONG]
    for path, value in random.Random(4).sample(cases, 100):
        content = json.dumps(replaced(document, path, value)).encode()
        opened = Package.open(repacked(package, {"design/compile.json": content}))
        try:
            unpack_design(opened)
        except ConfigError:
            continue


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"register_map": {"span_bytes": 4096, "registers": []}},
            r"register_map: registers: is \[\], expected an obj",
        ),
        ({"register_map": []}, "register_map: is .*, expected an object"),
        ({"input": {"shape": [4, 3, 2], "beats": float("inf")}}, "input: has no 'dtype'"),
        ({"clock_mhz": float("nan")}, r"clock_mhz is nan, expected a number up to 1e\+28"),
        ({"clock_mhz": -1.0}, r"clock_mhz is -1\.0, expected a clock up to 1000\.0 MHz"),
        ({"network": 1 << 32}, "network is 4294967296, expected an integer in 0"),
        ({"name": 5}, "name is 5, expected a text"),
        ({"self_test": {"frames": 6, "cycles": True}}, "self_test: cycles is True, expected an integer"),
    ],
)
def test_fields_by_name(package: Package, change: dict[str, Any], message: str) -> None:
    with pytest.raises(PackageError, match=rf"metadata\.json: {message}"):
        Package.open(repacked(package, metadata(package, **change)))


@pytest.mark.parametrize(
    ("offset", "message"), [(18, "expected a multiple of 4"), (4096, r"expected an integer in 0 \.\. 4092")]
)
def test_offsets_of_registers(package: Package, offset: int, message: str) -> None:
    register_map = json.loads(package.files["metadata.json"])["register_map"]
    register_map["registers"]["STATUS"]["offset"] = offset
    with pytest.raises(PackageError, match=f"STATUS: offset is {offset}, {message}"):
        Package.open(repacked(package, metadata(package, register_map=register_map)))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("beats", float("inf"), "beats is inf, expected an integer in 1"),
        ("beats", 13, "lanes times beats must be the 24 elements"),
        ("shape", [1 << 20, 1 << 20], "expected 1 to 8 sizes with at most"),
        ("shape", [4, 3, 0], "shape is 0, expected an integer in 1"),
        ("bits", 33, "bits is 33, expected an integer in 1 .. 32"),
        ("bits", 2, "pixels leave the input's range"),
        ("signed", 0, "signed is 0, expected true or false"),
    ],
)
def test_streams_that_are_none(package: Package, field: str, value: Any, message: str) -> None:
    stream = {**json.loads(package.files["metadata.json"])["input"], field: value}
    with pytest.raises(PackageError, match=message):
        Package.open(repacked(package, metadata(package, input=stream)))


def test_arrays_that_do_not_fit(package: Package) -> None:
    files = package.files
    for change, message in (
        ({"selftest/images.npy": b""}, r"images\.npy: is no \.npy file"),
        ({"selftest/images.npy": files["selftest/integers.npy"]}, "do not fit each other"),
        ({"selftest/classes.npy": files["selftest/integers.npy"]}, "classes of the self-test"),
    ):
        with pytest.raises(PackageError, match=message):
            Package.open(repacked(package, change))


def test_sources_that_lie_elsewhere(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for listing in (b"/etc/passwd\n", b"../compile.json\n", b"accelerator.v other.v", b"", b"\xff"):
        opened = Package.open(repacked(package, {"design/rtl/sources.txt": listing}))
        with pytest.raises(ConfigError, match=r"changed\.zip: its design (is made of|cannot be read)"):
            unpack_design(opened)
    assert not (tmp_path / "cache").exists()


def test_damaged_packages_on_the_command_line(
    package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`board` and `deploy` end with 2 and one line, whatever it is."""
    rng, raw = random.Random(5), package.path.read_bytes()
    path = tmp_path / "x.zip"
    contents = [b"", b"PK", raw[:-30], *(damaged(raw, rng) for _ in range(12))]
    for content in contents:
        path.write_bytes(content)
        try:
            Package.open(path)
        except HostError:
            for words in (["board", "--virtual", str(path)], ["deploy", "root@nowhere.invalid", str(path)]):
                assert main(words) == 2
                assert capsys.readouterr().err.startswith(f"rbonn {words[0]}: ")
