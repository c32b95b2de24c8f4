"""Training methods on MNIST with the small residual network of the demo."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="mnist_conv",
    question="Which method trains the small residual network best on a twelfth of MNIST at equal budget?",
    base=Recipe(
        network="mnist",
        dataset="mnist",
        epochs=4,
        batch_size=64,
        lr=0.005,
        weight_lr=6.0,
        coupling=1e-8,
        train_frames=5_000,
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
