"""Where a network is defined that its user brings: ``FILE.py:NAME``."""

import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rbonn_hw.errors import ConfigError

SUFFIX = ".py"


def is_reference(text: str) -> bool:
    """Return whether a network is called ``FILE.py:NAME``."""
    return text.rpartition(":")[0].endswith(SUFFIX)


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a user's network is defined.

    Attributes:
        path: The file.
        attribute: Name in it.
    """

    path: Path
    attribute: str

    @classmethod
    def parse(cls, text: str, base: Path | None = None) -> Self:
        """Return the reference in ``FILE.py:NAME``, relative to ``base``.

        Raises:
            ConfigError: It is not of that form, or the file is not there.
        """
        file, _, attribute = text.rpartition(":")
        if not is_reference(text) or not attribute.isidentifier():
            raise ConfigError(f"network {text!r} must be FILE.py:NAME; try network.py:network")
        path = (base or Path()) / Path(file).expanduser()
        if not path.is_file():
            raise ConfigError(
                f"network {text!r}: {path} does not exist; name the Python file that defines it"
            )
        return cls(path, attribute)

    @property
    def name(self) -> str:
        """The network's name in recipe and checkpoint; the file's folder is no part of it."""
        return f"{self.path.name}:{self.attribute}"

    def load(self) -> Any:
        """Run the file and return the object of that name.

        Raises:
            ConfigError: The file raises, or has no such name; the message has the line.
        """
        title = f"rbonn_network_{self.path.stem}"
        spec = importlib.util.spec_from_file_location(title, self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[title] = module  # where dataclasses and pickle look for it
        folder, before = self.path.resolve().parent, set(sys.modules)
        sys.path.insert(0, str(folder))
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            raise self.failed("cannot be run", error) from None
        finally:
            sys.path.remove(str(folder))
            # Another network's file may have another neighbour of the same name.
            for name in set(sys.modules) - before:
                if folder in Path(getattr(sys.modules[name], "__file__", None) or "/").parents:
                    del sys.modules[name]
        try:
            return getattr(module, self.attribute)
        except AttributeError:
            names = [name for name in vars(module) if not name.startswith("_")]
            raise ConfigError(
                f"{self.path} defines no {self.attribute!r}; it has {', '.join(names)}"
            ) from None

    def failed(self, what: str, error: Exception) -> ConfigError:
        """Return the error that says what went wrong in the user's file, and in which line of it."""
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == self.path]
        where = f" in line {lines[-1]}" if lines else ""
        text = " ".join(str(error).split())[:300]
        return ConfigError(f"network {self.name} {what}: {type(error).__name__}{where}: {text}")
