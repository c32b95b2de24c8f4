"""What a network file says of its boxes: it comes back, and what is none is refused."""

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.spec.boxes import BoxMeaning

MEANING = BoxMeaning(3, (8.0, 21.5), 0.03)


def test_a_meaning_comes_back() -> None:
    assert BoxMeaning.from_json(MEANING.to_json(), "file") == MEANING


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"classes": 3, "anchors": [8]}',
        '{"classes": 3, "anchors": [8], "step": 0.1, "more": 1}',
        '{"classes": 0, "anchors": [8], "step": 0.1}',
        '{"classes": 3, "anchors": [], "step": 0.1}',
        '{"classes": 3, "anchors": ["8"], "step": 0.1}',
        '{"classes": 3, "anchors": 8, "step": 0.1}',
        '{"classes": 3, "anchors": [8], "step": 0}',
        '{"classes": true, "anchors": [8], "step": 1}',
        '{"classes": 3, "anchors": [-8], "step": "x"}',
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^file: .*; export the network again"):
        BoxMeaning.from_json(text, "file")
