"""rbonn_hw/spec/input.py: what a declaration says, and which contradict themselves."""

import json
from typing import Any

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.spec.input import InputMeaning, PixelScale


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"kind": "uint8"}, "uint8 pixels 0 .. 255 as they are"),
        ({"scale": "1/255"}, "uint8 pixels x, scaled by x / 255"),
        (
            {"scale": "1/255", "mean": [0.5, 0.25], "std": 0.5, "layout": "HWC"},
            "uint8 pixels (HWC) x, scaled by (x / 255 - [0.5, 0.25]) / 0.5",
        ),
        ({"range": [-1, 1]}, "uint8 pixels x, scaled by (x / 255 - 0.5) / 0.5"),
        ({"dtype": "INT4"}, "integers of INT4"),
        ({"kind": "floats", "range": [-2, 3]}, "floats -2 .. 3"),
    ],
)
def test_a_declaration_is_read_said_and_written(document: dict[str, Any], text: str) -> None:
    meaning = InputMeaning.from_document(document)
    assert meaning.text == text
    assert InputMeaning.from_json(json.dumps(meaning.to_document()), "x") == meaning


def test_ranges_are_scales() -> None:
    assert InputMeaning.from_range(0, 255) == InputMeaning()
    assert InputMeaning.from_range(0, 1) == InputMeaning(scale=PixelScale(1.0, 255.0))


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"scale": 255}, "to divide them by 255 write 1/255"),
        ({"scale": "1/0"}, "finite and positive"),
        ({"scale": "half"}, "'half' is no number"),
        ({"scale": "nan"}, "finite and positive"),
        ({"std": [1, 0]}, "must be positive"),
        ({"mean": [float("inf")]}, "finite numbers"),
        ({"mean": "0.5"}, "a number or a list of numbers"),
        ({"range": [1, 0]}, "LOW below HIGH"),
        ({"range": [0, 1], "std": [2]}, "goes without scale"),
        ({"kind": "floats", "range": [1, 1]}, "LOW below HIGH"),
        ({"kind": "floats", "mean": [1]}, "belong to uint8 pixels, not to floats"),
        ({"kind": "integers"}, "integers, and only they, have one"),
        ({"dtype": "FLOAT32"}, "'FLOAT32' is not BINARY"),
        ({"kind": "int8"}, "kind 'int8' is not one of uint8, integers, floats"),
        ({"layout": "WHC"}, "layout 'WHC' is not one of CHW, HWC"),
        ({"scales": 1}, "unknown key 'scales'; known are kind, scale"),
    ],
)
def test_contradictions(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        InputMeaning.from_document(document)


def test_text_that_is_no_declaration() -> None:
    for text in ("{", "[]"):
        with pytest.raises(ConfigError, match=r"here: .*JSON"):
            InputMeaning.from_json(text, "here")
