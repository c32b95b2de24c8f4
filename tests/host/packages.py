"""Packages of an accelerator that never was: what it answers is written down here."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.host import manifest
from rbonn_hw.host.answer import Answer
from rbonn_hw.host.frames import FrameTable
from rbonn_hw.host.manifest import Manifest
from rbonn_hw.host.package import Package
from rbonn_hw.host.tail import INPUT, Tail
from rbonn_hw.packing import Ints
from rbonn_hw.soc.package import PackageContent, Recorded, write_package
from rbonn_hw.spec.boards import board

PART = "xc7z020clg400-1"
COMPILED: dict[str, Any] = {
    "top": "accelerator",
    "part": PART,
    "clk_period_ns": 10.0,
    "input": {"shape": [4, 3, 2], "dtype": "UINT3", "lanes": 2, "beats": 12},
    "output": {"shape": [3], "dtype": "INT12", "lanes": 1, "beats": 3},
    "probes": [],
    "key": "c0ffee0012345678",
}
UNCHANGED = Tail((), {}, INPUT, INPUT)
"""A tail that is none."""
FRAMES = 6
CYCLES = 100 * FRAMES


def images(count: int = FRAMES, seed: int = 0) -> NDArray[np.uint8]:
    """Draw images [n, channels 2, height 4, width 3]."""
    return np.random.default_rng(seed).integers(0, 256, (count, 2, 4, 3)).astype(np.uint8)


def integers(pixels: NDArray[np.uint8]) -> Ints:
    """Return input integers [n, 4, 3, 2]: the second channel is quantized downwards from its maximum."""
    x = pixels.astype(np.int64)
    return np.stack([x[:, 0] >> 5, 7 - (x[:, 1] >> 5)], axis=-1)


def answers(x: Ints) -> Ints:
    """Return what the accelerator answers to input integers, [n, 3] from -256 to 255."""
    weights = np.arange(-36, 36).reshape(24, 3) % 23 - 11
    total: Ints = x.reshape(len(x), 24) @ weights
    return (total + 256) % 512 - 256


def content(**changes: Any) -> PackageContent:
    """Return the content of a package of the accelerator."""
    pixels = images()
    outputs = answers(integers(pixels))
    levels = np.arange(256) >> 5
    made = PackageContent(
        name="toy",
        board=board("Pynq-Z2"),
        images=FrameTable(
            "uint8", (2, 4, 3), (1, 2, 0), (4, 3, 2), table=np.stack([levels, 7 - levels]), meaning="pixels"
        ),
        answer=Answer("scores", ("cat", "dog", "eel"), UNCHANGED, exact=True, bound=0.0),
        recorded=Recorded(
            images=pixels,
            integers=outputs,
            outputs=outputs.astype(np.float32),
            classes=outputs.argmax(axis=1),
            cycles=CYCLES,
        ),
    )
    return replace(made, **changes)


def write_build(folder: Path, **changes: Any) -> Path:
    """Write what packaging reads of a build folder."""
    (folder / "rtl").mkdir(parents=True, exist_ok=True)
    (folder / "rtl" / "sources.txt").write_text("accelerator.v\n")
    (folder / "rtl" / "accelerator.v").write_text("module accelerator; endmodule\n")
    (folder / "compile.json").write_text(json.dumps(COMPILED | changes))
    return folder


def write_toy(folder: Path, **changes: Any) -> Package:
    """Write the package of the accelerator as ``folder/toy.zip``."""
    return write_package(write_build(folder / "build"), content(**changes), folder / "toy.zip")


def repacked(package: Package, changes: Mapping[str, bytes | None], name: str = "changed.zip") -> Path:
    """Return a copy of a package with other files, and a manifest that agrees with them.

    Args:
        package: The package.
        changes: New content by name; None takes a file out.
        name: The new zip, beside the package.
    """
    files = {**package.files, **changes}
    kept = {one: content for one, content in files.items() if content is not None and one != manifest.NAME}
    target = package.path.with_name(name)
    write_zip(target, {manifest.NAME: Manifest.of(kept, "somebody").to_bytes(), **kept})
    return target


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a zip of these entries, whatever they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def metadata(package: Package, **changes: Any) -> dict[str, bytes | None]:
    """Return metadata of a package in which some fields are others, as a change for :func:`repacked`."""
    document = json.loads(package.files["metadata.json"]) | changes
    return {"metadata.json": json.dumps(document).encode()}


def bitstream(part: str = "7z020clg400", data_bytes: int = 2000) -> bytes:
    """Return a .bit file as Vivado writes it, with meaningless data."""

    def text(letter: bytes, value: str) -> bytes:
        content = value.encode() + b"\0"
        return letter + len(content).to_bytes(2, "big") + content

    data = bytes.fromhex("ffffffff" * 8 + "000000bb11220044ffffffffffffffffaa995566")
    data += bytes(data_bytes - len(data))
    fields = text(b"a", "top;UserID=0XFFFFFFFF;Version=2024.2") + text(b"b", part)
    fields += text(b"c", "2026/11/20") + text(b"d", "12:00:00")
    return bytes.fromhex("00090ff00ff00ff00ff0000001") + fields + b"e" + len(data).to_bytes(4, "big") + data
