"""The result files of the stages: small JSON documents in which every figure says where it came from.

A document is a tree of plain numbers, strings, lists and objects, plus one object ``origin`` that maps the
dotted path of each figure (or of a group of figures) to one of :data:`Origin`.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, DatasetError, RbonnError

Origin = Literal["estimated", "simulated", "synthesised", "routed", "executed", "measured"]
"""``routed``: from Vivado's report on the routed design; ``executed``: by running the network in software;
``measured``: wall time, or read from a board."""
Document = dict[str, Any]


class ResultFile(Document):
    """The content of a result file; asking it for a key that is not there names the file and its maker."""

    def __init__(self, content: Document, path: Path, made_by: str) -> None:
        super().__init__(content)
        self._path, self._made_by = path, made_by

    def __missing__(self, key: str) -> Any:
        raise ConfigError(
            f"{self._path} holds no {key!r}: it is of another version or was changed; "
            f"run `{self._made_by}` again"
        )


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all: an interrupted run leaves the old one."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; see :func:`write_text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    os.replace(file.name, path)  # noqa: PTH105 - atomic, unlike Path.rename on every platform


def write_arrays(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write an .npz file as a whole or not at all; see :func:`write_text`."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def make_folder(folder: Path, key: str, make: Callable[[Path], None]) -> bool:
    """Make a folder as a whole or not at all, unless it is there and was made for the same key.

    Args:
        folder: The folder; what an interrupted run leaves is called ``NAME.part``, what a failed one leaves,
            with its logs, ``NAME.failed``.
        key: What its content depends on.
        make: Fills an empty folder.

    Returns:
        Whether it was made now.

    Raises:
        RbonnError: ``make`` failed.
    """
    stamp = folder / "key.txt"
    if stamp.is_file() and stamp.read_text() == key:
        return False
    draft, failed = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("part", "failed"))
    for path in (draft, failed):
        shutil.rmtree(path, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        make(draft)
    except RbonnError:
        draft.rename(failed)
        raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    (draft / stamp.name).write_text(key)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return True


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read an .npz file whole, whatever state it is in.

    Raises:
        DatasetError: It is absent, damaged, or no .npz.
    """
    expected = "expected a .npz as `rbonn export` or np.savez writes it"
    try:
        with path.open("rb") as stream:
            content = np.load(stream, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise DatasetError(f"{path}: is a single array, not named ones; {expected}")
            with content as file:
                return {name: file[name] for name in file.files}
    except (
        OSError,
        EOFError,
        KeyError,
        MemoryError,
        RuntimeError,
        ValueError,
        BadZipFile,
        zlib.error,
    ) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"{path}: cannot be read ({what}); {expected}") from None


def write_result(path: Path, values: Mapping[str, Any], origin: Mapping[str, Origin]) -> None:
    """Write ``values`` with the origin of their figures.

    Raises:
        ConfigError: ``origin`` names a path that ``values`` lacks, or an unknown origin.
    """
    for dotted, source in origin.items():
        node: Any = values
        for key in dotted.split("."):
            if not isinstance(node, Mapping) or key not in node:
                raise ConfigError(f"origin names {dotted!r}, which the result does not hold")
            node = node[key]
        if source not in get_args(Origin):
            raise ConfigError(f"origin {source!r} of {dotted!r} is not one of {get_args(Origin)}")
    write_text(path, json.dumps({**values, "origin": dict(origin)}, indent=2) + "\n")


def read_result(path: Path, made_by: str) -> Document:
    """Read a result file.

    Args:
        path: The file.
        made_by: The command that writes it, for the error message.

    Raises:
        ConfigError: It is absent or not JSON; a key is asked for that it does not hold.
    """
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run `{made_by}` first") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); run `{made_by}` again") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path} does not hold a JSON object; run `{made_by}` again")
    return ResultFile(document, path, made_by)


def fingerprint(*parts: bytes | str | Path) -> str:
    """Return a hash of texts and file contents, in order; equal inputs make a stage skip its work."""
    digest = hashlib.sha256()
    for part in parts:
        data = (
            part.read_bytes() if isinstance(part, Path) else part.encode() if isinstance(part, str) else part
        )
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:16]


def package_fingerprint() -> str:
    """Return a hash of this package's own sources: another version of ours makes other files."""
    root = Path(__file__).resolve().parent
    sources = [
        path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".sv", ".svh", ".cpp", ".hpp")
    ]
    return fingerprint(*sources)
