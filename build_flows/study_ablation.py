"""RBONN on MNIST with the small residual network: lambda, tau and the first value of U, one at a time."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="ablation",
    question="What do lambda, tau and U do to RBONN on a twelfth of MNIST?",
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
        "base: lambda = 1e-8, tau = 0.6, U = 0.001": {},
        "lambda = 0": {"coupling": 0.0},
        "lambda = 1e-6": {"coupling": 1e-6},
        "lambda = 1e-5": {"coupling": 1e-5},
        "lambda = 1e-4": {"coupling": 1e-4},
        "tau = 0.4": {"tau": 0.4},
        "tau = 0.8": {"tau": 0.8},
        "tau = 1.0": {"tau": 1.0},
        "U = 0.01": {"u_init": 0.01},
        "U = 0.1": {"u_init": 0.1},
        "two stages": {"stage1_epochs": 2},
        "two stages, tau = 1.0": {"stage1_epochs": 2, "tau": 1.0},
    },
    baseline="base: lambda = 1e-8, tau = 0.6, U = 0.001",
    seeds=(0, 1, 2, 3, 4),
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
