"""Reads a JSON document of a package field by field: whoever wrote it, a field has its type and its range.

Packages come from elsewhere. A number that is a text, a list that is an object, an infinite float or a count
beyond all reason ends here as a :class:`PackageError` that names the field, not deep in the driver.
"""

from __future__ import annotations

import json
import math
from typing import Any

from .errors import PackageError

MAX_DOCUMENT_BYTES = 1 << 26
"""Longest document that is parsed [bytes]; tables for hundreds of channels stay far below."""

MAX_NUMBER = 1e28
"""Largest float: its product with an integer of 32 bits is a float32."""


class Fields:
    """An object of a document.

    Args:
        value: What the document holds there.
        where: Its name, for error messages.

    Raises:
        PackageError: It is no object.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise PackageError(f"{where}: is {_shown(value)}, expected an object; make the package again")
        self._value = value
        self._where = where

    @classmethod
    def parse(cls, content: bytes, where: str) -> Fields:
        """Parse a document.

        Raises:
            PackageError: It is no JSON, or no object.
        """
        if len(content) > MAX_DOCUMENT_BYTES:
            raise PackageError(f"{where}: has {len(content)} bytes, at most {MAX_DOCUMENT_BYTES} are read")
        try:
            value = json.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise PackageError(f"{where}: cannot be read ({error}); make the package again") from None
        return cls(value, where)

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def names(self) -> tuple[str, ...]:
        """Return the names of all fields, in the document's order."""
        return tuple(self._value)

    def child(self, name: str) -> Fields:
        """Return a field that is an object."""
        return Fields(self._get(name), f"{self._where}: {name}")

    def children(self, name: str) -> tuple[Fields, ...]:
        """Return a field that is a list of objects."""
        rows = self._list(name)
        return tuple(Fields(row, f"{self._where}: {name}[{at}]") for at, row in enumerate(rows))

    def text(self, name: str) -> str:
        """Return a field that is a text."""
        found: str = self._typed(name, self._get(name), str, "a text")
        return found

    def flag(self, name: str) -> bool:
        """Return a field that is true or false."""
        found: bool = self._typed(name, self._get(name), bool, "true or false")
        return found

    def integer(self, name: str, low: int, high: int) -> int:
        """Return a field that is an integer in ``low .. high``."""
        return self._integer(name, self._get(name), low, high)

    def number(self, name: str) -> float:
        """Return a field that is a number."""
        return self._number(name, self._get(name))

    def integers(self, name: str, low: int, high: int) -> tuple[int, ...]:
        """Return a field that is a list of integers in ``low .. high``."""
        return tuple(self._integer(name, value, low, high) for value in self._list(name))

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return a field that is a list of numbers."""
        return tuple(self._number(name, value) for value in self._list(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts."""
        return tuple(self._typed(name, value, str, "a list of texts") for value in self._list(name))

    def rows(self, name: str, low: int, high: int) -> tuple[tuple[int, ...], ...]:
        """Return a field that is a list of integers in ``low .. high``, then one row, or a list of lists."""
        values = self._list(name)
        if values and isinstance(values[0], list):
            inner = Fields({str(at): row for at, row in enumerate(values)}, f"{self._where}: {name}")
            return tuple(inner.integers(str(at), low, high) for at in range(len(values)))
        return (self.integers(name, low, high),)

    def wrong(self, name: str, expected: str) -> PackageError:
        """Return the error for a field that breaks a rule of its own."""
        return self._error(name, self._get(name), expected)

    def _get(self, name: str) -> Any:
        if name not in self._value:
            raise PackageError(f"{self._where}: has no {name!r}; make the package again")
        return self._value[name]

    def _list(self, name: str) -> list[Any]:
        found: list[Any] = self._typed(name, self._get(name), list, "a list")
        return found

    def _typed(self, name: str, value: Any, kind: type, expected: str) -> Any:
        if not isinstance(value, kind):
            raise self._error(name, value, expected)
        return value

    def _integer(self, name: str, value: Any, low: int, high: int) -> int:
        # JSON's true is an int to Python.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._error(name, value, f"an integer in {low} .. {high}")
        return value

    def _number(self, name: str, value: Any) -> float:
        # An integer of JSON may be larger than any float.
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER
        if not good or math.isnan(value):
            raise self._error(name, value, f"a number up to {MAX_NUMBER:g}")
        return float(value)

    def _error(self, name: str, value: Any, expected: str) -> PackageError:
        return PackageError(
            f"{self._where}: {name} is {_shown(value)}, expected {expected}; make the package again"
        )


def _shown(value: Any) -> str:
    text = type(value).__name__ if isinstance(value, (dict, list)) and len(value) > 8 else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
