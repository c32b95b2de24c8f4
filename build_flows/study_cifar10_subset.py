"""Training methods on a twentieth of CIFAR-10 with a narrow ResNet-20, what a laptop can do."""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="cifar10_subset",
    question="Which method trains ResNet-20 at half width best on a twentieth of CIFAR-10 at equal budget?",
    base=Recipe(
        network="resnet20",
        width=0.5,
        dataset="cifar10",
        epochs=8,
        batch_size=50,
        lr=0.005,
        weight_lr=5.0,
        score_scale=0.003,
        mirror=0.5,
        coupling=1e-8,
        train_frames=2_500,
        validation=0.1,
    ),
    arms={
        "STE": {"method": "ste"},
        "ReActNet": {"method": "reactnet"},
        "Bop2ndOrder": {"method": "bop2ndorder"},
        "RBONN, released code": {"method": "rbonn-released", "coupling": 1e-4},
        "RBONN": {"method": "rbonn"},
        "RBONN, recurrent step off": {"method": "rbonn", "tau": 1.0},
    },
    baseline="STE",
    seeds=(0, 1, 2, 3, 4),
)

if __name__ == "__main__":
    sys.exit(main(STUDY, Path(__file__)))
