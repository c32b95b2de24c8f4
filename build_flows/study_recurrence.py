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
        f"{label}, {step}": {**changes, **switch}
        for label, changes in {
            "lambda = 1e-8": {},
            "lambda = 1e-5": {"coupling": 1e-5},
            "lambda = 1e-4": {"coupling": 1e-4},
            "lambda = 1e-4, U = 1": {"coupling": 1e-4, "u_init": 1.0},
            "U = 1": {"u_init": 1.0},
            "weight rate / 10": {"weight_lr": 0.6},
            "4 x the epochs": {"epochs": 16},
        }.items()
        for step, switch in {"off": {"tau": 1.0}, "on": {}}.items()
        if (label, step) not in {("U = 1", "off"), ("lambda = 1e-4, U = 1", "off")}
    },
    baseline="lambda = 1e-8, off",
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
