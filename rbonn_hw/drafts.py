"""Files and folders written beside their place and moved into it; remnants of killed runs are removed.

A draft is held by an advisory lock while somebody writes it. The lock ends with the process, however that
ends, so a draft that nobody holds is a remnant; whoever makes the next draft in that folder removes it.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".rbonn-draft-"
_NAME_LENGTH = 80  # of the target's name in the draft's: a name may have 255 bytes in all


@contextlib.contextmanager
def file_beside(target: Path) -> Iterator[Path]:
    """Give an empty file that takes the place of ``target`` when the block ends, and goes if it fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _held_draft(target.parent, target.name, is_folder=False) as draft:
        try:
            yield draft
            draft.chmod(0o644)
            os.replace(draft, target)  # noqa: PTH105 - atomic, unlike Path.rename on every platform
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def folder_in(parent: Path, name: str) -> Iterator[Path]:
    """Give an empty folder in ``parent``, which goes with the block unless it was moved elsewhere.

    Args:
        parent: Made if it is not there.
        name: What the draft is for; a part of its name.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _held_draft(parent, name, is_folder=True) as draft:
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def scratch(name: str) -> contextlib.AbstractContextManager[Path]:
    """Give a folder among the system's temporary files, as :func:`folder_in` does."""
    return folder_in(Path(tempfile.gettempdir()), name)


def put(source: Path, target: Path) -> None:
    """Move a file or folder of a draft to its place; a folder that is there is left in the draft."""
    if target.is_dir() and not target.is_symlink():
        target.rename(source.with_name(f"{source.name}.former"))
    source.replace(target)


def sweep(folder: Path) -> None:
    """Remove the drafts in a folder that nobody holds; what cannot be removed stays."""
    for path in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            finally:
                os.close(handle)


@contextlib.contextmanager
def _held_draft(parent: Path, name: str, *, is_folder: bool) -> Iterator[Path]:
    sweep(parent)
    while True:
        draft = _new(parent, f"-{name[:_NAME_LENGTH]}", is_folder=is_folder)
        try:
            handle = os.open(draft, os.O_RDONLY)
        except FileNotFoundError:  # somebody swept it before it was opened
            continue
        try:
            with contextlib.suppress(OSError):  # some file systems lock no folders; nobody sweeps it there
                fcntl.flock(handle, fcntl.LOCK_EX)
            if draft.exists():  # else somebody swept it before it was held
                yield draft
                return
        finally:
            os.close(handle)


def _new(parent: Path, suffix: str, *, is_folder: bool) -> Path:
    if is_folder:
        return Path(tempfile.mkdtemp(prefix=PREFIX, suffix=suffix, dir=parent))
    handle, path = tempfile.mkstemp(prefix=PREFIX, suffix=suffix, dir=parent)
    os.close(handle)
    return Path(path)
