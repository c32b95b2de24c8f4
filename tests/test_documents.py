"""rbonn_hw.documents: JSON is one kind of error whatever is wrong, and dataclasses are made by type."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from rbonn_hw import documents
from rbonn_hw.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    """A part."""

    size: int


@dataclass(frozen=True)
class Outer:
    """A whole."""

    name: str
    share: float
    parts: tuple[Inner, ...] = ()
    limit: float | None = None
    last: Inner = field(default_factory=lambda: Inner(0))
    flag: bool = False


GOOD: dict[str, Any] = {"name": "größe", "share": 1, "parts": [{"size": 3}, {"size": -4}], "limit": None}


@pytest.mark.parametrize(
    "content",
    [
        "", "{", b"\xff{}", "[" * 200_000, '{"a":' * 200_000, '{"a": 1, "a": 1}', '["\\ud800"]',
        "[1" + "0" * 5000 + "]", "[1" + "0" * 200 + "]",
    ],
)  # fmt: skip
def test_whatever_is_no_json_is_one_kind_of_error(content: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        documents.parse(content)


def test_good_text_is_parsed() -> None:
    assert documents.parse('{"a": [1, 2.5, null, true, "\\u00e9\\ud83d\\ude00"]}') == {
        "a": [1, 2.5, None, True, "é\U0001f600"]
    }
    assert documents.parse(b'{"a": {"a": 1}}') == {"a": {"a": 1}}


def test_a_dataclass_of_dataclasses() -> None:
    assert documents.build(Outer, GOOD, "it") == Outer("größe", 1, (Inner(3), Inner(-4)))
    made = documents.build(Outer, {"name": "", "share": 0.5, "limit": 2, "last": {"size": 1}}, "it")
    assert (made.limit, made.last) == (2, Inner(1))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": 1}, "it: name is 1, must be a text"),
        ({"share": "1"}, "it: share is '1', must be a finite number"),
        ({"share": True}, "share is True"),
        ({"share": float("nan")}, "share is nan"),
        ({"limit": float("inf")}, "limit is inf"),
        ({"parts": {"size": 1}}, "parts is .*, must be a list"),
        ({"parts": [{"size": 1.0}]}, r"it: parts\[0\]: size is 1.0, must be an integer"),
        ({"parts": [{"size": True}]}, "size is True"),
        ({"parts": [None]}, r"parts\[0\] is None, must be an object"),
        ({"parts": [{}]}, r"parts\[0\] lacks 'size'"),
        ({"last": None}, "last is None, must be an object"),
        ({"flag": 1}, "flag is 1, must be true or false"),
        ({"more": 1}, "it has an unknown field 'more'; known are name, share"),
        ({"name": ["x" * 500]}, r"name is .{77}\.\.\., must"),
    ],
)
def test_a_field_of_another_type_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        documents.build(Outer, {**GOOD, **changes}, "it")


def test_what_is_no_object() -> None:
    with pytest.raises(ConfigError, match="it is None, must be an object"):
        documents.build(Outer, None, "it")
    with pytest.raises(ConfigError, match="it lacks 'share'"):
        documents.build(Outer, {"name": "x"}, "it")
