"""Whose files are whose: what rbonn made in a folder, and what is its user's.

A folder that a verb writes to holds :data:`MARKER`, a JSON file that lists the names that rbonn made in it,
by verb. Whatever else lies there is its user's: it is neither overwritten nor removed.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError
from rbonn_hw.results import fingerprint, write_text

MARKER = ".rbonn.json"
ABOUT = "what rbonn made in this folder; names that are not listed are left alone"
_BUILD = {"compile.json": ("key", "top", "nodes")}
_EVIDENCE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "train": {"train.json": ("recipe", "accuracy"), "last.safetensors": ()},
    "export": {"export.json": ("checkpoint_sha256",)},
}
"""Files, and keys in them, by which a folder of versions without markers is known; others have a build's."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How what rbonn sealed in a folder has changed since; names are relative to the folder.

    Attributes:
        missing: Files that are gone.
        changed: Files with other content.
        strange: Files in folders of ours that are not ours.
    """

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a verb is about to write in a folder.

    Attributes:
        folder: The folder.
        verb: The verb.
        names: Files and folders in it that are written anew.
        inputs: Files and folders that the run reads; None for one that was not given.
    """

    folder: Path
    verb: str
    names: tuple[str, ...]
    inputs: tuple[Path | None, ...] = field(default=(), kw_only=True)

    def check(self) -> None:
        """Check that nothing is overwritten that rbonn did not make, and no input.

        Raises:
            ConfigError: The message names what would be.
        """
        check_place(self.folder)
        made = _made(self)
        for path in filter(None, self.inputs):
            self._check_input(path.resolve())
        for name in self.names:
            path = self.folder / name
            if os.path.lexists(path) and (name not in made or path.is_symlink()):
                raise ConfigError(
                    f"{path} is {_described(path)} that `rbonn {self.verb}` did not make, so it is not "
                    "overwritten; move it away, or write to another folder"
                )

    def _check_input(self, path: Path) -> None:
        for name in self.names:
            target = (self.folder / name).resolve()
            if target == path or target in path.parents:
                raise ConfigError(
                    f"{path} is read, and `rbonn {self.verb}` writes {target} anew; copy it elsewhere first, "
                    "or write to another folder"
                )

    def record(self) -> None:
        """Note in the folder's marker whose the names are, before they are written.

        Raises:
            ConfigError: As :meth:`check`.
        """
        self.check()
        made = _made(self)
        kept = {name: entry for name, entry in made.items() if os.path.lexists(self.folder / name)}
        self._write({**kept, **{name: {"by": self.verb} for name in self.names}})

    def seal(self) -> None:
        """Add to the marker what all of the verb's files hold now, by which :func:`differences` are told."""
        made = _made(self)
        for name in made:
            if made[name].get("by") == self.verb:
                made[name] = {"by": self.verb, "files": _digests(self.folder, name)}
        self._write(made)

    def _write(self, made: Mapping[str, Any]) -> None:
        text = json.dumps({"about": ABOUT, "made": made}, indent=1)
        write_text(self.folder / MARKER, text + "\n")


def check_place(folder: Path) -> None:
    """Check that a folder can be one of rbonn's.

    Raises:
        ConfigError: It is the root, somebody's home, or a file, or its path is one that tools do not take.
    """
    found = folder.resolve()
    if not str(found).isprintable() or set(str(found)) & set('"\\'):
        raise ConfigError(
            f"{str(folder)!r}: quotation marks, backslashes and line breaks in a path are syntax to tools "
            "that read it; use a folder without"
        )
    with contextlib.suppress(RuntimeError):  # there may be no home
        if found == Path.home().resolve():
            raise ConfigError(f"{folder} is your home folder; name a folder in it, such as {found / 'build'}")
    if found == found.parent:
        raise ConfigError(f"{folder} is the root of the file system; name a folder of its own")
    if found.exists() and not found.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder, for example {folder}.d")


def check_file(path: Path, verb: str, *, is_ours: bool, inputs: Iterable[Path | None] = ()) -> None:
    """Check that a single file may be written.

    Args:
        path: The file.
        verb: Who writes it.
        is_ours: Whether what lies there, if anything does, is a former one.
        inputs: What the run reads.

    Raises:
        ConfigError: It is a folder, an input, or somebody else's.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file in it")
    if any(given is not None and given.resolve() == path.resolve() for given in inputs):
        raise ConfigError(f"{path} is read, and would be overwritten; write to another file")
    if os.path.lexists(path) and not is_ours:
        raise ConfigError(
            f"{path} is {_described(path)} that `rbonn {verb}` did not make, so it is not overwritten; move "
            "it away, or write to another file"
        )


def differences(folder: Path) -> Differences:
    """Compare what was sealed in a folder with what is there."""
    missing, changed, strange = [], [], []
    for name, entry in _marker(folder).items():
        if "files" not in entry:
            continue
        found = _digests(folder, name)
        missing += [file for file in entry["files"] if file not in found]
        changed += [file for file, value in entry["files"].items() if found.get(file, value) != value]
        strange += [file for file in found if file not in entry["files"]]
    return Differences(tuple(missing), tuple(changed), tuple(strange))


def _marker(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        made = documents.parse((folder / MARKER).read_bytes())["made"]
        return {name: dict(entry) for name, entry in made.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _made(claim: Claim) -> dict[str, dict[str, Any]]:
    """Return what rbonn made in a folder; the verb's names, too, where a version without markers was."""
    made = _marker(claim.folder)
    if not _is_old(claim.folder, claim.verb, made):
        return made
    there = [name for name in claim.names if os.path.lexists(claim.folder / name)]
    return {**{name: {"by": claim.verb} for name in there}, **made}


def _is_old(folder: Path, verb: str, made: Mapping[str, Any]) -> bool:
    for name, keys in _EVIDENCE.get(verb, _BUILD).items():
        if name in made or not (folder / name).is_file():
            continue
        if not keys:
            return True
        with contextlib.suppress(OSError, ValueError):
            document = documents.parse((folder / name).read_bytes())
            if isinstance(document, dict) and all(key in document for key in keys):
                return True
    return False


def _digests(folder: Path, name: str) -> dict[str, str]:
    path = folder / name
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {str(file.relative_to(folder)): fingerprint(file) for file in files if file.is_file()}


def _described(path: Path) -> str:
    if path.is_symlink():
        return "a link"
    if path.is_dir():
        return f"a folder of {sum(1 for _ in path.iterdir())} entries"
    return f"a file of {path.stat().st_size:,} bytes"
