"""Which run is at work in a folder: two at once would take each other's files away.

While a run holds a folder, :data:`LOCK` in it says which. The file is locked, and the lock ends with the
process, however that ends; a file that nobody holds tells of a run that was interrupted.
"""

import contextlib
import errno
import fcntl
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from rbonn_hw import documents, drafts
from rbonn_hw.errors import ConfigError
from rbonn_hw.ownership import check_place

LOCK = ".rbonn.lock"
_log = logging.getLogger(__name__)
_START = threading.Lock()
_held: dict[Path, int] = {}  # folder to the thread whose run holds it


@contextlib.contextmanager
def at_work(folder: Path, verb: str) -> Iterator[None]:
    """Hold a folder for a run; one thread may hold it several times over.

    The folder is made, and goes again if nothing was written into it. Remnants of killed runs are removed.

    Raises:
        ConfigError: Another run is at work there, or the folder cannot be one of rbonn's.
    """
    check_place(folder)
    home, me = folder.resolve(), threading.get_ident()
    with _START:
        owner = _held.get(home)
        if owner is None:
            _held[home] = me
    if owner == me:
        yield
        return
    if owner is not None:
        raise ConfigError(f"{folder}: another thread of this process is at work there; wait for it")
    try:
        with _lock(folder, verb):
            yield
    finally:
        del _held[home]


@contextlib.contextmanager
def _lock(folder: Path, verb: str) -> Iterator[None]:
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    try:
        file = _locked(path, folder)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        yield  # nothing can be written here, hence nothing lost
        return
    with file:
        is_over = True
        try:
            drafts.sweep(folder)
            _tell_interrupted(file, folder)
            _write_run(file, verb)
            yield
        except KeyboardInterrupt:
            is_over = False  # the file stays, and tells the next run
            raise
        finally:
            if is_over:
                path.unlink(missing_ok=True)
                _remove_empty(made)


def _write_run(file: IO[str], verb: str) -> None:
    run = {"verb": verb, "pid": os.getpid(), "host": socket.gethostname(), "since": _now()}
    file.seek(0)
    file.truncate()
    file.write(json.dumps(run) + "\n")
    file.flush()


def _locked(path: Path, folder: Path) -> IO[str]:
    """Open and lock the file of a folder.

    Raises:
        ConfigError: Another run holds it.
    """
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644), "r+", errors="replace")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                raise ConfigError(
                    f"{folder}: {_run(file.read())} is at work there; wait until it has ended, or use "
                    "another folder"
                ) from None
        except OSError:
            return file  # a file system without locks
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # the run before has just removed it


def _tell_interrupted(file: IO[str], folder: Path) -> None:
    text = file.read()
    if text:
        _log.warning("%s: %s was interrupted; what it had not finished is done again", folder, _run(text))


def _run(text: str) -> str:
    """Return which run a lock file tells of."""
    try:
        run = documents.parse(text)
        return f"`rbonn {run['verb']}` (process {run['pid']} on {run['host']}, since {run['since']})"
    except (ValueError, TypeError, KeyError):
        return "another run"


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _remove_empty(folders: Iterable[Path]) -> None:
    with contextlib.suppress(OSError):  # one that is not empty stays
        for folder in folders:
            folder.rmdir()
