"""rbonn_hw.report: what the page shows, and that it needs nothing beside it."""

import base64
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.report.blocks import layer_rows
from rbonn_hw.report.collect import Stages, join
from rbonn_hw.report.confusion import read_confusion
from rbonn_hw.report.frames import picture, read_samples
from rbonn_hw.report.page import count, fit, pair_rows, render
from rbonn_hw.results import Document, Origin
from tests.report.documents import write_dataflow, write_stages, write_timeline


@pytest.fixture
def joined(tmp_path: Path) -> tuple[Document, dict[str, Origin]]:
    write_stages(tmp_path)
    write_dataflow(tmp_path)
    write_timeline(tmp_path)
    report, origin = join(Stages.read(tmp_path, tmp_path / "train", tmp_path / "export"))
    report["made"] = {
        "date": "2026-11-26",
        "version": "9.8.7",
        "commit": "abc1234",
        "command": "rbonn report",
    }
    report["confusion"] = read_confusion(tmp_path / "export" / "golden.npz", tmp_path / "outputs.npz")
    report["clock"] = {"state": "not known"}
    return report, origin


def test_the_slowest_layer_is_marked_and_buffers_are_one_row(
    joined: tuple[Document, dict[str, Origin]],
) -> None:
    rows = layer_rows(joined[0]["layers"], 1152)

    assert [row["name"] for row in rows if row.get("slowest")] == ["mvau0"]
    assert [row["name"] for row in rows] == ["pad", "swg", "mvau0", "mvau1", "2 FIFOs and width converters"]
    assert (rows[-1]["lut"], rows[-1]["ff"]) == (31 + 48, 27 + 169)


def test_shares_are_of_the_budget(joined: tuple[Document, dict[str, Origin]]) -> None:
    assert [row["share"] for row in fit(joined[0])] == [4265 / 53_200, 5343 / 106_400, 7.5 / 140, 0]


def test_the_matrix_is_symmetric_with_an_empty_diagonal(joined: tuple[Document, dict[str, Origin]]) -> None:
    joined[0]["pairs"]["finn-rtl"] = 5

    rows = pair_rows(joined[0], ["qonnx", "finn", "rtl"])

    assert [row["cells"] for row in rows] == [[None, 0, 0], [0, None, 5], [0, 5, None]]


def test_page_is_self_contained_and_says_where_figures_come_from(
    joined: tuple[Document, dict[str, Origin]], tmp_path: Path
) -> None:
    spread, wrong = read_samples(tmp_path / "export" / "golden.npz", tmp_path / "outputs.npz")

    page = render(*joined, spread, wrong)

    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert "http" not in page
    for source in ("simulated", "synthesised", "measured", "estimated"):
        assert f">{source}</span>" in page
    assert "97.50 %" in page
    assert "34.6 µs" in page
    assert "bottleneck" in page
    assert "MLPerf Tiny" in page
    for said in ("9.8.7", "abc1234", "2026-11-26", "<code>rbonn report</code>"):
        assert said in page


def test_page_is_well_formed_and_has_every_section(joined: tuple[Document, dict[str, Origin]]) -> None:
    page = Page()

    page.feed(render(*joined, [], []))

    assert page.open == []
    assert page.headings == [
        "Fit in xc7z020clg400-1", "Blocks and layers", "Graph", "Cycles: expected, and seen",
        "Clock and critical path", "Pipeline", "Pipeline over time",
        "Roofline of xc7z020clg400-1 at 100 MHz", "Agreement", "Classes: true, and answered",
        "Training", "Time to get here", "Published designs on the same part, and others",
        "Where figures come from",
    ]  # fmt: skip
    assert page.count["details"] == 6  # each of these layers is its own block
    assert page.count["svg"] == 4 + 1 + 4  # charts; the graph of blocks, and that of each of the four


class Page(HTMLParser):
    """Elements that are open, those seen, and the first words of headings."""

    VOID = frozenset({"meta", "img", "link", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: Counter[str] = Counter()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; its attributes are not looked at."""
        del attrs
        self.count[tag] += 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, which must be the last opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep a heading's own text."""
        if self.open and self.open[-1] == "h2":
            self.headings.append(data.strip())


def test_peers_stand_only_beside_their_own_part(joined: tuple[Document, dict[str, Origin]]) -> None:
    joined[0]["part"] = "xc7z045ffg900-2"

    assert "Published designs" not in render(*joined, [], [])


def test_text_from_files_is_escaped(joined: tuple[Document, dict[str, Origin]]) -> None:
    joined[0]["notes"] = ["<script>alert(1)</script>"]

    assert "<script>" not in render(*joined, [], [])


def test_samples_are_spread_and_the_wrong_ones_found(tmp_path: Path) -> None:
    write_stages(tmp_path)

    spread, wrong = read_samples(tmp_path / "export" / "golden.npz", tmp_path / "outputs.npz")

    assert (spread[0].number, spread[-1].number, len(spread)) == (0, 39, 24)
    assert [(sample.number, sample.predicted, sample.label) for sample in wrong] == [(7, 3, 7)]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_a_png(channels: int) -> None:
    uri = picture(np.arange(channels * 20).reshape(channels, 4, 5))

    assert base64.b64decode(uri.removeprefix("data:image/png;base64,"))[:4] == b"\x89PNG"


def test_a_constant_frame_is_a_picture_too() -> None:
    assert picture(np.zeros((1, 2, 2))).startswith("data:image/png")


def test_numbers_are_readable() -> None:
    assert [count(value) for value in (0, 7.5, 1234567, 86805.6, None)] == [
        "0",
        "7.5",
        "1,234,567",
        "86,806",
        "-",
    ]


@pytest.mark.parametrize(
    ("file", "arrays", "said"),
    [
        ("outputs.npz", {"scores": np.zeros((40, 10))}, r"outputs\.npz: holds no classes of the 40 frames"),
        ("outputs.npz", {"classes": np.zeros(41, int)}, r"outputs\.npz: holds no classes of the 40 frames"),
        ("outputs.npz", {"classes": np.full(4, "cat")}, r"outputs\.npz: holds no classes of the 40 frames"),
        ("export/golden.npz", {"frames": np.zeros((40, 1, 8, 8)), "labels": np.zeros(1, int)}, "1 labels"),
        ("export/golden.npz", {"frames": np.zeros((40, 1, 8, 8)), "labels": np.eye(40)}, "1600 labels"),
        ("export/golden.npz", {"frames": np.full((40, 1, 8, 8), "a"), "labels": np.zeros(40, int)}, "of <U1"),
    ],
)
def test_arrays_of_other_frames_are_refused(
    tmp_path: Path, file: str, arrays: dict[str, Any], said: str
) -> None:
    write_stages(tmp_path)
    np.savez(tmp_path / file, **arrays)
    with pytest.raises(DatasetError, match=said):
        read_samples(tmp_path / "export" / "golden.npz", tmp_path / "outputs.npz")
