"""The list of everything in a package: what made it, and size and SHA-256 of every file.

``manifest.json`` stands at the root of a package and names every other file. It is compared before anything
of the package is parsed, executed or written elsewhere, so that a bad copy, a changed driver or files of two
packages in one folder are seen. It proves no authorship: whoever can change a file can write another
manifest, so take packages from whom you trust.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import PackageError
from .fields import Fields

NAME = "manifest.json"
KIND = "rbonn-package"
FORMAT = 2
"""Layout of packages that this driver reads."""
MAX_FILES = 10_000
MAX_BYTES = 1 << 28
"""Most that the files of a package may have together [bytes]."""
MAX_NAME = 240
EDITABLE = frozenset({"classify.ipynb"})
"""What its user may change where a package was unpacked: Jupyter saves a notebook that was run."""


@dataclass(frozen=True)
class FileRecord:
    """One file.

    Attributes:
        name: Path below the package's root, with slashes.
        size_bytes: Length [bytes].
        sha256: SHA-256 of its content, 64 hexadecimal digits.
    """

    name: str
    size_bytes: int
    sha256: str

    def check(self, content: bytes, where: str) -> None:
        """Compare a file with its record.

        Raises:
            PackageError: They differ.
        """
        if len(content) != self.size_bytes or hashlib.sha256(content).hexdigest() != self.sha256:
            raise PackageError(
                f"{where}: {self.name} is not the file that was packed ({len(content)} bytes, recorded "
                f"{self.size_bytes}); it was changed or damaged: make or copy the package again"
            )


@dataclass(frozen=True)
class Manifest:
    """The files of a package.

    Attributes:
        made_by: What wrote it: program and version.
        files: Every file but the manifest itself, by name.
    """

    made_by: str
    files: tuple[FileRecord, ...]

    @classmethod
    def of(cls, files: Mapping[str, bytes], made_by: str) -> Manifest:
        """Return the manifest of these files.

        Raises:
            PackageError: A name would leave the package, or the files are too many or too large.
        """
        records = tuple(
            FileRecord(name, len(files[name]), hashlib.sha256(files[name]).hexdigest())
            for name in sorted(files)
        )
        return cls._checked(made_by, records, "the package")

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> Manifest:
        """Parse a manifest.

        Args:
            content: The file.
            where: The package, for error messages.

        Raises:
            PackageError: It is none, or of another version, or names files that no package may have.
        """
        fields = Fields.parse(content, f"{where}: {NAME}")
        if fields.text("kind") != KIND:
            raise fields.wrong("kind", repr(KIND))
        found = fields.integer("format", 0, 1 << 31)
        if found != FORMAT:
            raise PackageError(
                f"{where}: has format {found}, this driver reads format {FORMAT}; use the package's driver "
                "or make the package again"
            )
        records = tuple(
            FileRecord(row.text("name"), row.integer("bytes", 0, MAX_BYTES), row.text("sha256"))
            for row in fields.children("files")
        )
        return cls._checked(fields.text("made_by"), records, where)

    @classmethod
    def _checked(cls, made_by: str, records: tuple[FileRecord, ...], where: str) -> Manifest:
        check_names((record.name for record in records), where)
        check_sizes((record.size_bytes for record in records), where)
        return cls(made_by, records)

    def to_bytes(self) -> bytes:
        """Return the file; equal contents give equal bytes."""
        rows = [
            {"name": record.name, "bytes": record.size_bytes, "sha256": record.sha256}
            for record in self.files
        ]
        document = {"kind": KIND, "format": FORMAT, "made_by": self.made_by, "files": rows}
        return (json.dumps(document, indent=1) + "\n").encode()

    def check(self, files: Mapping[str, bytes], where: str) -> None:
        """Compare the files of a package, without the manifest, with this list.

        Raises:
            PackageError: One is missing, not listed, or another.
        """
        listed = {record.name for record in self.files}
        for name in files:
            if name not in listed:
                raise PackageError(
                    f"{where}: holds {name!r}, which its {NAME} does not list; do not use it, or make the "
                    "package again"
                )
        for record in self.files:
            if record.name not in files:
                raise PackageError(f"{where}: has no {record.name}; make or copy the package again")
            record.check(files[record.name], where)


def check_names(names: Iterable[str], where: str) -> None:
    """Check that names stay inside of a package on any system, and that no two are one file on any.

    Raises:
        PackageError: One does not, or they are too many.
    """
    seen: set[str] = set()
    for name in names:
        if not _is_inside(name):
            raise PackageError(
                f"{where}: names {name!r}, which may lie outside of itself; do not use this package"
            )
        if name.casefold() in seen:
            raise PackageError(f"{where}: names {name!r} twice; do not use this package")
        seen.add(name.casefold())
        if len(seen) > MAX_FILES:
            raise PackageError(f"{where}: names more than {MAX_FILES} files; do not use this package")


def check_sizes(sizes: Iterable[int], where: str) -> None:
    """Check the sizes of a package's files [bytes].

    Raises:
        PackageError: They are larger than a package may be.
    """
    total = sum(sizes)
    if total > MAX_BYTES:
        raise PackageError(
            f"{where}: holds {total} bytes, a package at most {MAX_BYTES}; pack fewer frames for the "
            "self-test, or do not use this package"
        )


def _is_inside(name: str) -> bool:
    """Whether a name is a plain relative path: no root, drive, backslash, empty or dotted part."""
    parts = name.split("/")
    return (
        0 < len(name) <= MAX_NAME
        and not any(part in ("", ".", "..") or part != part.strip(" ") for part in parts)
        and not any(letter in "\\:" or ord(letter) < 32 or ord(letter) == 127 for letter in name)
        and name.isprintable()
    )
