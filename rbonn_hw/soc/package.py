"""Packs a build folder for a board: bitstream, handoff, driver, metadata, self-test, notebook, design.

The zip is written as a whole or not at all, after the driver itself has opened it and checked every file
against the others. Equal contents give equal bytes: entries are sorted and carry no dates.
"""

import importlib.metadata
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rbonn_hw import drafts
from rbonn_hw.errors import ConfigError, ShapeError
from rbonn_hw.host import manifest
from rbonn_hw.host.answer import Answer
from rbonn_hw.host.frames import FrameTable
from rbonn_hw.host.manifest import Manifest
from rbonn_hw.host.package import RECORDS, STEM, Package
from rbonn_hw.packing import Ints
from rbonn_hw.results import Document, read_result
from rbonn_hw.soc.hwh import HandoffDesign, handoff
from rbonn_hw.soc.notebook import board_notebook
from rbonn_hw.spec.accelerator import AcceleratorInterface, FrameStream
from rbonn_hw.spec.board import Board
from rbonn_hw.spec.registers import register_document
from rbonn_hw.spec.shell import network_id

DRIVER_DIR: Final = Path(__file__).resolve().parents[1] / "host"
DRIVER_NAME: Final = "rbonn_host"
DESIGN_KEYS: Final = ("top", "part", "clk_period_ns", "input", "output", "probes", "key")
LICENSED: Final = {
    "rbonn-hw": "licenses/LICENSE",
    "finn-plus": "licenses/LICENSE.txt",
}
"""Whose code is in the package, and where its licence is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The self-test: frames, and what the simulation of the accelerator alone answered.

    Attributes:
        images: Frames [n, *frame shape], as a user has them.
        integers: [n, *output shape].
        outputs: What the network answers, [n, ...].
        classes: [n]; -1 where the network answers with none.
        cycles: From the first input beat to the last output beat [cycles].
    """

    images: NDArray[Any]
    integers: Ints
    outputs: NDArray[Any]
    classes: Ints
    cycles: int

    def __post_init__(self) -> None:
        counts = [len(array) for array in (self.images, self.integers, self.outputs, self.classes)]
        if len(set(counts)) != 1 or not counts[0]:
            raise ShapeError(
                f"a self-test of {counts[0]} images, {counts[1]} answers, {counts[2]} outputs and "
                f"{counts[3]} classes; it needs as many of each, and at least one"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageContent:
    """What cannot be read from the build folder.

    Attributes:
        name: Name of the network.
        board: Board.
        images: Frames to integers.
        answer: Integers to scores and classes.
        recorded: The self-test.
        bitstream: Content of the .bit file, if there is one.
    """

    name: str
    board: Board
    images: FrameTable
    answer: Answer
    recorded: Recorded
    bitstream: bytes | None = None


def write_package(build_dir: Path, content: PackageContent, out: Path) -> Package:
    """Write the zip, and return it as the driver reads it.

    Raises:
        ConfigError: The folder holds no compiled accelerator, or the zip cannot be written.
        HostError: The driver refuses what would be in the zip: a truncated bitstream, one for another device.
    """
    files = package_files(build_dir, content)
    try:
        with drafts.file_beside(out) as draft:
            _write_zip(draft, files)
            Package.open(draft)
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror}; give a path that can be written") from None
    return Package.open(out)


def is_package(path: Path) -> bool:
    """Return whether a file is a package, of whatever version, as far as its table of contents tells."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"metadata.json", f"{DRIVER_NAME}/__init__.py"} <= set(archive.namelist())
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def package_files(build_dir: Path, content: PackageContent) -> dict[str, bytes]:
    """Return the content of every file of the package by name.

    Raises:
        ConfigError: The folder holds no compiled accelerator, or one for another device than the board's.
        SpecError: The board cannot make the clock that the accelerator was compiled for.
        PackageError: They are more than a package may hold.
    """
    document = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    interface = AcceleratorInterface.from_result(document)
    clock_mhz = 1000.0 / interface.clk_period_ns
    if interface.part != content.board.part:
        raise ConfigError(
            f"{build_dir}: is compiled for {interface.part}, {content.board.name} has {content.board.part}; "
            f"run `rbonn compile NETWORK --part {content.board.part} --out {build_dir}`"
        )
    design = HandoffDesign(name=STEM, board=content.board, clock_mhz=clock_mhz)
    files = {
        "metadata.json": _json(_metadata(document, interface, design, content)),
        f"{STEM}.hwh": handoff(design).encode(),
        "LICENSES.txt": _licences().encode(),
        "classify.ipynb": board_notebook(content.name).encode(),
        "design/compile.json": _json({key: document[key] for key in DESIGN_KEYS}),
    }
    arrays = {f"selftest/{name}.npy": getattr(content.recorded, name) for name in RECORDS}
    arrays |= {**content.images.arrays(), **content.answer.arrays()}
    files |= {name: _npy(array) for name, array in arrays.items()}
    if content.bitstream is not None:
        files[f"{STEM}.bit"] = content.bitstream
    rtl_dir = build_dir / "rtl"
    files |= {f"design/rtl/{path.name}": path.read_bytes() for path in rtl_dir.iterdir() if path.is_file()}
    files |= {f"{DRIVER_NAME}/{path.name}": path.read_bytes() for path in DRIVER_DIR.glob("*.py")}
    made_by = f"rbonn-hw {importlib.metadata.version('rbonn-hw')}"
    files[manifest.NAME] = Manifest.of(files, made_by).to_bytes()
    return files


def _metadata(
    document: Mapping[str, Any],
    interface: AcceleratorInterface,
    design: HandoffDesign,
    content: PackageContent,
) -> Document:
    return {
        "name": content.name,
        "board": content.board.name,
        "part": interface.part,
        "clock_mhz": design.clock_mhz,
        "network": network_id(document),
        "base_address": content.board.base_address,
        "register_map": register_document(),
        "input": _stream(interface.input),
        "output": _stream(interface.output),
        "images": content.images.to_document(),
        "answer": content.answer.to_document(),
        "self_test": {"frames": len(content.recorded.images), "cycles": content.recorded.cycles},
    }


def _stream(stream: FrameStream) -> Document:
    return {
        "shape": list(stream.shape),
        "dtype": stream.dtype,
        "bits": stream.element.bits,
        "signed": stream.element.signed,
        "lanes": stream.lanes,
        "beats": stream.beats,
    }


def _json(values: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return (json.dumps(values, indent=1) + "\n").encode()


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def _licences() -> str:
    parts = ["Licences of what this package contains.\n"]
    for name, where in LICENSED.items():
        found = importlib.metadata.distribution(name)
        text = found.read_text(where)
        if text is None:
            raise ConfigError(f"the installed {name} has no {where}; install it from requirements.lock")
        parts.append(f"{'=' * 40}\n{name} {found.version}\n{'=' * 40}\n{text}")
    return "\n".join(parts)


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
