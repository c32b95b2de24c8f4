"""The result files of the stages: small JSON documents in which every figure says where it came from.

A document is a tree of plain numbers, strings, lists and objects, plus one object ``origin`` that maps the
dotted path of each figure (or of a group of figures) to one of :data:`Origin`, and ``sha256`` of all of it,
by which a file that was damaged or edited is known.
"""

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rbonn_hw import documents, drafts
from rbonn_hw.errors import ConfigError, RbonnError

Origin = Literal["estimated", "simulated", "synthesised", "routed", "executed", "measured", "proved"]
"""``routed``: from Vivado's report on the routed design; ``executed``: by running the network in software;
``measured``: wall time, or read from a board; ``proved``: by a solver, for every input."""
Document = dict[str, Any]
DIGEST = "sha256"


class ResultFile(Document):
    """An object of a result file; asking it for a key that is not there names the file and its maker.

    Args:
        content: The object; those within become such, too.
        path: The file.
        made_by: The command that writes it.
    """

    def __init__(self, content: Document, path: Path, made_by: str) -> None:
        super().__init__({name: _wrapped(value, path, made_by) for name, value in content.items()})
        self._path, self._made_by = path, made_by

    def __missing__(self, key: str) -> Any:
        raise ConfigError(
            f"{self._path} holds no {key!r}: it is of another version or was changed; "
            f"run `{self._made_by}` again"
        )


def _wrapped(value: Any, path: Path, made_by: str) -> Any:
    if isinstance(value, dict):
        return ResultFile(value, path, made_by)
    return [_wrapped(entry, path, made_by) for entry in value] if isinstance(value, list) else value


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole or not at all: an interrupted run leaves the old one."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; see :func:`write_text`."""
    with drafts.file_beside(path) as draft:
        draft.write_bytes(content)


def write_arrays(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write an .npz file as a whole or not at all; see :func:`write_text`."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def make_folder(folder: Path, key: str, make: Callable[[Path], None]) -> bool:
    """Make a folder as a whole or not at all, unless it is there and was made for the same key.

    Args:
        folder: The folder; what a failed run leaves, with its logs, is called ``NAME.failed``.
        key: What its content depends on.
        make: Fills an empty folder beside it, from where ``../`` leads to the same neighbours.

    Returns:
        Whether it was made now.

    Raises:
        RbonnError: ``make`` failed.
    """
    stamp = folder / "key.txt"
    if stamp.is_file() and stamp.read_text() == key:
        return False
    failed = folder.with_name(f"{folder.name}.failed")
    with drafts.folder_in(folder.parent, folder.name) as draft:
        shutil.rmtree(failed, ignore_errors=True)
        draft.chmod(0o755)
        try:
            make(draft)
        except RbonnError as error:
            draft.rename(failed)
            raise type(error)(str(error).replace(str(draft), str(failed))) from error
        (draft / stamp.name).write_text(key)
        with drafts.folder_in(folder.parent, folder.name) as former:
            if folder.exists():
                folder.rename(former / folder.name)
            draft.rename(folder)
    return True


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
    document = {**values, "origin": dict(origin)}
    write_text(path, json.dumps({**document, DIGEST: _digest(document)}, indent=2) + "\n")


def _digest(document: Mapping[str, Any]) -> str:
    """Return a hash of what a document says, however it is laid out."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def read_result(path: Path, made_by: str) -> Document:
    """Read a result file.

    Args:
        path: The file.
        made_by: The command that writes it, for the error message.

    Raises:
        ConfigError: It is absent, no JSON, or not what was written; a key is asked for that it lacks.
    """
    try:
        document = documents.parse(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; run `{made_by}` first") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); run `{made_by}` again") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path} does not hold a JSON object; run `{made_by}` again")
    given = document.pop(DIGEST, None)
    # What write_result wrote has origins, and since there are digests one of these, too.
    if given != _digest(document) and (given is not None or "origin" in document):
        raise ConfigError(f"{path} was damaged, or changed since it was written; run `{made_by}` again")
    return ResultFile(document, path, made_by)


def read_former(path: Path) -> Document | None:
    """Read a stage's own former result; None where none can be relied on, so that the stage runs again."""
    try:
        return read_result(path, "the stage") if path.is_file() else None
    except ConfigError:
        return None


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
