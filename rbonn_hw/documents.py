"""JSON of files: parsed so that whatever is wrong is one kind of error, and made into dataclasses by type."""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from rbonn_hw.errors import ConfigError

T = TypeVar("T")
_NAMES = {str: "a text", bool: "true or false", int: "an integer", float: "a finite number"}
MOST_SHOWN = 80
"""Longest value that a message shows whole [characters]."""
MOST_DIGITS = 100
"""Longest integer: every one of them is a float, too."""


def parse(content: str | bytes) -> Any:
    """Parse JSON text.

    Raises:
        ValueError: It is none, has a name twice in one object, nests deeper than Python goes, holds text that
            is no Unicode or a number beyond all reason.
    """
    try:
        text = content.decode() if isinstance(content, bytes) else content
        value = json.loads(text, object_pairs_hook=_without_twins, parse_int=_integer)
    except RecursionError:
        raise ValueError("it nests too deep") from None
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair cannot be printed
    return value


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"it holds an integer of {len(digits)} digits")
    return int(digits)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {shown(twin)} twice in one object")
    return made


def shown(value: Any) -> str:
    """Return a value as messages show it: a long one is cut."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."


def build(kind: type[T], value: Any, where: str) -> T:
    """Make a dataclass of a JSON object: every field of its type, none missing, none unknown.

    Args:
        kind: The dataclass. Its fields are texts, numbers, flags, optional ones, tuples of one type, or such
            dataclasses.
        value: What the document holds.
        where: Its name in the document, for messages.

    Raises:
        ConfigError: It is not what the dataclass says; or what the dataclass raises itself.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {shown(value)}, must be an object")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(kind)
    for name in value:
        if name not in fields:
            raise ConfigError(f"{where} has an unknown field {shown(name)}; known are {', '.join(fields)}")
    for name, field in fields.items():
        needed = field.default is field.default_factory is dataclasses.MISSING
        if needed and name not in value:
            raise ConfigError(f"{where} lacks {name!r}")
    return kind(**{name: _of_type(hints[name], entry, f"{where}: {name}") for name, entry in value.items()})


def _of_type(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        inner = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return None if value is None else _of_type(inner[0], value, where)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} is {shown(value)}, must be a list")
        kind = typing.get_args(hint)[0]
        return tuple(_of_type(kind, entry, f"{where}[{at}]") for at, entry in enumerate(value))
    if dataclasses.is_dataclass(hint):
        return build(typing.cast("type[Any]", hint), value, where)
    if not _fits(hint, value):
        raise ConfigError(f"{where} is {shown(value)}, must be {_NAMES[hint]}")
    return value


def _fits(hint: type, value: Any) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, hint) and not (hint is int and isinstance(value, bool))
