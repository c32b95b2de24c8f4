"""A package on disk: checked as a whole before anything of it is used."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bitfile import check_bit
from .errors import PackageError
from .handoff import Handoff, check_handoff
from .images import ImageTable
from .registers import RegisterMap
from .streams import Array, Stream

FORMAT = 1
"""Layout of metadata.json that this driver reads."""
STEM = "accelerator"
IP_NAME = "rbonn_shell_0"
"""Instance name of the register block in the .hwh."""


@dataclass(frozen=True)
class Answer:
    """How integers become a class.

    Attributes:
        kind: "class": the accelerator answers with it; "scores": it is the largest of
            ``integers * scale + offset``.
        scale: Per score; empty for "class".
        offset: Per score; empty for "class".
        labels: Name of every class.
    """

    kind: str
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    labels: tuple[str, ...]

    def classes(self, integers: Array) -> Array:
        """Return the class of each frame, [n]."""
        flat = integers.reshape(len(integers), int(np.prod(integers.shape[1:])))
        if self.kind == "class":
            return flat[:, 0].astype(np.int64)
        scores = flat * np.asarray(self.scale, np.float32) + np.asarray(self.offset, np.float32)
        return scores.argmax(axis=1)


@dataclass(frozen=True)
class SelfTest:
    """Frames with their answers and cycles as the accelerator's simulation gave them.

    Attributes:
        images: [n, ...], uint8.
        integers: What the accelerator answers, [n, *output shape].
        classes: [n].
        cycles: Cycle counter after one job of all frames, with memory that never stalls it [cycles].
    """

    images: Array
    integers: Array
    classes: Array
    cycles: int


@dataclass(frozen=True)
class Package:
    """A package, with every file checked against the others.

    Attributes:
        path: The zip or folder.
        name: Name of the network.
        board: Board it is for, as its system calls itself.
        part: Device.
        clock_mhz: Clock that the design was built for [MHz].
        network: Identity that register NETWORK must hold.
        base_address: First byte of the registers.
        registers: Register map.
        input: Stream of frames.
        output: Stream of answers.
        images: Pixels to input integers.
        answer: Output integers to a class.
        self_test: Recorded frames and answers.
        files: Content of every file of the package by name.
    """

    path: Path
    name: str
    board: str
    part: str
    clock_mhz: float
    network: int
    base_address: int
    registers: RegisterMap
    input: Stream
    output: Stream
    images: ImageTable
    answer: Answer
    self_test: SelfTest
    files: dict[str, bytes]

    @property
    def has_bitstream(self) -> bool:
        """Whether it can be loaded on a board."""
        return f"{STEM}.bit" in self.files

    @classmethod
    def open(cls, path: str | Path) -> Package:
        """Read a package and check every file of it.

        Args:
            path: The zip that ``rbonn package`` wrote, or the folder it was unpacked to.

        Raises:
            PackageError: It is missing, incomplete, damaged, of another version, or its files contradict each
                other.
            WrongBoardError: Its .bit is for another device than the package.
        """
        path = Path(path)
        files = _read_files(path)
        if "metadata.json" not in files:
            raise PackageError(f"{path}: has no metadata.json; give a zip that `rbonn package` wrote")
        try:
            document = json.loads(files["metadata.json"])
            found = document.get("format")
        except (ValueError, AttributeError) as error:
            raise PackageError(f"{path}: metadata.json cannot be read ({error}); make it again") from None
        if found != FORMAT:
            raise PackageError(
                f"{path}: has format {found}, this driver reads format {FORMAT}; use the package's driver"
            )
        try:
            package = cls._build(path, files, document)
        except (KeyError, TypeError, ValueError) as error:
            raise PackageError(
                f"{path}: metadata.json is incomplete ({type(error).__name__}: {error}); "
                "make the package again"
            ) from None
        package._check_hardware()
        return package

    @classmethod
    def _build(cls, path: Path, files: dict[str, bytes], document: dict[str, Any]) -> Package:
        answer = document["answer"]
        return cls(
            path=path,
            name=str(document["name"]),
            board=str(document["board"]),
            part=str(document["part"]),
            clock_mhz=float(document["clock_mhz"]),
            network=int(document["network"]),
            base_address=int(document["base_address"]),
            registers=RegisterMap.from_document(document["register_map"]),
            input=Stream.from_document(document["input"]),
            output=Stream.from_document(document["output"]),
            images=ImageTable.from_document(document["images"]),
            answer=Answer(
                str(answer["kind"]),
                tuple(map(float, answer["scale"])),
                tuple(map(float, answer["offset"])),
                tuple(map(str, answer["labels"])),
            ),
            self_test=SelfTest(
                _array(files, "images"),
                _array(files, "integers"),
                _array(files, "classes"),
                int(document["self_test"]["cycles"]),
            ),
            files=files,
        )

    def _check_hardware(self) -> None:
        name = f"{STEM}.hwh"
        if name not in self.files:
            raise PackageError(f"{self.path}: has no {name}; make the package again")
        expected = Handoff(self.part, IP_NAME, self.base_address, self.registers.span_bytes)
        text = self.files[name].decode("utf-8", "replace")
        check_handoff(text, f"{self.path}: {name}", expected)
        if self.has_bitstream:
            check_bit(self.files[f"{STEM}.bit"], f"{self.path}: {STEM}.bit", self.part)


def _array(files: dict[str, bytes], name: str) -> Array:
    return np.load(io.BytesIO(files[f"selftest/{name}.npy"]), allow_pickle=False)


def _read_files(path: Path) -> dict[str, bytes]:
    """Return the content of every file of a zip or folder.

    Raises:
        PackageError: It cannot be read.
    """
    try:
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.is_file())
            return {file.relative_to(path).as_posix(): file.read_bytes() for file in found}
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            outside = [name for name in names if name.startswith("/") or ".." in name.split("/")]
            if outside:
                raise PackageError(f"{path}: names {outside[0]!r}, outside of itself; do not use it")
            return {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile) as error:
        raise PackageError(f"{path}: cannot be read ({error}); make or copy the package again") from None
