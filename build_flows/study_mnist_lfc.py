"""Training methods on MNIST with LFC, three hidden binary layers of 1024 neurons."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="mnist_lfc",
    question="Which method trains LFC best on a sixth of MNIST at equal budget?",
    base=Recipe(
        network="lfc",
        dataset="mnist",
        epochs=5,
        batch_size=128,
        lr=0.005,
        weight_lr=4.0,
        crop=1,
        precision="bfloat16",
        coupling=1e-8,
        train_frames=10_000,
    ),
    arms={
        "STE": {"method": "ste"},
        "ReActNet": {"method": "reactnet"},
        "AdamBNN, two stages": {"method": "adambnn", "stage1_epochs": 2, "weight_decay": 1e-5},
        "Bop": {"method": "bop"},
        "Bop2ndOrder": {"method": "bop2ndorder"},
        "RBONN, released code": {"method": "rbonn-released", "coupling": 1e-4},
        "RBONN, published lambda": {"method": "rbonn", "coupling": 1e-4},
        "RBONN": {"method": "rbonn"},
        "RBONN, recurrent step off": {"method": "rbonn", "tau": 1.0},
    },
    baseline="STE",
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
