"""Detection: RBONN with the recurrent step on and off, ReActNet, STE, real weights; figures are mAP@0.5."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="detection",
    question="Digits on canvases, 12 epochs of 2,000: what do method and recurrent step make of mAP@0.5?",
    base=Recipe(
        network="detect-digits",
        dataset="digit-canvases",
        epochs=12,
        batch_size=16,
        lr=0.006,
        weight_lr=3.0,
        score_scale=0.02,
        shift=4.0,
        zoom=0.1,
        train_frames=2_000,
        evaluate_every=12,
    ),
    arms={
        "RBONN, recurrent step off": {"tau": 1.0},
        "RBONN, recurrent step on": {},
        "ReActNet": {"method": "reactnet"},
        "STE": {"method": "ste"},
        "real weights and activations": {"method": "real"},
    },
    baseline="RBONN, recurrent step off",
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
