"""The course of a training run, from its metrics.csv."""

import csv
from collections.abc import Sequence
from pathlib import Path

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.charts import around, chart
from rbonn_hw.results import Document

FILE = "metrics.csv"
ACCURACIES = ("test_accuracy", "validation_accuracy")
DIVERGED = 1e9
"""A loss from here on, or one that is no number, is of a run that diverged, and in no chart."""


def read_course(folder: Path) -> Document:
    """Return loss and accuracy [0 .. 1] by epoch, as far as they are there; empty without a metrics.csv.

    Raises:
        ConfigError: The file is not one that `rbonn train` wrote.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {
            name: [
                [int(row["epoch"]), float(row[name])]
                for row in rows
                if row[name] and abs(float(row[name])) < DIVERGED
            ]
            for name in ("loss", *ACCURACIES)
        }
    except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
        raise ConfigError(
            f"{path} is no table of epochs ({type(error).__name__}: {error}); run `rbonn train` again"
        ) from None


def course_charts(course: Document) -> list[Document]:
    """Return a chart of the loss and one of the accuracies, of those that have two epochs or more."""
    loss = [("training loss", course.get("loss", []))]
    accuracy = [(name.replace("_", " "), course.get(name, [])) for name in ACCURACIES]
    found = []
    for name, series in (("training loss", loss), ("accuracy", accuracy)):
        lines = [(label, [(x, y) for x, y in points]) for label, points in series if len(points) > 1]
        if lines:
            found.append(_lines(name, lines))
    return found


def _lines(name: str, lines: Sequence[tuple[str, list[tuple[float, float]]]]) -> Document:
    places = [place for _, points in lines for place in points]
    x = around("epoch", (place[0] for place in places))
    return chart(x, around(name, (place[1] for place in places)), lines)
