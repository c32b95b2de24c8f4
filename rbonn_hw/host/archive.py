"""Files of a package: out of a zip or a folder, and into a folder; nothing leaves it on either way."""

from __future__ import annotations

import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from .errors import PackageError
from .manifest import EDITABLE, MAX_BYTES, NAME, FileRecord, Manifest, check_names, check_sizes

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (
    OSError, ValueError, RuntimeError, EOFError, OverflowError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What Python's zipfile raises of damaged files, encrypted entries and methods of other programs."""


def read_files(path: Path) -> dict[str, bytes]:
    """Return the content of every file of a package, compared with its manifest.

    Args:
        path: Zip or folder. A zip must hold what its manifest lists, no more. A folder may hold other files,
            which are not read, and its notebook may have been changed.

    Raises:
        PackageError: It cannot be read, is damaged, or names what no package may hold.
    """
    if path.is_dir():
        return _read_folder(path)
    files = _read_zip(path)
    manifest = Manifest.from_bytes(_the_manifest(files, path), str(path))
    manifest.check({name: content for name, content in files.items() if name != NAME}, str(path))
    return files


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a package's files to a folder of their own, or over an earlier package's.

    What its user may have changed there is left alone.

    Raises:
        PackageError: The folder holds somebody else's files in their place, or a name or link leads out.
        OSError: A file cannot be written.
    """
    check_names(files, str(folder))
    there = [name for name in files if (folder / name).exists()]
    if there and not (folder / NAME).is_file():
        raise PackageError(
            f"{folder.resolve()}: holds {there[0]}, but no package; unpack into a folder of its own"
        )
    write_files({name: files[name] for name in files if not (name in EDITABLE and name in there)}, folder)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder, which is made if it is not there.

    Raises:
        PackageError: A name, or a link that is there already, leads out of the folder.
        OSError: A file cannot be written.
    """
    check_names(files, str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    for name, content in files.items():
        target = _inside(root, root / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, content)


def _replace(target: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: somebody else may read it, or write it too."""
    with tempfile.NamedTemporaryFile(dir=str(target.parent), prefix=f".{target.name}.", delete=False) as file:
        draft = Path(file.name)
        try:
            file.write(content)
            file.close()
            draft.chmod(0o644)
            draft.replace(target)
        except BaseException:
            draft.unlink()
            raise


def _inside(root: Path, path: Path) -> Path:
    """Return a path with its links followed.

    Raises:
        PackageError: It lies outside of ``root``.
    """
    found = path.resolve()
    if root not in found.parents:
        raise PackageError(f"{path}: leads to {found}, outside of {root}; remove that link")
    return found


def _the_manifest(files: Mapping[str, bytes], path: Path) -> bytes:
    if NAME not in files:
        raise PackageError(
            f"{path}: has no {NAME}, so it is no package or an old one; give a zip that `rbonn package` wrote"
        )
    return files[NAME]


def _read_folder(path: Path) -> dict[str, bytes]:
    try:
        root = path.resolve()
        found = _the_manifest({NAME: (root / NAME).read_bytes()} if (root / NAME).is_file() else {}, path)
        files = {NAME: found}
        for record in Manifest.from_bytes(found, str(path)).files:
            files[record.name] = _read_record(root, record, str(path))
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise _unreadable(path, error) from None
    return files


def _read_record(root: Path, record: FileRecord, where: str) -> bytes:
    file = _inside(root, root / record.name)
    if not file.is_file():
        raise PackageError(f"{where}: has no {record.name}; make or copy the package again")
    with file.open("rb") as stream:
        if record.name in EDITABLE:
            return stream.read(MAX_BYTES)
        content = stream.read(record.size_bytes + 1)
    record.check(content, where)
    return content


def _read_zip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _entries(archive, str(path))
            return {entry.filename: archive.read(entry) for entry in entries}
    except _DAMAGED as error:
        raise _unreadable(path, error) from None


def _entries(archive: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    """Return the files of a zip, none of which has been unpacked yet.

    Raises:
        PackageError: A name leaves the package, a file is a link, or they are more than a package may hold.
    """
    entries = archive.infolist()
    # zipfile shows another name than the entry's where that has a zero byte in it.
    check_names((entry.orig_filename.rstrip("/") for entry in entries), where)
    for entry in entries:
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise PackageError(f"{where}: {entry.filename!r} is a link or no file; do not use this package")
        if entry.compress_type not in _METHODS:
            raise PackageError(
                f"{where}: {entry.filename!r} is compressed by method {entry.compress_type}; pack it with "
                "`rbonn package`"
            )
    files = [entry for entry in entries if not entry.filename.endswith("/")]
    check_sizes((entry.file_size for entry in files), where)
    return files


def _unreadable(path: Path, error: Exception) -> PackageError:
    return PackageError(f"{path}: cannot be read ({error}); make or copy the package again")
