"""The picture of a study: a PNG with every arm, written whole."""

from pathlib import Path

from matplotlib import image

from rbonn_hw.report import study_plot

ARM = {"accuracy": [0.5, 0.6, 0.7], "mean": 0.6, "loss": [2.0, 1.0]}
DOCUMENT = {
    "study": "small",
    "baseline": "STE",
    "base": {"network": "lfc", "form": "hardware", "dataset": "mnist"},
    "arms": {"STE": ARM, "RBONN": {**ARM, "accuracy": [0.9, 0.9, 0.9], "mean": 0.9}},
}


def test_each_arm_adds_a_line_to_the_picture(tmp_path: Path) -> None:
    study_plot.write(DOCUMENT, tmp_path / "two.png")
    study_plot.write({**DOCUMENT, "arms": {"STE": ARM}}, tmp_path / "one.png")

    two, one = image.imread(tmp_path / "two.png"), image.imread(tmp_path / "one.png")
    assert two.shape[1] == one.shape[1] == 1000
    assert two.shape[0] > one.shape[0]
    assert len({tuple(pixel) for pixel in two.reshape(-1, two.shape[2])[::7]}) > 10  # not a blank page
