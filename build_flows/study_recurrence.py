"""Where the recurrent step of RBONN acts: on and off, with other couplings, values of U and step sizes."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="recurrence",
    question="Where does the recurrent step help: with which lambda, U, step size and length of training?",
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
        "lambda = 1e-8, off": {"tau": 1.0},
        "lambda = 1e-8, on": {},
        "lambda = 1e-5, off": {"coupling": 1e-5, "tau": 1.0},
        "lambda = 1e-5, on": {"coupling": 1e-5},
        "lambda = 1e-4, off": {"coupling": 1e-4, "tau": 1.0},
        "lambda = 1e-4, on": {"coupling": 1e-4},
        "lambda = 1e-4, U = 1, on": {"coupling": 1e-4, "u_init": 1.0},
        "U = 1, on": {"u_init": 1.0},
        "weight rate / 10, off": {"weight_lr": 0.6, "tau": 1.0},
        "weight rate / 10, on": {"weight_lr": 0.6},
        "4 x the epochs, off": {"epochs": 16, "tau": 1.0},
        "4 x the epochs, on": {"epochs": 16},
    },
    baseline="lambda = 1e-8, off",
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
