"""rbonn_hw.report.charts, roofline, training and confusion: figures against sums by hand."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.charts import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, around, chart, short
from rbonn_hw.report.confusion import read_confusion
from rbonn_hw.report.peers import PEERS, plot, rows
from rbonn_hw.report.provenance import provenance
from rbonn_hw.report.roofline import roofline, work
from rbonn_hw.report.training import course_charts, read_course
from rbonn_hw.results import Document

NODES: list[Document] = [
    {"kernel": "RbonnMVAU", "pe": 4, "simd": 16, "cycles_per_frame": 100},
    {"kernel": "RbonnWindow", "pe": None, "simd": 16, "cycles_per_frame": 400},
    {"kernel": "RbonnDepthwise", "pe": 2, "simd": 9, "cycles_per_frame": 50},
]
STREAMS = [{"dtype": "UINT8", "lanes": 3, "beats": 64}, {"dtype": "INT12", "lanes": 1, "beats": 10}]


def test_points_lie_where_their_values_are() -> None:
    x, y = Axis("x", 1, 1000, logarithmic=True), Axis("y", 0, 10)

    drawn = chart(
        x, y, points=[("begin", 1, 10), ("beyond", 1e9, 10)], lines=[("line", [(1, 0), (1000, 10)])]
    )

    assert [(point["x"], point["y"]) for point in drawn["points"]] == [(LEFT, TOP), (WIDTH - RIGHT, TOP)]
    assert drawn["lines"][0]["path"] == f"{LEFT}.0,{HEIGHT - 34}.0 {WIDTH - RIGHT}.0,{TOP}.0"
    assert [text for _, text in drawn["x"]["ticks"]] == ["1", "10", "100", "1k"]


def test_axes_hold_their_values_and_one_value_has_an_axis_too() -> None:
    assert around("a", [20, 300], logarithmic=True) == Axis("a", 10, 1000, logarithmic=True)
    assert (around("a", [5]).low, around("a", [5]).high) == (4, 6)
    assert around("a", [0, 10]).ticks == [0, 2, 4, 6, 8, 10]


def test_numbers_are_short() -> None:
    assert [short(value) for value in (0.25, 1234, 2e7, 1.95e11, 6.65e12)] == [
        "0.25",
        "1.23k",
        "20M",
        "195G",
        "6.65T",
    ]


def test_work_counts_every_product_once() -> None:
    assert work(NODES, STREAMS) == {
        "macs_per_frame": 64 * 100 + 18 * 50,
        "macs_per_cycle": 64 + 18,
        "bytes_per_frame": 192,
    }


def test_a_design_lies_below_its_roofs() -> None:
    report = {"work": work(NODES, STREAMS), "fps_at_100mhz": 250_000.0, "budget": {"lut": 53_200}}

    found = roofline(report)

    assert found is not None
    figures = {name: value for name, value, _ in found["figures"]}
    assert figures["operations per frame"] == 14_600
    assert figures["operations/s of this design"] == 14_600 * 250_000
    assert figures["operations/s of its folding, always busy"] == 2 * 82 * 1e8
    assert figures["operations/s that the memory port could feed"] == pytest.approx(14_600 / 192 * 8e8)
    assert figures["operations/s of all LUTs as binary products"] == pytest.approx(2 * 53_200 / 1.6 * 1e8)
    this, folding = found["points"]
    assert this["x"] == folding["x"]
    assert this["y"] > folding["y"]  # downwards


def test_without_products_or_a_rate_there_is_no_roofline() -> None:
    report = {"work": work([], STREAMS), "fps_at_100mhz": 1.0, "budget": {"lut": 1}}

    assert roofline(report) is None
    assert roofline(report | {"work": work(NODES, STREAMS), "fps_at_100mhz": None}) is None


def test_course_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    assert read_course(tmp_path) == {}
    file.write_text("epoch,loss,validation_accuracy,test_accuracy\n1,2.5,,0.5\n2,1.5,,\n3,1.0,,0.75\n")

    course = read_course(tmp_path)

    assert course == {
        "loss": [[1, 2.5], [2, 1.5], [3, 1.0]],
        "test_accuracy": [[1, 0.5], [3, 0.75]],
        "validation_accuracy": [],
    }
    assert [drawn["y"]["name"] for drawn in course_charts(course)] == ["training loss", "accuracy"]
    assert course_charts({}) == []


@pytest.mark.parametrize(
    "content", [b"epoch,loss\n1,nothing\n", b"epoch\n1\n", b"epoch,loss\n\xff,1\n", b"", b"\0\n\0"]
)
def test_a_damaged_course_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    if not content:
        assert not any(read_course(tmp_path).values())
        return

    with pytest.raises(ConfigError, match=r"metrics\.csv is no table of epochs"):
        read_course(tmp_path)


def test_a_run_that_diverged_has_no_such_points(tmp_path: Path) -> None:
    rows = "1,2.0,,\n2,1.0,,\n3,nan,,\n4,inf,,\n5,1e12,,\n"
    (tmp_path / "metrics.csv").write_text(f"epoch,loss,validation_accuracy,test_accuracy\n{rows}")

    assert read_course(tmp_path)["loss"] == [[1, 2.0], [2, 1.0]]


def write_answers(folder: Path, labels: list[int], classes: list[int]) -> tuple[Path, Path]:
    """Write frames with labels, and answers to the first of them."""
    np.savez(folder / "golden.npz", frames=np.zeros((len(labels), 1, 2, 2)), labels=np.array(labels))
    np.savez(folder / "outputs.npz", classes=np.array(classes))
    return folder / "golden.npz", folder / "outputs.npz"


def test_confusion_has_true_classes_in_rows(tmp_path: Path) -> None:
    files = write_answers(tmp_path, [0, 0, 1, 2, 2, 1], [0, 2, 1, 2, 0])  # the last was not simulated

    assert read_confusion(*files) == {"classes": 3, "matrix": [[1, 0, 1], [0, 1, 0], [1, 0, 1]]}


def test_of_many_classes_the_most_frequent_mistakes_are_said(tmp_path: Path) -> None:
    files = write_answers(tmp_path, [30, 30, 5, 30, 7], [4, 4, 6, 30, 7])

    assert read_confusion(*files) == {"classes": 31, "pairs": [[30, 4, 2], [5, 6, 1]]}


REPORT = {
    "part": "xc7z020clg400-1",
    "accuracy": {"rtl": 0.9},
    "network": {"dataset": "cifar10"},
    "fps_at_100mhz": 5000.0,
    "latency_cycles": 20_000,
    "resources": {"lut": 1, "ff": 2, "ramb36": 3, "dsp": 4},
}


def test_this_design_stands_first_beside_the_published_ones() -> None:
    found = rows(REPORT)

    assert (found[0]["design"], found[0]["top1"], found[0]["latency"]) == ("this design", 90.0, "200.0 µs")
    assert [row["number"] for row in found] == list(range(len(PEERS) + 1))
    assert all(row["source"] and row["basis"] in ("measured", "published") for row in found[1:])
    drawn = plot(found)
    assert drawn is not None
    assert [point["name"] for point in drawn["points"]] == ["this", *map(str, range(1, len(PEERS) + 1))]


def test_a_design_without_accuracy_is_in_no_plot() -> None:
    assert plot(rows({**REPORT, "accuracy": {}})) is None
    assert rows({**REPORT, "part": "xc7z045ffg900-2"}) == []


def test_provenance_says_when_what_and_how() -> None:
    made = provenance(["rbonn", "report", "a folder"])

    assert made["command"] == "rbonn report 'a folder'"
    assert made["date"].endswith(" UTC")
    assert made["version"]
    assert made["commit"]
