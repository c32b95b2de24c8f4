"""Published files: fetched once, continued where a transfer broke, checked, and never half-written."""

import fcntl
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rbonn_hw.errors import DatasetError

PUBLISHED = "published files, checksums match"
"""What a loader says of files that are, bit for bit, what their authors published."""
TIMEOUT_SECONDS = 20.0
CHUNK_BYTES = 1 << 18
MOST_TRANSFERS = 20
"""Transfers of one file before giving up; each must have brought something."""
_HEX_DIGITS = {"md5": 32, "sha256": 64}

OnBytes = Callable[[str, int, int], None]
"""Called with (file name, bytes so far, bytes in all); the last is 0 where the server does not say."""


def silent(_name: str, _done_bytes: int, _total_bytes: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """A published checksum.

    Attributes:
        algorithm: "md5" or "sha256".
        digest: In hexadecimal, lower case.
    """

    algorithm: str
    digest: str

    def __post_init__(self) -> None:
        digits = _HEX_DIGITS.get(self.algorithm)
        if digits is None:
            raise DatasetError(f"checksum {self.algorithm!r} is not one of {list(_HEX_DIGITS)}")
        if len(self.digest) != digits or set(self.digest) - set("0123456789abcdef"):
            raise DatasetError(f"{self.algorithm} {self.digest!r} must be {digits} hexadecimal digits")

    def matches(self, content: bytes) -> bool:
        """Return whether ``content`` is what was published."""
        return hashlib.new(self.algorithm, content, usedforsecurity=False).hexdigest() == self.digest

    def matches_file(self, path: Path) -> bool:
        """Return whether the file is what was published, without holding it in memory."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest() == self.digest


def fetch(url: str, path: Path, checksum: Checksum, remedy: str, on_bytes: OnBytes = silent) -> None:
    """Fetch ``url`` into ``path``; if it is there already, only check it.

    What has come so far is kept in ``path`` + ".part"; a broken transfer is continued there, in this call and
    in the next. Of several processes one fetches, the others wait for it.

    Args:
        url: Address, http or https.
        path: Where the file shall be; it appears there whole and checked, or not at all.
        checksum: Of the file.
        remedy: What to do without a network; ends the message.
        on_bytes: Called as the bytes come.

    Raises:
        DatasetError: It cannot be fetched or written, or is not the published file.
    """
    part = path.with_name(path.name + ".part")
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not path.exists():
                    _transfer(url, file, lambda done, total: on_bytes(path.name, done, total))
                    _keep(part, path, checksum, url)
        elif not checksum.matches_file(path):
            raise DatasetError(
                f"{path} is not the published file ({checksum.algorithm} differs); "
                "delete it to download it again"
            )
    except (OSError, http.client.HTTPException) as error:
        raise DatasetError(f"{path} does not exist and {url} cannot be fetched ({error}); {remedy}") from None
    finally:
        _tidy(part, made)


def _transfer(url: str, file: BinaryIO, on_bytes: Callable[[int, int], None]) -> None:
    """Append the bytes of ``url`` that ``file`` still lacks, in as many transfers as it takes."""
    for _ in range(MOST_TRANSFERS):
        start = file.seek(0, os.SEEK_END)
        request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
        try:
            answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            return  # everything is here; the checksum decides
        with answer:
            if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
                start = file.seek(0)
                file.truncate()
            length = int(answer.headers.get("Content-Length", 0))
            total = start + length if length else 0
            came = _append(answer, file, total, on_bytes)
        if came >= length:
            return
        if not came:
            break
    raise OSError(f"the connection breaks off after {file.tell()} bytes")


def _append(
    answer: http.client.HTTPResponse, file: BinaryIO, total: int, on_bytes: Callable[[int, int], None]
) -> int:
    """Append what comes until the end or the first fault; return the count of bytes."""
    came = 0
    try:
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            came += len(chunk)
            on_bytes(file.tell(), total)
    except (TimeoutError, ConnectionError, http.client.IncompleteRead):
        if not came:
            raise
    file.flush()
    return came


def _keep(part: Path, path: Path, checksum: Checksum, url: str) -> None:
    if not checksum.matches_file(part):
        part.unlink()
        raise DatasetError(
            f"{url} is not the published file ({checksum.algorithm} differs); nothing was written to {path}; "
            "try again later, or fetch the file elsewhere"
        )
    os.replace(part, path)  # noqa: PTH105 - atomic, unlike Path.rename on every platform


def _tidy(part: Path, made: list[Path]) -> None:
    """Remove an empty part, and the folders that were made for nothing."""
    if part.exists() and not part.stat().st_size:
        part.unlink()
    for folder in made:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
