"""The picture of a study: accuracy of every run by arm, and the training loss."""

import io
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rbonn_hw.results import write_bytes


def write(document: dict[str, Any], path: Path) -> None:
    """Write the picture (PNG).

    Args:
        document: Result of a study; see :func:`rbonn_hw.train.study.write`.
        path: The file.
    """
    arms: dict[str, Any] = document["arms"]
    labels = list(arms)
    figure = Figure(figsize=(10, 1.2 + 0.42 * len(labels)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for place, label in enumerate(labels):
        arm = arms[label]
        colour = f"C{place % 10}"
        percent = [100 * value for value in arm["accuracy"]]
        left.plot(percent, [place] * len(percent), "o", color=colour)
        left.plot(100 * arm["mean"], place, "|", color="black", markersize=18)
        right.plot(range(1, len(arm["loss"]) + 1), arm["loss"], color=colour, label=label)
    left.axvline(100 * arms[document["baseline"]]["mean"], color="grey", linewidth=0.8, linestyle=":")
    left.set_yticks(range(len(labels)), labels)
    left.invert_yaxis()
    metric = document.get("metric", "top-1")  # results of old name none
    left.set_xlabel(f"{metric} on the test split [%]: one dot a seed, bar: mean")
    right.set_xlabel("epoch")
    right.set_ylabel("training loss (mean over seeds)")
    right.set_yscale("log")
    base = document["base"]
    title = f"{document['study']}: {base['network']} ({base['form']}) on {base['dataset']}"
    figure.suptitle(title, fontsize=11)
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)  # type: ignore[no-untyped-call]
    write_bytes(path, content.getvalue())
