"""rbonn_hw/host/package.py, bitfile.py, handoff.py: packages that are not right."""

import ast
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rbonn_hw.host
from rbonn_hw.host import Package
from rbonn_hw.host.bitfile import read_bit_header, same_device
from rbonn_hw.host.errors import BitstreamError, HandoffError, PackageError, WrongBoardError
from tests.host.packages import (
    PART,
    answers,
    bitstream,
    images,
    integers,
    metadata,
    repacked,
    write_toy,
)

SOURCES = sorted(Path(rbonn_hw.host.__file__).parent.glob("*.py"))


def test_a_package_says_what_was_put_in(tmp_path: Path) -> None:
    package = write_toy(tmp_path, bitstream=bitstream())
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(tmp_path / "folder")
    for found in (package, Package.open(tmp_path / "folder")):
        assert (found.name, found.board, found.part, found.clock_mhz) == ("toy", "Pynq-Z2", PART, 100.0)
        assert (found.network, found.base_address) == (0xC0FFEE00, 0x43C0_0000)
        assert (found.input.shape, found.input.bits, found.output.signed) == ((4, 3, 2), 3, True)
        assert found.has_bitstream
        np.testing.assert_array_equal(found.images.integers(images()), integers(images()))
        np.testing.assert_array_equal(found.self_test.integers, answers(integers(images())))
        assert found.answer.labels == ("cat", "dog", "eel")


def test_a_missing_or_foreign_file(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"none\.zip: cannot be read"):
        Package.open(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(PackageError, match=r"text\.zip: cannot be read"):
        Package.open(tmp_path / "text.zip")
    with pytest.raises(PackageError, match=r"no manifest\.json, so it is no package or an old one"):
        Package.open(tmp_path)


def test_incomplete_metadata(tmp_path: Path) -> None:
    package = write_toy(tmp_path)
    images = json.loads(package.files["metadata.json"])["images"]
    for change, message in (
        (metadata(package, answer={}), r"metadata\.json: answer: has no 'kind'"),
        ({"metadata.json": b"{"}, r"metadata\.json: cannot be read"),
        ({"metadata.json": b"[" * 100_000}, r"metadata\.json: cannot be read"),
        ({"metadata.json": b"[]"}, r"metadata\.json: is \[\], expected an object"),
        ({"metadata.json": None}, r"has no metadata\.json"),
        (metadata(package, images={**images, "axes": [0, 1]}), "expected an order of the axes of"),
        (metadata(package, images={**images, "table": [0] * 9}), "table of .* does not fit frames"),
        (metadata(package, images={**images, "kind": "jpeg"}), "expected uint8 or integers or floats"),
        ({"selftest/images.npy": None}, r"has no selftest/images\.npy"),
    ):
        with pytest.raises(PackageError, match=message):
            Package.open(repacked(package, change))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("images", lambda array: array.reshape(-1, 24), r"\(images of the self-test\)"),
        ("images", lambda array: array.transpose(0, 1, 3, 2), r"\(images of the self-test\)"),
        ("integers", lambda array: array[:, :, None], r"\(integers of the self-test\)"),
        ("integers", lambda array: array.astype(np.float64), r"\(type of the self-test's integers\)"),
        ("outputs", lambda array: array[1:], r"\(outputs of the self-test\)"),
        ("classes", lambda array: array[:, None], r"\(classes of the self-test\)"),
        ("", lambda array: array[:0], r"\(classes of the self-test\)"),
    ],
)
def test_a_self_test_that_does_not_fit(
    name: str, change: Callable[[Any], Any], message: str, tmp_path: Path
) -> None:
    package = write_toy(tmp_path)
    changes: dict[str, bytes | None] = {}
    for one in [name] if name else ["images", "integers", "outputs", "classes"]:
        content = io.BytesIO()
        np.save(content, np.ascontiguousarray(change(getattr(package.self_test, one))))
        changes[f"selftest/{one}.npy"] = content.getvalue()
    with pytest.raises(PackageError, match=message):
        Package.open(repacked(package, changes))


def test_a_handoff_that_does_not_match(tmp_path: Path) -> None:
    package = write_toy(tmp_path)
    for old, new, message in (
        (b'DEVICE="7z020"', b'DEVICE="7z010"', "is for xc7z010clg400-1, the package for xc7z020"),
        (b"0x43C00000", b"0x43C01000", "puts rbonn_shell_0 at 0x43c01000 with 0 bytes"),
        (b"0x43C0", b"0x43C1", "puts rbonn_shell_0 at 0x43c10000 with 4096 bytes"),
        (b'INSTANCE="rbonn_shell_0"', b'INSTANCE="dma_0"', "maps no registers of 'rbonn_shell_0'"),
        (b"SYSTEMINFO", b"OTHER", "has no SYSTEMINFO"),
        (b"</EDKSYSTEM>", b"", "is not XML"),
        (b"0x43C00000", b"here", "'here' is no address"),
        (b"<EDKSYSTEM", b'<!DOCTYPE x [<!ENTITY a "&a;">]><EDKSYSTEM', "declares entities"),
    ):
        changed = package.files["accelerator.hwh"].replace(old, new)
        with pytest.raises(HandoffError, match=message):
            Package.open(repacked(package, {"accelerator.hwh": changed}))
    with pytest.raises(PackageError, match=r"has no accelerator\.hwh"):
        Package.open(repacked(package, {"accelerator.hwh": None}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bitstream()[:-1], r"holds 1999 bytes of configuration, its header says 2000; .* truncated"),
        (bitstream() + b"\0", "holds 2001 bytes of configuration, its header says 2000"),
        (bitstream()[:60], "its header breaks off"),
        (b"", "starts with nothing"),
        (bitstream()[100:], "a .bit file starts with"),
        (bitstream().replace(bytes.fromhex("aa995566"), bytes(4)), "no synchronization word"),
    ],
)
def test_a_damaged_bitstream(content: bytes, message: str) -> None:
    with pytest.raises(BitstreamError, match=message):
        read_bit_header(content, "x.bit")


def test_a_bitstream_for_another_device(tmp_path: Path) -> None:
    package = write_toy(tmp_path, bitstream=bitstream())
    path = repacked(package, {"accelerator.bit": bitstream("7z010clg400")})
    with pytest.raises(WrongBoardError, match=r"is for 7z010clg400, the design for xc7z020clg400-1"):
        Package.open(path)


def test_tools_spell_parts_differently() -> None:
    assert same_device("7z020clg400", "xc7z020clg400-1")
    assert same_device("xc7z020clg400-1", "XC7Z020CLG400-2")
    assert not same_device("7z020clg484", "xc7z020clg400-1")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_driver_stands_alone_and_is_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    allowed = {"numpy", "pynq", "pynqmetadata", "__future__"}
    standard = {
        "argparse", "collections", "dataclasses", "functools", "hashlib", "json", "math", "os", "pathlib",
        "re", "socket", "stat", "struct", "sys", "tempfile", "threading", "time", "types", "typing", "xml",
        "zipfile", "zlib",
    }  # fmt: skip
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add((node.module or "").split(".")[0])
    assert imported <= allowed | standard
    assert (
        path.name in ("__init__.py", "errors.py") or "from __future__ import annotations" in path.read_text()
    )
