"""Training methods on the whole of CIFAR-10 with ResNet-20 at double width: for a GPU.

About half an hour for each run on one data-centre GPU (estimated): start it again to continue.
"""

import sys
from pathlib import Path

from rbonn_hw.cli.study import main
from rbonn_hw.train.recipe import Recipe
from rbonn_hw.train.study import Study

STUDY = Study(
    name="cifar10",
    question="Which method trains ResNet-20 at double width best on CIFAR-10 at equal budget?",
    base=Recipe(
        network="resnet20",
        width=2.0,
        dataset="cifar10",
        epochs=60,
        batch_size=256,
        lr=0.005,
        weight_lr=5.0,
        score_scale=0.003,
        crop=4,
        mirror=0.5,
        coupling=1e-8,
        precision="bfloat16",
    ),
    arms={
        "STE": {"method": "ste"},
        "ReActNet": {"method": "reactnet"},
        "AdamBNN, two stages": {"method": "adambnn", "stage1_epochs": 20, "weight_decay": 1e-5},
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
