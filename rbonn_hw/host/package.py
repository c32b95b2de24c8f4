"""A package on disk: checked as a whole before anything of it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .answer import Answer
from .archive import read_files
from .arrays import read_npy
from .bitfile import check_bit
from .errors import JobError, PackageError
from .fields import Fields
from .frames import FrameTable
from .handoff import Handoff, check_handoff
from .registers import RegisterMap
from .streams import Array, Stream

STEM = "accelerator"
MAX_CLOCK_MHZ = 1000.0
MAX_CYCLES = (1 << 64) - 1
RECORDS = ("images", "integers", "outputs", "classes")
"""Arrays of the self-test."""
IP_NAME = "rbonn_shell_0"
"""Instance name of the register block in the .hwh."""


@dataclass(frozen=True)
class SelfTest:
    """Frames with their answers and cycles as the accelerator's simulation gave them.

    Attributes:
        images: Frames [n, *frame shape], as a user has them.
        integers: What the accelerator answers, [n, *output shape].
        outputs: What the network answers, [n, ...].
        classes: [n]; -1 where the network answers with none.
        cycles: Cycle counter after one job of all frames, with memory that never stalls it [cycles].
    """

    images: Array
    integers: Array
    outputs: Array
    classes: Array
    cycles: int

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], where: str, entry: Fields) -> SelfTest:
        """Read it from a package.

        Raises:
            PackageError: A file is missing, or no array.
        """
        names = [f"selftest/{name}.npy" for name in RECORDS]
        for name in names:
            if name not in files:
                raise PackageError(f"{where}: has no {name}; make the package again")
        images, integers, outputs, classes = (read_npy(files[name], f"{where}: {name}") for name in names)
        return cls(images, integers, outputs, classes, entry.integer("cycles", 0, MAX_CYCLES))


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
        images: Frames to input integers.
        answer: Output integers to scores and classes.
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
    images: FrameTable
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
        files = read_files(path)
        if "metadata.json" not in files:
            raise PackageError(f"{path}: has no metadata.json; give a zip that `rbonn package` wrote")
        package = cls._build(path, files, Fields.parse(files["metadata.json"], f"{path}: metadata.json"))
        package._check_streams()
        package._check_hardware()
        return package

    @classmethod
    def _build(cls, path: Path, files: dict[str, bytes], document: Fields) -> Package:
        clock_mhz = document.number("clock_mhz")
        if not 0 < clock_mhz <= MAX_CLOCK_MHZ:
            raise document.wrong("clock_mhz", f"a clock up to {MAX_CLOCK_MHZ} MHz")
        return cls(
            path=path,
            name=document.text("name"),
            board=document.text("board"),
            part=document.text("part"),
            clock_mhz=clock_mhz,
            network=document.integer("network", 0, 0xFFFF_FFFF),
            base_address=document.integer("base_address", 0, 0xFFFF_FFFF),
            registers=RegisterMap.from_document(document.child("register_map")),
            input=Stream.from_document(document.child("input")),
            output=Stream.from_document(document.child("output")),
            images=FrameTable.from_package(document.child("images"), files, str(path)),
            answer=Answer.from_package(document.child("answer"), files, str(path)),
            self_test=SelfTest.from_files(files, str(path), document.child("self_test")),
            files=files,
        )

    def _check_streams(self) -> None:
        """Compare frames, streams, answers and self-test with each other.

        Raises:
            PackageError: One does not fit the other.
        """
        recorded, count = self.self_test, len(self.self_test.images)
        for good, what in (
            (self.images.has_shape_of(self.input), "images do not have the shape of the input"),
            (self.images.stays_within(self.input), "pixels leave the input's range"),
            (recorded.images.shape == (count, *self.images.shape), "images of the self-test"),
            (recorded.integers.shape == (count, *self.output.shape), "integers of the self-test"),
            (recorded.integers.dtype.kind in "iu", "type of the self-test's integers"),
            (len(recorded.outputs) == count, "outputs of the self-test"),
            (recorded.classes.shape == (count,) and count > 0, "classes of the self-test"),
            (self._answer_fits(), "scores or labels do not fit the output"),
        ):
            if not good:
                raise PackageError(
                    f"{self.path}: its parts do not fit each other ({what}); make the package again"
                )

    def _answer_fits(self) -> bool:
        """Run the tail once: whatever is wrong with its steps is seen here and not on the board."""
        try:
            return self.answer.fits(self.self_test.integers[:1])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, JobError):
            return False

    def _check_hardware(self) -> None:
        name = f"{STEM}.hwh"
        if name not in self.files:
            raise PackageError(f"{self.path}: has no {name}; make the package again")
        expected = Handoff(self.part, IP_NAME, self.base_address, self.registers.span_bytes)
        text = self.files[name].decode("utf-8", "replace")
        check_handoff(text, f"{self.path}: {name}", expected)
        if self.has_bitstream:
            check_bit(self.files[f"{STEM}.bit"], f"{self.path}: {STEM}.bit", self.part)
